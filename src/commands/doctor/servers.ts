import { createHttp, LARGEST_DOCUMENT } from '../../auth/http.ts'
import { PROBE_LIMIT, probe } from '../../auth/probe.ts'
import { webUrl } from '../../auth/url.ts'
import { hostError } from '../../errors.ts'
import type { Host } from '../../host.ts'
import type { ServerConfig } from '../../runtime/types.ts'
import { clean, hostOf, shellWord } from '../../text.ts'
import type { SignInStatus } from '../auth-status.ts'
import type { Kept } from '../kept.ts'
import { createLook, literalHeaders } from '../look.ts'
import type { Settings } from '../settings.ts'
import type { Finding } from './finding.ts'
import { findProgram } from './machine.ts'

/** Each MCP server: whether it can be reached, and what it makes of us. Nothing is renewed or changed. */
export async function checkServers(settings: Settings, kept: Kept, host: Host): Promise<Finding[]> {
  const { servers, problems } = settings.servers
  const bad = problems.map((text): Finding => ({ check: 'servers', state: 'fail', text }))
  const found = await Promise.all(
    Object.entries(servers).map(([name, config]) => checkServer(name, config, { settings, kept, host })),
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

async function checkServer(
  given: string,
  config: ServerConfig,
  ports: { settings: Settings; kept: Kept; host: Host },
): Promise<Finding> {
  const { host } = ports
  const name = clean(given, 60)
  const check = `server ${name}`
  if (!('url' in config)) {
    const command = clean(config.command, 200)
    return findProgram(config.command, host)
      ? { check, state: 'ok', text: `runs ${command}` }
      : {
          check,
          state: 'fail',
          text: `${command} is no program here`,
          help: 'install it, or correct the entry',
        }
  }
  const began = host.clock.now()
  try {
    const seen = await look(given, config, ports)
    return { check, ...seen, took: host.clock.now() - began }
  } catch (thrown) {
    return { check, state: 'fail', text: hostError(thrown, 'it could not be checked').message }
  }
}

type Seen = Pick<Finding, 'state' | 'text' | 'help'>

async function look(
  name: string,
  config: Extract<ServerConfig, { url: string }>,
  { settings, kept, host }: { settings: Settings; kept: Kept; host: Host },
): Promise<Seen> {
  const server = webUrl(config.url, clean(name))
  const at = hostOf(server)
  const help = `copilot-host auth login ${shellWord(clean(name))}`
  const [entry] = await kept.of([name], () => {})
  if (entry !== undefined) {
    const basics = {
      server: clean(name),
      url: server,
      issuer: entry.issuer,
      store: entry.store,
      since: '',
      name: '',
      inUse: true,
      state: 'good',
    } as const
    const status = await createLook({ offline: false }, { settings, kept, host, warn: () => {} })(
      entry,
      basics,
    )
    return { ...ofSignIn(status, at), help: status.live?.state === 'accepted' ? undefined : help }
  }
  const http = createHttp(host.fetch, { deadlineMs: PROBE_LIMIT, bytes: LARGEST_DOCUMENT })
  const question = { server, transport: config.type, headers: literalHeaders(config), version: host.version }
  const { state, why } = await probe(question, http, host.signal)
  if (state === 'accepted') return { state: 'ok', text: `${at} lets us in without a sign-in` }
  if (state === 'refused' || state === 'more-rights')
    return { state: 'note', text: `${at} wants a sign-in`, help }
  return { state: 'fail', text: why ?? `${at} cannot be reached` }
}

function ofSignIn({ state, live, account }: SignInStatus, at: string): Pick<Seen, 'state' | 'text'> {
  const who = account === undefined ? 'signed in' : `signed in as ${account}`
  if (state === 'unreadable')
    return { state: 'warning', text: `${at}: the sign-in cannot be read from its store` }
  switch (live?.state) {
    case 'accepted':
      return { state: 'ok', text: `${at}, ${who}` }
    case 'more-rights':
      return { state: 'note', text: `${at}, ${who}; it wants more rights` }
    case 'refused':
      return { state: 'warning', text: `${at} no longer accepts the sign-in` }
    case 'unreachable':
      return { state: 'fail', text: live.why ?? `${at} cannot be reached` }
    default:
      return { state: 'note', text: `${at}, ${who}; the token has ended and is renewed when it is needed` }
  }
}
