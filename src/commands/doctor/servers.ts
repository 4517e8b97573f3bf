import { isAbsolute } from 'node:path'
import { createHttp, LARGEST_DOCUMENT } from '../../auth/http.ts'
import { PROBE_LIMIT, probe } from '../../auth/probe.ts'
import { webUrl } from '../../auth/url.ts'
import { hostError } from '../../errors.ts'
import type { Host } from '../../host.ts'
import type { ServerConfig } from '../../runtime/types.ts'
import { clean, hostOf } from '../../text.ts'
import { type SignInStatus, signInUsed } from '../auth-status.ts'
import { loginCommand } from '../engine.ts'
import type { Kept, KeptOptions } from '../kept.ts'
import { leavesOut, literalHeaders, saysNothing, WHY_NOT_CHECKED } from '../literal-headers.ts'
import { createLook } from '../look.ts'
import type { Settings } from '../settings.ts'
import type { Finding } from './finding.ts'
import { findProgram } from './machine.ts'

interface Ports {
  options: KeptOptions
  settings: Settings
  kept: Kept
  host: Host
}

/** Each MCP server: whether it can be reached, and what it makes of us. Nothing is renewed or changed. */
export async function checkServers(ports: Ports): Promise<Finding[]> {
  const { settings } = ports
  const { servers, problems } = settings.servers
  const bad = problems.map((text): Finding => ({ check: 'servers', state: 'fail', text }))
  const found = await Promise.all(
    Object.entries(servers).map(([name, config]) => checkServer(name, config, ports)),
  )
  if (found.length + bad.length === 0)
    return [
      {
        check: 'servers',
        state: 'note',
        text: 'no MCP server is configured',
        help: '--mcp name=url adds one',
      },
    ]
  return [...bad, ...found]
}

async function checkServer(given: string, config: ServerConfig, ports: Ports): Promise<Finding> {
  const name = clean(given, 60)
  const check = `server ${name}`
  if (!('url' in config)) {
    return { check, ...ofCommand(config, ports.host) }
  }
  const began = performance.now()
  try {
    const seen = await look(given, config, ports)
    return { check, ...seen, took: Math.round(performance.now() - began) }
  } catch (thrown) {
    return { check, state: 'fail', text: hostError(thrown, 'it could not be checked').message }
  }
}

type Seen = Pick<Finding, 'state' | 'text' | 'help' | 'account'>

/** Whether there is such a program where the runtime looks for it. */
function ofCommand(
  { command, cwd = '', env = {} }: Extract<ServerConfig, { command: string }>,
  host: Host,
): Seen {
  const shown = clean(command, 200)
  // It fills in variables itself, and what a relative folder counts from is its own affair.
  if ([command, cwd, env.PATH].some(text => text?.includes('$')) || (cwd !== '' && !isAbsolute(cwd)))
    return { state: 'note', text: `${shown} is not checked: only the runtime knows where its entry leads` }
  const there = { ...host, folder: cwd || host.folder, env: { ...host.env, ...env } }
  if (findProgram(command, there)) return { state: 'ok', text: `runs ${shown}` }
  return { state: 'fail', text: `${shown} is no program here`, help: 'install it, or correct the entry' }
}

async function look(
  name: string,
  config: Extract<ServerConfig, { url: string }>,
  { options, settings, kept, host }: Ports,
): Promise<Seen> {
  const server = webUrl(config.url, clean(name))
  const at = hostOf(server)
  const help = loginCommand(name, options, settings)
  const notChecked: Seen = { state: 'note', text: `${at} is not checked: ${WHY_NOT_CHECKED}` }
  const used = await signInUsed(server, kept)
  if (used !== undefined) {
    const lookAt = createLook({ offline: false }, { settings, kept, host, warn: () => {} })
    const seen = ofSignIn(await lookAt(used.entry, used.basics), at, help)
    // Its headers may let a session in without a sign-in.
    return seen.help !== undefined && leavesOut(config) ? notChecked : seen
  }
  const http = createHttp(host.fetch, { deadlineMs: PROBE_LIMIT, bytes: LARGEST_DOCUMENT })
  const question = { server, transport: config.type, headers: literalHeaders(config), version: host.version }
  const found = await probe(question, http, host.signal)
  if (saysNothing(found, config)) return notChecked
  const { state, why } = found
  if (state === 'accepted') return { state: 'ok', text: `${at} lets us in without a sign-in` }
  if (state === 'refused' || state === 'more-rights')
    return { state: 'note', text: `${at} wants a sign-in`, help }
  return { state: 'fail', text: why ?? `${at} cannot be reached` }
}

function ofSignIn({ state, live, account: given }: SignInStatus, at: string, help: string): Seen {
  const account = given && clean(given, 200)
  const who = account === undefined ? 'signed in' : `signed in as ${account}`
  if (state === 'unreadable')
    return { state: 'warning', text: `${at}: the sign-in cannot be read from its store`, help }
  if (live?.state === 'unreachable') return { state: 'fail', text: live.why ?? `${at} cannot be reached` }
  if (state === 'ended') return { state: 'warning', text: `${at}: the sign-in is over`, help }
  switch (live?.state) {
    case 'accepted':
      return { state: 'ok', text: `${at}, ${who}`, account }
    case 'more-rights':
      return { state: 'note', text: `${at}, ${who}; it wants more rights`, account, help }
    case 'refused':
    case 'not-checked':
      return { state: 'warning', text: `${at} no longer accepts the sign-in`, help }
    default:
      return {
        ...{ state: 'note', account },
        text: `${at}, ${who}; the token has ended and is renewed when it is needed`,
      }
  }
}
