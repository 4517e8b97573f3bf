import { endOf, lapses } from '../auth/forecast.ts'
import { createHttp, LARGEST_DOCUMENT } from '../auth/http.ts'
import { PROBE_LIMIT, probeGrant } from '../auth/probe.ts'
import { renewAhead } from '../auth/renew-ahead.ts'
import { type JournalEntry, openJournal } from '../auth/store/journal.ts'
import type { Grant, StoredEntry } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import type { Host } from '../host.ts'
import { clean } from '../text.ts'
import type { AuthStatusOptions, SignInStatus } from './auth-status.ts'
import { type RemoteServer, serverAt } from './find-server.ts'
import type { Kept } from './kept.ts'
import { literalHeaders, saysNothing, WHY_NOT_CHECKED } from './literal-headers.ts'
import { USUAL_RUN } from './options.ts'
import type { Settings } from './settings.ts'

/** More than the journal holds. */
const WHOLE_JOURNAL = 100_000
/** A token that is this much younger than its sign-in was renewed, in milliseconds: where the journal no longer knows. */
const LATER = 60_000

export interface LookPorts {
  settings: Settings
  kept: Kept
  host: Host
  warn: (line: string) => void
}

/** Looks at one kept sign-in: what it is worth, renewed first if that is wanted and due, and what its server makes of it. */
export function createLook(
  options: Pick<AuthStatusOptions, 'for' | 'renew' | 'offline'>,
  { settings, kept, host, warn }: LookPorts,
): (entry: StoredEntry, basics: SignInStatus) => Promise<SignInStatus> {
  const journal = openJournal(settings.folders.state)
  let past: Promise<JournalEntry[]> | undefined
  const http = createHttp(host.fetch)
  const probing = createHttp(host.fetch, { deadlineMs: PROBE_LIMIT, bytes: LARGEST_DOCUMENT })
  const { clock, signal } = host

  async function read(entry: StoredEntry): ReturnType<typeof renewAhead> {
    const key = kept.keyOf(entry)
    const store = kept.storeOf(entry)
    if (!options.renew) return { grant: await store.read(key), renewed: false }
    const ports = {
      store,
      http,
      clock,
      tell: ({ text }: { text: string }) => warn(text),
      journal: journal.write,
    }
    return renewAhead({ name: kept.nameOf(entry), key }, options.for ?? USUAL_RUN, ports, signal)
  }

  async function live(grant: Grant, entry: StoredEntry): Promise<SignInStatus['live']> {
    if (options.offline) return undefined
    const config = configOf(entry, settings)
    const found = await probeGrant(
      grant,
      {
        server: webUrl(entry.server, 'the server'),
        transport: config?.type ?? 'http',
        headers: literalHeaders(config),
        version: host.version,
        now: clock.now(),
      },
      probing,
      signal,
    )
    if (saysNothing(found, config)) return { state: 'not-checked', why: WHY_NOT_CHECKED }
    const { state, why, scopes } = found
    return { state, why, scopes }
  }

  return async (entry, basics) => {
    const { grant, renewed, error } = await read(entry)
    const status = {
      ...basics,
      renewed: options.renew ? renewed : undefined,
      trouble: error && clean(error.message, 200),
    }
    // A renewal that was refused leaves nothing; otherwise the store does not give it out.
    if (grant === undefined && error !== undefined)
      return { ...status, state: 'ended', lapses: options.for === undefined ? undefined : true }
    if (grant === undefined) return { ...status, state: 'unreadable' }
    past ??= journal.read(WHOLE_JOURNAL)
    // A client that acts for itself gets another token at any time.
    const machine = configOf(entry, settings)?.oauthGrantType === 'client_credentials'
    const lapsesWithin = (time: number) => !machine && lapses(grant, clock.now(), time)
    return {
      ...status,
      state: lapsesWithin(0) ? 'ended' : 'good',
      account: grant.account ?? status.account,
      scopes: grant.scope?.split(' '),
      clientId: grant.client.id,
      renewedAt: isoTime(renewed ? grant.receivedAt : renewalOf(grant, entry, await past)),
      expiresAt: isoTime(grant.expiresAt),
      renewable: machine || grant.refresh !== undefined,
      endsAt: machine ? undefined : isoTime(endOf(grant)),
      lapses: options.for === undefined ? undefined : lapsesWithin(options.for),
      live: await live(grant, entry),
    }
  }
}

function configOf({ server }: StoredEntry, { servers }: Settings): RemoteServer['config'] | undefined {
  return serverAt(server, servers.servers)?.[1]
}

/** When the token was renewed, in milliseconds since the epoch; undefined for one that came with the sign-in itself. */
export function renewalOf(
  { issuer, account, receivedAt }: Grant,
  { server, slot, since }: StoredEntry,
  past: readonly JournalEntry[],
): number | undefined {
  const received = past.findLast(({ time, ms, ...entry }) => {
    const began = Date.parse(time)
    const who = account ?? slot
    const other = entry.account !== undefined && who !== undefined && entry.account !== who
    if (entry.issuer !== issuer || entry.url !== server || other) return false
    return began <= receivedAt && receivedAt <= began + ms
  })
  const renewed = received === undefined ? receivedAt > since + LATER : received.outcome === 'renewed'
  return renewed ? receivedAt : undefined
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}
