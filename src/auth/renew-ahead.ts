import type { HostError } from '../errors.ts'
import type { Clean } from '../text.ts'
import { createGrants } from './grants.ts'
import { createHistory } from './history.ts'
import type { Http } from './http.ts'
import { fromGrant } from './renewal.ts'
import type { JournalEntry } from './store/journal.ts'
import type { AuthRequest, Clock, Grant, Prompt, ServerKey, TokenStore } from './types.ts'

export interface AheadPorts {
  store: TokenStore
  http: Http
  clock: Clock
  tell: Prompt['tell']
  journal: (entry: JournalEntry) => Promise<void>
}

export interface Ahead {
  /** What is kept now; absent where nothing is, or nothing can be read. */
  grant?: Grant
  renewed: boolean
  /** Why it was not renewed although that was due. */
  error?: HostError
}

/**
 * Renews a kept sign-in before its time, if it would end or be renewed anyway within `within` milliseconds: the same locked
 * renewal as at any other time, and no request where nothing is due. A renewal that fails makes nothing worse. Rejects
 * with the signal's reason only.
 */
export async function renewAhead(
  { name, key }: { name: Clean; key: ServerKey },
  within: number,
  ports: AheadPorts,
  signal: AbortSignal,
): Promise<Ahead> {
  const { http, clock } = ports
  const grants = createGrants(ports.store, ports)
  const request: AuthRequest = {
    ...{
      id: 'renewal ahead',
      server: { name, url: key.server },
      reason: 'initial',
      challenge: {},
      calls: [],
      slot: key.slot,
    },
  }
  const began = clock.now()
  const history = createHistory(clock)
  const stored = await fromGrant(
    key,
    request,
    undefined,
    { grants, history, http, clock, ahead: within },
    signal,
  )
  const renewed = stored?.kind === 'answer' && stored.source === 'renewed'
  const grant = stored?.kind === 'answer' ? stored.grant : await grants.read(key)
  const { error } = stored ?? {}
  if (renewed || error !== undefined) {
    await ports.journal({
      ...{
        time: new Date(began).toISOString(),
        server: name,
        url: key.server,
        issuer: key.issuer,
        reason: 'initial',
      },
      ...{ account: grant?.account ?? key.slot, scope: grant?.scope },
      ...{ outcome: error?.kind ?? 'renewed', ms: clock.now() - began },
    })
  }
  return { grant, renewed, error }
}
