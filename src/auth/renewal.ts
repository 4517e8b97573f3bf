import { HostError, hostError } from '../errors.ts'
import { discoverIssuer, inOrder, issuersOf, type Target } from './discovery.ts'
import { isDue, isFresh } from './forecast.ts'
import { type Grants, withSecret } from './grants.ts'
import type { History } from './history.ts'
import type { Http } from './http.ts'
import { isPassing } from './outcome.ts'
import { createPatience, timesOf } from './patience.ts'
import type { Secret } from './secret.ts'
import { refreshGrant } from './token.ts'
import type { AuthRequest, Check, Client, Clock, Grant, ServerKey } from './types.ts'

/** What the store could do for a request; `error` with an answer: why the renewal that was due has to wait. */
export type Stored =
  | { kind: 'answer'; grant: Grant; source: 'stored' | 'renewed'; error?: HostError }
  /** The person has to act: what there was (account, rights), a client to use again, why the renewal failed. */
  | { kind: 'nothing'; before?: Grant; client?: Client; error?: HostError }

export interface RenewalPorts {
  grants: Grants
  history: History
  http: Http
  clock: Clock
  /** What ends within this time is renewed now, in milliseconds; see {@link isDue}. */
  ahead?: number
}

/**
 * Answers a request without asking anybody: from the store, or by a renewal. `inUse` is the token that the server was
 * answered last. A renewal that has been sent is not interrupted, since the refresh token may already be spent.
 */
export async function fromStore(
  request: AuthRequest,
  inUse: Secret | undefined,
  ports: RenewalPorts,
  signal: AbortSignal,
): Promise<Stored> {
  let nothing: Stored = { kind: 'nothing' }
  for (const issuer of await issuersToTry(request, ports.grants)) {
    const key = { server: request.server.url, issuer, slot: request.slot }
    const stored = await fromGrant(key, request, inUse, ports, signal)
    if (stored?.kind === 'answer') return stored
    if (nothing.kind === 'nothing' && nothing.before === undefined) nothing = stored ?? nothing
  }
  return nothing
}

/** A grant that serves as it is: nothing is sent, and nothing is renewed. */
export async function usableGrant(
  request: AuthRequest,
  inUse: Secret | undefined,
  ports: RenewalPorts,
): Promise<Grant | undefined> {
  for (const issuer of await issuersToTry(request, ports.grants)) {
    const grant = await ports.grants.read({ server: request.server.url, issuer, slot: request.slot })
    if (grant !== undefined && isUsable(grant, request, inUse, ports)) return grant
  }
  return undefined
}

/** The same from one kept grant; undefined if there is none. */
export async function fromGrant(
  key: ServerKey,
  request: AuthRequest,
  inUse: Secret | undefined,
  ports: RenewalPorts,
  signal: AbortSignal,
): Promise<Stored | undefined> {
  const grant = await ports.grants.read(key)
  if (grant === undefined) return undefined
  if (isUsable(grant, request, inUse, ports)) return { kind: 'answer', grant, source: 'stored' }
  return mayRenew(grant, request, ports)
    ? renew(grant, key, request, inUse, ports, signal)
    : { kind: 'nothing', before: grant, client: grant.client }
}

/** Those that the request names, the one that was used last first; where it names none, that one and the origin of the server. */
async function issuersToTry(request: AuthRequest, grants: Grants): Promise<string[]> {
  const named = issuersOf(request)
  if (named?.length === 1) return named
  const known = await grants.knownIssuer(request.server.url)
  if (named !== undefined) return inOrder(named, known?.issuer)
  return [...new Set([...(known ? [known.issuer] : []), new URL(request.server.url).origin])]
}

function isUsable(
  grant: Grant,
  request: AuthRequest,
  inUse: Secret | undefined,
  ports: RenewalPorts,
): boolean {
  const { history, clock, ahead } = ports
  if (ahead !== undefined && isDue(grant, clock.now(), ahead)) return false
  if (!isFresh(grant, clock.now()) || history.isRejected(request, grant.access)) return false
  if (request.reason === 'initial') return true
  if (request.reason === 'upscope') {
    return !grant.access.equals(inUse) && covers(grant.scope, request.challenge.scope)
  }
  // The token in use was refused. Another one in the store was put there by another process meanwhile.
  return inUse !== undefined && !grant.access.equals(inUse)
}

function covers(granted = '', asked = ''): boolean {
  const rights = granted.split(' ')
  return asked !== '' && asked.split(' ').every(right => rights.includes(right))
}

function mayRenew(grant: Grant, request: AuthRequest, { history }: RenewalPorts): boolean {
  const silent = request.reason === 'initial' || request.reason === 'refresh'
  return silent && grant.refresh !== undefined && history.mayRenew(request)
}

/** Read, refresh, write under the lock of all processes, so that a rotating refresh token is spent only once. */
async function renew(
  seen: Grant,
  key: ServerKey,
  request: AuthRequest,
  inUse: Secret | undefined,
  ports: RenewalPorts,
  signal: AbortSignal,
): Promise<Stored> {
  const { grants } = ports
  let before: Grant | undefined = seen
  /** What the server gave and the store has not. */
  let unwritten: Grant | undefined
  try {
    const target = await targetOf(key, ports, signal)
    return await grants.exclusive(key, async (held, check, abandoned): Promise<Stored> => {
      before = await grants.read(key)
      if (before === undefined) return { kind: 'nothing' }
      if (isUsable(before, request, inUse, ports)) return { kind: 'answer', grant: before, source: 'stored' }
      if (!mayRenew(before, request, ports)) return { kind: 'nothing', before, client: before.client }
      const grant = await refresh(await withSecret(before, key, grants, request.client), key, target, ports, {
        held,
        check,
        signal,
      }).catch((thrown: unknown) => {
        throw abandoned && thrown instanceof HostError && thrown.kind === 'invalid-grant'
          ? new HostError('renewal-cut', request.server.name, { cause: thrown })
          : thrown
      })
      unwritten = grant
      await grants.write(key, grant)
      return { kind: 'answer', grant, source: 'renewed' }
    })
  } catch (thrown) {
    // A process that was stopped in the middle, or could not reach the server, takes what a neighbour has got.
    const latest = await (before !== undefined && unwritten !== undefined
      ? grants.replace(key, before, unwritten)
      : grants.read(key))
    signal.throwIfAborted()
    const error = hostError(thrown, `${request.server.name} could not be renewed`)
    if (latest !== undefined && isUsable(latest, request, inUse, ports)) {
      const source = latest === unwritten ? 'renewed' : 'stored'
      return {
        kind: 'answer',
        grant: latest,
        source,
        error: latest.access.equals(before?.access) ? error : undefined,
      }
    }
    if (latest !== undefined && isPassing(error) && isStillGood(latest, request, ports)) {
      return { kind: 'answer', grant: latest, source: 'stored', error }
    }
    // A client that the server no longer knows is of no use for the next sign-in either.
    const client = error.kind === 'invalid-client' ? undefined : before?.client
    return { kind: 'nothing', before, client, error }
  }
}

/** Where to renew, found out before the lock is taken. It may be asked for again and again. */
async function targetOf(
  { issuer, server }: ServerKey,
  { http, clock }: RenewalPorts,
  signal: AbortSignal,
): Promise<Target> {
  const patience = createPatience(clock)
  for (;;) {
    try {
      return await discoverIssuer(issuer, server, http, signal)
    } catch (error) {
      if (!(error instanceof HostError && (error.kind === 'http-network' || isTrouble(error)))) throw error
      await patience(error, signal)
    }
  }
}

/** The server could not work on the request: it may be sent again. */
function isTrouble({ kind, unsent }: HostError): boolean {
  return kind === 'http-trouble' || unsent
}

/** Within the margin, a token that could not be renewed for now serves until its end. */
function isStillGood(grant: Grant, request: AuthRequest, { history, clock }: RenewalPorts): boolean {
  const { access, expiresAt } = grant
  const lasts = expiresAt === undefined || clock.now() < expiresAt
  return request.reason === 'initial' && lasts && !history.isRejected(request, access)
}

/** Forgets a grant that is over; what was renewed before its time keeps its access token, which may serve a run to its end. */
async function end(grant: Grant, key: ServerKey, { grants, clock, ahead }: RenewalPorts): Promise<void> {
  const lasts = grant.expiresAt !== undefined && clock.now() < grant.expiresAt
  if (ahead === undefined || !lasts) return grants.forget(key, grant)
  const found = await grants.read(key)
  if (found?.access.equals(grant.access))
    await grants.write(key, { ...found, refresh: undefined, refreshExpiresAt: undefined })
}

/**
 * Sends the refresh token; again after a pause while the server is in trouble or cannot be reached, and once more at once
 * when no answer came: whether the first request arrived is unknown then, and the old token is all there is. Nothing is sent
 * whose answer might come after the lock: a neighbour would send the same token. Only `invalid_grant` makes us forget, and only
 * the grant that was tried. The pauses end with the request; what has been sent goes on to its own deadline, even if the lock is
 * lost meanwhile.
 */
async function refresh(
  grant: Grant,
  key: ServerKey,
  target: Target,
  ports: RenewalPorts,
  { held, check, signal }: { held: AbortSignal; check: Check; signal: AbortSignal },
): Promise<Grant> {
  const { http, clock } = ports
  const patience = createPatience(clock)
  const uninterrupted = new AbortController().signal
  let repeated = false
  let before: HostError | undefined
  for (;;) {
    signal.throwIfAborted()
    const { answer, needed } = timesOf(repeated)
    await check(needed).catch((thrown: unknown) => {
      throw before ?? thrown
    })
    try {
      const timed: Http = { ...http, fetch: (url, asked) => http.fetch(url, asked, answer) }
      return await refreshGrant(grant, { target, http: timed, now: clock.now() }, uninterrupted)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      before = error
      if (error.kind === 'invalid-grant') await end(grant, key, ports)
      const unanswered = error.kind === 'http-network' || error.kind === 'http-deadline'
      if (unanswered && !error.unsent && !repeated) {
        repeated = true
        continue
      }
      if (!isTrouble(error)) throw error
      await patience(error, AbortSignal.any([held, signal]))
    }
  }
}
