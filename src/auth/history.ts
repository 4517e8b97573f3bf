import { HostError } from '../errors.ts'
import type { Secret } from './secret.ts'
import type { AuthRequest, Clock, Grant, WebUrl } from './types.ts'

/** A token that is rejected sooner than this after it was answered, and was no good meanwhile, was never accepted. */
const AT_ONCE = 30_000
/** How often one server may cost the person a sign-in, or a question about the same rights, without getting further. */
const MOST_ROUNDS = 2

/** Where an answered token came from. */
export type Source = 'stored' | 'renewed' | 'signed-in'

interface Entry {
  last?: {
    token: Secret
    source: Source
    reason: AuthRequest['reason']
    at: number
    expiresAt?: number
    calls: readonly string[]
    /** The server has worked with it. */
    accepted?: boolean
  }
  rejected?: Secret
  /** True when the rejected token had been renewed just before: renewing once more would change nothing. */
  renewalFailed: boolean
  /** Sign-ins in a row whose token the server rejected at once. */
  rejectedSignIns: number
  stepUps: Map<string, number>
}

/**
 * What each account of a server was given in this session, and what the server made of it. By the address of the server, never
 * its name.
 */
export interface History {
  /** Notes what a request says about the token that was answered last, and gives that token. */
  arrived(request: AuthRequest): Secret | undefined
  /** The token that the server was answered last. */
  inUse(request: AuthRequest): Secret | undefined
  answered(request: AuthRequest, grant: Pick<Grant, 'access' | 'expiresAt'>, source: Source): void
  /** This server did not accept the token it was given. */
  rejected(server: WebUrl | undefined): void
  /** This server has worked with the token it was given: whatever it says of it later is about that time. */
  accepted(server: WebUrl | undefined): void
  isRejected(request: AuthRequest, token: Secret): boolean
  /** False where a renewed token has just been rejected. */
  mayRenew(request: AuthRequest): boolean
  /** Throws when one more sign-in for this request would only go round in circles; counts it otherwise. */
  countSignIn(request: AuthRequest, scope: string | undefined): void
  /** Counts anew: for this server, or for all. */
  forget(server?: WebUrl): void
}

export function createHistory(clock: Pick<Clock, 'now'>): History {
  const entries = new Map<string, Entry>()
  /** The account of each server that was answered last: what the server says of its token is about that one. */
  const latest = new Map<WebUrl, Entry>()

  function entryOf({ server: { url }, slot }: AuthRequest): Entry {
    const account = `${url} ${slot ?? ''}`
    const entry = entries.get(account) ?? { renewalFailed: false, rejectedSignIns: 0, stepUps: new Map() }
    entries.set(account, entry)
    return entry
  }

  function reject(entry: Entry, calls: readonly string[]): void {
    const { last } = entry
    if (last === undefined || last.token.equals(entry.rejected)) return
    const now = clock.now()
    const young = now - last.at < AT_ONCE && now < (last.expiresAt ?? Number.POSITIVE_INFINITY)
    const atOnce = young && !last.accepted
    // During a tool call the same call comes back at once; at start-up there is none to compare.
    const again = calls.length > 0 ? calls.some(call => last.calls.includes(call)) : atOnce
    const sameTry = again && !last.accepted
    entry.rejected = last.token
    entry.renewalFailed = last.source === 'renewed' && sameTry
    if (!atOnce) entry.rejectedSignIns = 0
    // After a step-up the server has had its two rounds: the sign-in before it, and the one for more rights.
    else if (last.source === 'signed-in') entry.rejectedSignIns += last.reason === 'upscope' ? MOST_ROUNDS : 1
  }

  return {
    arrived(request) {
      const entry = latest.get(request.server.url) ?? entryOf(request)
      if (request.reason === 'refresh' || request.reason === 'reauth') reject(entry, request.calls)
      return entry.last?.token
    },
    inUse: ({ server }) => latest.get(server.url)?.last?.token,
    answered(request, { access, expiresAt }, source) {
      const entry = entryOf(request)
      latest.set(request.server.url, entry)
      if (entry.last?.token.equals(access)) return
      const { reason, calls } = request
      entry.last = { token: access, source, reason, at: clock.now(), expiresAt, calls }
      // What was wrong with the renewals of the last grant says nothing about those of a new one.
      if (source === 'signed-in') entry.renewalFailed = false
    },
    rejected(server) {
      const entry = server && latest.get(server)
      if (entry !== undefined) reject(entry, [])
    },
    accepted(server) {
      const last = server && latest.get(server)?.last
      if (last) last.accepted = true
    },
    isRejected(request, token) {
      return token.equals(entryOf(request).rejected)
    },
    mayRenew(request) {
      return !entryOf(request).renewalFailed
    },
    countSignIn(request, scope) {
      const entry = entryOf(request)
      const { name } = request.server
      if (entry.rejectedSignIns >= MOST_ROUNDS) {
        throw new HostError('sign-in-failed', `${name}: the server does not accept the token it was given`)
      }
      if (request.reason !== 'upscope') return
      const rights = (scope ?? '').split(' ').sort().join(' ')
      const rounds = entry.stepUps.get(rights) ?? 0
      if (rounds >= MOST_ROUNDS) {
        throw new HostError(
          'sign-in-failed',
          `${name} keeps asking for rights that you were already asked about`,
        )
      }
      entry.stepUps.set(rights, rounds + 1)
    },
    forget(server) {
      for (const [account, entry] of entries) {
        if (server !== undefined && !account.startsWith(`${server} `)) continue
        entry.rejectedSignIns = 0
        entry.stepUps.clear()
      }
    },
  }
}
