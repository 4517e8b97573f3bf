import { join } from 'node:path'
import * as v from 'valibot'
import { HostError } from '../errors.ts'
import type { ServerConfig } from '../runtime/types.ts'
import { clean } from '../text.ts'
import { addressFault } from './address.ts'
import type { Environment } from './environment.ts'
import { parseJson } from './json.ts'
import { type Entry, judgeEntry, nameFault } from './server-entry.ts'
import type { SignInOptions } from './sign-in-options.ts'

export interface ServerSources {
  /** Each `name=url`, from `--mcp`. */
  flags: readonly string[]
  /** Each a JSON text or the path of a file, with or without Copilot CLI's `@` in front, from `--mcp-config`. */
  configs: readonly string[]
  /** Copilot CLI's folder, where the person's own `mcp-config.json` lies. */
  copilotHome: string
  /** For the credentials that are kept out of the runtime's environment and that an entry names as `${NAME}`. */
  env: Environment
  /** Rejects as `node:fs` does. */
  readFile: (path: string) => Promise<string>
}

export interface Servers {
  servers: Record<string, ServerConfig>
  /** What their entries say about signing in that the runtime is not told; by name, like `servers`. */
  options: Record<string, SignInOptions>
  /** Every name in the person's own file, which the runtime reads too: what is not wanted has to be switched off there. */
  own: string[]
  /** One line for each entry or file that was left out, and why. */
  problems: string[]
}

/**
 * The MCP servers of a session: those of the person's own file, then of each `--mcp-config`, then of each `--mcp`; a
 * later one replaces an earlier one of the same name. Each entry is judged by itself, and a bad one is left out and
 * told. What the command line names and cannot be used as a whole is thrown: HostError `config` or `usage`.
 */
export async function readServers({
  flags,
  configs,
  copilotHome,
  env,
  readFile,
}: ServerSources): Promise<Servers> {
  const found = new Map<string, Entry>()
  const problems: string[] = []
  const inOwnFile: string[] = []

  const add = (entries: Readonly<Record<string, unknown>>, source: string) => {
    for (const [name, value] of Object.entries(entries)) {
      const fault = nameFault(name)
      const entry = fault === undefined ? judgeEntry(value, env) : { fault: `its name ${fault}` }
      // Not what an earlier source says under this name either: that was to be replaced.
      found.delete(name)
      if (entry === 'disabled') continue
      if ('config' in entry) found.set(name, entry)
      else problems.push(`left out the MCP server "${clean(name, 40)}" of ${source}: ${entry.fault}`)
    }
  }

  const own = join(copilotHome, 'mcp-config.json')
  try {
    const entries = entriesOf(own, await readConfig(own, readFile))
    inOwnFile.push(...Object.keys(entries))
    add(entries, shown(own))
  } catch (thrown) {
    if (!(thrown instanceof HostError)) throw thrown
    if (!isMissing(thrown.cause)) problems.push(`${thrown.message}; no MCP server is taken from it`)
  }
  for (const config of configs) {
    const isText = config.trimStart().startsWith('{')
    const path = config.replace(/^@/, '')
    const source = isText ? '--mcp-config' : path
    add(entriesOf(source, isText ? config : await readConfig(path, readFile)), shown(source))
  }
  const flagged = new Set<string>()
  for (const flag of flags) {
    const [name, url] = splitFlag(flag)
    if (flagged.has(name)) throw new HostError('usage', `--mcp names "${clean(name, 40)}" twice`)
    flagged.add(name)
    found.set(name, { config: { type: 'http', url, tools: ['*'] }, options: {} })
  }
  const each = [...found]
  return {
    servers: Object.fromEntries(each.map(([name, { config }]) => [name, config])),
    options: Object.fromEntries(each.map(([name, { options }]) => [name, options])),
    own: inOwnFile,
    problems,
  }
}

const shown = (source: string) => clean(source, 200)

const FileSchema = v.object({ mcpServers: v.custom<Record<string, unknown>>(isObject) })

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function entriesOf(source: string, text: string): Record<string, unknown> {
  const file = v.safeParse(FileSchema, parseJson(text, source))
  if (file.success) return file.output.mcpServers
  throw new HostError('config', `${shown(source)} has no "mcpServers" object`)
}

async function readConfig(path: string, readFile: ServerSources['readFile']): Promise<string> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new HostError('config', `cannot read ${shown(path)}: ${reason(cause)}`, { cause })
  }
}

function reason(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    default:
      return 'it is not a readable file'
  }
}

const isMissing = (cause: unknown) => codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR'

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
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
