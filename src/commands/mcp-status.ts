import { FIRST_ACCOUNT } from '../auth/accounts.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { ServerConfig } from '../runtime/types.ts'
import { clean } from '../text.ts'
import { type SignInStatus, signInUsed } from './auth-status.ts'
import { loginCommand } from './engine.ts'
import { findServer, type RemoteServer } from './find-server.ts'
import { type Kept, type KeptOptions, openKept } from './kept.ts'
import { knock } from './knock.ts'
import { leavesOut, WHY_NOT_CHECKED } from './literal-headers.ts'
import { createLook } from './look.ts'
import { createOutput } from './output.ts'
import { readServerSettings } from './settings.ts'
import { sideBySide } from './side-by-side.ts'

/** How many servers are asked at a time. */
const MOST_ASKED = 4

export interface McpStatusOptions extends KeptOptions {
  json?: boolean
  trustProject?: boolean
}

/** One server as `mcp status --json` shows it. */
export interface ServerStatus {
  name: string
  url?: string
  /**
   * `local`: its command is started by a session only, and was not asked. `not-checked`: it refuses us, and may let a session in,
   * whose runtime fills in the variables of its headers.
   */
  state: 'ready' | 'needs-sign-in' | 'not-checked' | 'unreachable' | 'local'
  /** Whether somebody is signed in, and who, where that is known. */
  signedIn?: boolean
  account?: string
  why?: string
  /** How long the answer took, in milliseconds. */
  ms?: number
}

/**
 * `mcp status`: what each server of a session here says, asked once and with the sign-in that is kept; nothing is renewed or changed.
 * Gives 0; of servers that were named 4 where one needs a sign-in, else 1 where one cannot be reached.
 */
export async function mcpStatus(
  names: readonly string[],
  options: McpStatusOptions,
  host: Host,
): Promise<number> {
  const settings = await readServerSettings(options, host)
  const { line, value, warn } = createOutput(options, host)
  for (const problem of settings.servers.problems) warn(problem)
  const all = settings.servers.servers
  const servers = names.length === 0 ? Object.entries(all) : names.map(name => findServer(name, all))
  const kept = openKept(options, { settings, host, warn })
  const look = createLook({}, { settings, kept, host, warn })
  try {
    const statuses = await sideBySide(servers, MOST_ASKED, async ([name, config]) => {
      const began = performance.now()
      const status = await statusOf(name, config, { kept, look, host })
      return status.state === 'local' ? status : { ...status, ms: Math.round(performance.now() - began) }
    })
    value(statuses)
    if (statuses.length === 0) line('no MCP server is configured (copilot-host mcp add <name> <address>)')
    for (const status of statuses) line(lineOf(status, loginCommand(status.name, options, settings)))
    if (names.length === 0) return 0
    if (statuses.some(({ state }) => state === 'needs-sign-in')) return 4
    return statuses.some(({ state }) => state === 'unreachable') ? 1 : 0
  } finally {
    await kept.close()
    settings.log.close()
  }
}

interface StatusPorts {
  kept: Kept
  look: ReturnType<typeof createLook>
  host: Host
}

async function statusOf(name: string, config: ServerConfig, ports: StatusPorts): Promise<ServerStatus> {
  if (!('url' in config)) return { name, state: 'local' }
  const status = await statusAt(name, config, ports)
  if (status.state !== 'needs-sign-in' || !leavesOut(config)) return status
  return { ...status, state: 'not-checked', why: WHY_NOT_CHECKED }
}

async function statusAt(
  name: string,
  config: RemoteServer['config'],
  ports: StatusPorts,
): Promise<ServerStatus> {
  const { kept, look, host } = ports
  const server = { name, url: config.url }
  try {
    const url = webUrl(config.url, name)
    const used = await signInUsed(url, kept)
    if (used !== undefined) return { ...server, ...signedIn(await look(used.entry, used.basics)) }
    const { state } = await knock({ name: clean(name), url, config }, host)
    return { ...server, state: state === 'accepted' ? 'ready' : 'needs-sign-in' }
  } catch (thrown) {
    if (!(thrown instanceof HostError)) throw thrown
    return { ...server, state: 'unreachable', why: thrown.message }
  }
}

function signedIn({
  account,
  name,
  state,
  live,
  renewable,
}: SignInStatus): Omit<ServerStatus, 'name' | 'url'> {
  const who = { signedIn: true, account: account ?? (name === FIRST_ACCOUNT ? undefined : name) }
  if (live?.state === 'unreachable') return { ...who, state: 'unreachable', why: live.why }
  // An access token that has ended is renewed by the next run without a question.
  const good = live?.state === 'accepted' || (live?.state === 'not-asked' && renewable === true)
  if (good && state !== 'ended') return { ...who, state: 'ready' }
  return {
    ...who,
    state: 'needs-sign-in',
    why: live?.why ?? (state === 'unreadable' ? 'its sign-in cannot be read now' : undefined),
  }
}

function lineOf({ name, url, state, signedIn, account, why, ms }: ServerStatus, login: string): string {
  const as = account === undefined ? '' : ` as ${account}`
  const words = {
    ready: signedIn ? `ready, signed in${as}` : 'ready, no sign-in needed',
    'needs-sign-in': `needs a sign-in${why === undefined ? '' : ` (${why})`}. Run: ${login}`,
    'not-checked': `is not checked: ${why}`,
    unreachable: why ?? 'cannot be reached',
    local: 'a command on this machine; a session starts it',
  }
  const time = ms === undefined ? '' : `  (${ms} ms)`
  return `${clean(name, 64)}  ${url === undefined ? '' : `${clean(url, 200)}  `}${clean(words[state], 400)}${time}`
}
