import { HostError } from '../errors.ts'
import type { ServerConfig } from '../runtime/types.ts'
import { clean } from '../text.ts'
import { addressFault } from './address.ts'
import type { Environment } from './environment.ts'
import type { Brought, Project, Trusts } from './project.ts'
import type { ReadFile } from './read.ts'
import { type Entry, judgeEntry, nameFault } from './server-entry.ts'
import { type Listed, listServers, type ServerFiles } from './server-files.ts'
import type { SignInOptions } from './sign-in-options.ts'

export interface ServerSources extends Omit<ServerFiles, 'project'> {
  /** Each `name=url`, from `--mcp`. */
  flags: readonly string[]
  /** For the credentials that are kept out of the runtime's environment and that an entry names as `${NAME}`. */
  env: Environment
  /** What the project brings; nothing of it counts that is not trusted. */
  project?: { project: Project; readFile: ReadFile; trusts: Trusts }
}

export interface Servers {
  servers: Record<string, ServerConfig>
  /** What their entries say about signing in that the runtime is not told; by name, like `servers`. */
  options: Record<string, SignInOptions>
  /** Who names each of them, by name. */
  origins: Record<string, Listed['origin']>
  /** Every name in the person's own file, which the runtime reads too: what is not wanted has to be switched off there. */
  own: string[]
  /** What the project names, and what of it the person has not agreed to. */
  brought: Brought[]
  held: Brought[]
  /** One line for each entry or file that was left out, and why. */
  problems: string[]
}

/**
 * The MCP servers of a session: those of the person's own file, of the project, then of each `--mcp-config`, then of each `--mcp`; a
 * later one replaces an earlier one of the same name. Each entry is judged by itself, and a bad one is left out and
 * told. What the command line names and cannot be used as a whole is thrown: HostError `config` or `usage`.
 */
export async function readServers(sources: ServerSources): Promise<Servers> {
  const { flags, env, project } = sources
  const { listed, problems } = await listServers(sources)
  const found = new Map<string, Entry & { origin: Listed['origin'] }>()
  const brought = listed.flatMap(each => (each.origin === 'project' ? [broughtBy(each)] : []))
  const held = brought.filter(item => project?.trusts(item) !== true)
  const isHeld = (each: Listed) => held.some(({ file, key }) => each.source === file && each.name === key)

  for (const each of listed) {
    const { name, value, origin, source } = each
    if (origin === 'project' && isHeld(each)) continue
    const fault = nameFault(name)
    const entry = fault === undefined ? judgeEntry(value, env) : { fault: `its name ${fault}` }
    // Not what an earlier source says under this name either: that was to be replaced.
    found.delete(name)
    if (entry === 'disabled') continue
    if ('config' in entry) found.set(name, { ...entry, origin })
    else
      problems.push(`left out the MCP server "${clean(name, 40)}" of ${clean(source, 200)}: ${entry.fault}`)
  }
  const flagged = new Set<string>()
  for (const flag of flags) {
    const [name, url] = splitFlag(flag)
    if (flagged.has(name)) throw new HostError('usage', `--mcp names "${clean(name, 40)}" twice`)
    flagged.add(name)
    found.set(name, { config: { type: 'http', url, tools: ['*'] }, options: {}, origin: 'flag' })
  }
  const each = [...found]
  return {
    servers: Object.fromEntries(each.map(([name, { config }]) => [name, config])),
    options: Object.fromEntries(each.map(([name, { options }]) => [name, options])),
    origins: Object.fromEntries(each.map(([name, { origin }]) => [name, origin])),
    own: listed.flatMap(({ origin, name }) => (origin === 'person' ? [name] : [])),
    brought,
    held,
    problems,
  }
}

/** An entry of a project's file as the person agrees to it. */
function broughtBy({ source, name, value }: Listed): Brought {
  return { file: source, kind: 'server', key: name, value }
}

function splitFlag(flag: string): [name: string, url: string] {
  const at = flag.indexOf('=')
  if (at === -1) {
    throw new HostError(
      'usage',
      `--mcp "${clean(flag, 40)}": it must be <name>=<url>, for example docs=https://host/mcp`,
    )
  }
  const name = flag.slice(0, at)
  const url = flag.slice(at + 1)
  const badName = nameFault(name)
  if (badName !== undefined) throw new HostError('usage', `--mcp "${clean(name, 40)}": the name ${badName}`)
  const badUrl = addressFault(url)
  if (badUrl !== undefined) throw new HostError('usage', `--mcp ${name}: the address ${badUrl}`)
  return [name, url]
}
