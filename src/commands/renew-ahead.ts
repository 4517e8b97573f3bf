import { createAccounts } from '../auth/accounts.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { endOf, lapses } from '../auth/forecast.ts'
import { createHttp } from '../auth/http.ts'
import { type Ahead, renewAhead } from '../auth/renew-ahead.ts'
import { openJournal } from '../auth/store/journal.ts'
import type { StoredEntry, TokenStore } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { type Clean, clean, hostOf } from '../text.ts'
import { accountOf } from './account-names.ts'
import { loginCommand } from './engine.ts'
import type { RemoteServer } from './find-server.ts'
import { type ChatOptions, USUAL_RUN } from './options.ts'
import type { Settings } from './settings.ts'

/** How long a start waits at most for the discovery before a renewal, in milliseconds; what has been sent is waited for. */
const PATIENCE = 5_000

export interface RunAhead {
  /** The same engine, which gives no token before the renewals are over: they may end the tokens that were kept. */
  after(engine: Authenticator): Authenticator
  /** The servers whose sign-in is over: their users have been told what to do. */
  readonly over: ReadonlySet<string>
  /** Ends what can be ended. */
  close(): Promise<void>
}

/**
 * At the start of a run without a person: the kept sign-ins of its servers that end within the time of the run are renewed, or
 * told in one line each. Goes on beside whatever else is started; without a sign-in that is due nothing is sent.
 */
export function renewAheadOfRun(
  options: Pick<ChatOptions, 'for' | 'mcp' | 'mcpConfig' | 'tokenStore' | 'account'>,
  {
    settings,
    store,
    host,
    tell,
  }: { settings: Settings; store: TokenStore; host: Host; tell: (text: string) => void },
): RunAhead {
  const within = options.for ?? USUAL_RUN
  const { clock } = host
  const over = new Set<string>()
  const accounts = createAccounts(store, {
    folder: host.folder,
    accountOf: ({ name }) => accountOf(options, name),
    usualAccount: settings.usualAccount,
  })
  const leaving = new AbortController()
  const signal = AbortSignal.any([leaving.signal, host.signal, AbortSignal.timeout(PATIENCE)])
  const ports = {
    ...{ store, http: createHttp(host.fetch), clock, journal: openJournal(settings.folders.state).write },
    tell: ({ text }: { text: string }) => tell(text),
  }

  async function judge(name: Clean, { server, issuer, slot }: StoredEntry): Promise<void> {
    const key = { server: webUrl(server, name), issuer, slot }
    const ahead = await renewAhead({ name, key }, within, ports, signal).catch(async () => ({
      grant: await store.read(key),
      error: new HostError('http-deadline', hostOf(issuer)),
    }))
    if (leaving.signal.aborted || host.signal.aborted) return
    const found = expected(ahead, clock.now(), within)
    if (found === undefined) return
    if (found.over) over.add(name)
    tell(`${name}: ${found.text}${found.help ? `. Run: ${loginCommand(name, options, settings)}` : ''}`)
  }

  async function all(): Promise<void> {
    const kept = (await store.list()).filter(
      entry => entry.store === (store.kindFor?.(webUrl(entry.server, 'the server')) ?? store.kind),
    )
    await Promise.allSettled(
      remoteServers(settings).map(async ([given, config]) => {
        const name = clean(given)
        const url = webUrl(config.url, name)
        const used = await accounts.inUse({ name, url })
        const entries = kept.filter(({ server, slot }) => server === url && slot === used)
        // Of several sign-in servers the last one is in use.
        const known = entries.length > 1 ? (await store.knownIssuer(url))?.issuer : undefined
        const entry = entries.find(({ issuer }) => issuer === known) ?? entries.at(-1)
        if (entry !== undefined) await judge(name, entry)
      }),
    )
  }

  // A forecast that cannot be made is no reason not to run.
  const done = all().catch(() => {})
  return {
    after: engine => ({
      ...engine,
      async authenticate(request, withdrawn) {
        await done
        return engine.authenticate(request, withdrawn)
      },
    }),
    over,
    async close() {
      leaving.abort()
      await done
    },
  }
}

/** Those that a person signs in to: a client that acts for itself gets another token at any time. */
function remoteServers({ servers }: Settings): [name: string, config: RemoteServer['config']][] {
  return Object.entries(servers.servers).flatMap<[string, RemoteServer['config']]>(([name, config]) =>
    'url' in config && config.oauthGrantType !== 'client_credentials' ? [[name, config]] : [],
  )
}

interface Expected {
  text: string
  /** Only a person can help. */
  help: boolean
  over: boolean
}

/** What there is to tell about a sign-in, if anything. */
function expected(
  { grant, error }: Pick<Ahead, 'grant' | 'error'>,
  now: number,
  within: number,
): Expected | undefined {
  const why = error && `could not be renewed (${clean(error.message, 160)})`
  if (grant === undefined)
    return why ? { text: `the sign-in is over: it ${why}`, help: true, over: true } : undefined
  if (!lapses(grant, now, within)) {
    return why
      ? { text: `the sign-in ${why}, which is tried again when it is needed`, help: false, over: false }
      : undefined
  }
  const end = endOf(grant) ?? now
  const cannot = why ?? (grant.refresh === undefined ? 'cannot be renewed' : 'cannot be renewed after that')
  return end <= now
    ? { text: `the sign-in has ended and ${cannot}`, help: true, over: true }
    : { text: `the sign-in ends in ${span(end - now)} and ${cannot}`, help: true, over: false }
}

function span(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  if (minutes < 120) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
