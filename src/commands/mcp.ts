import { isObject } from '../config/judge.ts'
import { judgeEntry, nameFault } from '../config/server-entry.ts'
import { type Listed, listServers } from '../config/server-files.ts'
import type { Host } from '../host.ts'
import { maskSecrets } from '../mask.ts'
import { clean } from '../text.ts'
import { configure } from './configure.ts'
import { createOutput } from './output.ts'
import { tilde } from './place.ts'
import { readGiven, readSmall } from './small-file.ts'

/** One entry as `mcp list --json` shows it: names of headers and variables, never their values. */
export interface ListedServer {
  name: string
  type?: string
  url?: string
  command?: string
  args?: string[]
  headers?: string[]
  env?: string[]
  origin: Listed['origin']
  /** The file that it stands in; for a project relative to its root. */
  file: string
  /** `used`; `replaced` by one of the same name; `disabled`; `held` until the person agrees; `faulty`. */
  state: 'used' | 'replaced' | 'disabled' | 'held' | 'faulty'
  fault?: string
}

/** `mcp list`: every server of the files that Copilot CLI reads too, and which of them count. Gives 0. */
export async function mcpList(options: { json?: boolean }, host: Host): Promise<number> {
  const { folders, project, trusts } = await configure({}, host)
  const { line, value, warn } = createOutput(options, host)
  const { listed, problems } = await listServers({
    ...{ configs: [], copilotHome: folders.copilot },
    readFile: readSmall,
    readGiven,
    project: { project, readFile: readSmall },
  })
  for (const problem of problems) warn(problem)
  const isHeld = ({ origin, source: file, name: key, value }: Listed) =>
    origin === 'project' && !trusts({ file, kind: 'server', key, value })
  const rows = listed.map((each, at) => {
    const later = listed.slice(at + 1).some(other => other.name === each.name && !isHeld(other))
    return rowOf(each, isHeld(each) ? 'held' : later ? 'replaced' : 'used', host)
  })
  value(rows)
  if (rows.length === 0) line('no MCP server is configured (copilot-host mcp add <name> <address>)')
  for (const row of rows) line(lineOf(row, host))
  return 0
}

function rowOf(
  { name, value, origin, source }: Listed,
  found: ListedServer['state'],
  { env }: Host,
): ListedServer {
  const bad = nameFault(name)
  const judged = bad === undefined ? judgeEntry(value, env) : { fault: `its name ${bad}` }
  const row = { name, ...shapeOf(value), origin, file: source }
  if (found !== 'used') return { ...row, state: found }
  if (judged === 'disabled') return { ...row, state: 'disabled' }
  return 'fault' in judged ? { ...row, state: 'faulty', fault: judged.fault } : { ...row, state: 'used' }
}

/** What of an entry is no secret. */
function shapeOf(value: unknown): Partial<ListedServer> {
  if (!isObject(value)) return {}
  const { type, url, command, args, headers, env } = value
  const text = (found: unknown) => (typeof found === 'string' ? maskSecrets(found) : undefined)
  const names = (found: unknown) => (isObject(found) ? Object.keys(found) : undefined)
  return {
    type: text(type) ?? (command === undefined ? 'http' : 'local'),
    url: text(url),
    command: text(command),
    args: Array.isArray(args) ? args.map(each => maskSecrets(String(each))) : undefined,
    headers: names(headers),
    env: names(env),
  }
}

function lineOf(
  { name, type, url, command, args = [], origin, file, state, fault }: ListedServer,
  { home }: Host,
) {
  const what = clean(url ?? [command, ...args].join(' '), 120)
  const where = clean(tilde({ folder: file, home }), 200)
  const words = {
    used: '',
    replaced: ', replaced by another one of that name',
    disabled: ', disabled',
    held: ', NOT USED before you agree (copilot-host trust)',
    faulty: `, LEFT OUT: ${fault}`,
  }
  return `${clean(name, 64)}  ${clean(type ?? '', 20)}  ${what}  (${origin}: ${where}${words[state]})`
}
