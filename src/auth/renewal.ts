import { HostError, hostError } from '../errors.ts'
import { discoverIssuer, issuersOf, type Target } from './discovery.ts'
import type { Grants } from './grants.ts'
import type { History } from './history.ts'
import type { Http } from './http.ts'
import type { Secret } from './secret.ts'
import { refreshGrant } from './token.ts'
import type { AuthRequest, Client, Clock, Grant, ServerKey } from './types.ts'

/** A token is renewed this long before its end, in milliseconds, or a tenth of its life if that is less. */
const MARGIN = 60_000
/** A token without a known end is renewed after an hour if that is possible, in milliseconds. */
const UNKNOWN_LIFE = 3_600_000

/** What the store could do for a request. */
export type Stored =
  | { kind: 'answer'; grant: Grant; source: 'stored' | 'renewed' }
  /** The person has to act: what there was (account, rights), a client to use again, why the renewal failed. */
  | { kind: 'nothing'; before?: Grant; client?: Client; error?: HostError }

export interface RenewalPorts {
  grants: Grants
  history: History
  http: Http
  clock: Clock
}

/**
 * Answers a request without asking anybody: from the store, or by a renewal. `inUse` is the token that the server was
 * answered last. A renewal that has been sent is not interrupted, since the refresh token may already be spent; only the loss
 * of the lock ends it.
 */
export async function fromStore(
  request: AuthRequest,
  inUse: Secret | undefined,
  ports: RenewalPorts,
  signal: AbortSignal,
): Promise<Stored> {
  let nothing: Stored = { kind: 'nothing' }
  for (const issuer of issuersOf(request)) {
    const key = { server: request.server.url, issuer }
    const grant = await ports.grants.read(key)
    if (grant === undefined) continue
    if (isUsable(grant, request, inUse, ports)) return { kind: 'answer', grant, source: 'stored' }
    const stored = mayRenew(grant, request, ports)
      ? await renew(grant, key, request, inUse, ports, signal)
      : ({ kind: 'nothing', before: grant, client: grant.client } as const)
    if (stored.kind === 'answer') return stored
    if (nothing.kind === 'nothing' && nothing.before === undefined) nothing = stored
  }
  return nothing
}

/** True until shortly before the token ends (or an hour old, for one whose end is not known but that can be renewed). */
export function isFresh(grant: Pick<Grant, 'receivedAt' | 'expiresAt' | 'refresh'>, now: number): boolean {
  const { receivedAt, expiresAt, refresh } = grant
  if (expiresAt === undefined) return refresh === undefined || now < receivedAt + UNKNOWN_LIFE
  return now < expiresAt - Math.min(MARGIN, (expiresAt - receivedAt) / 10)
}

function isUsable(
  grant: Grant,
  request: AuthRequest,
  inUse: Secret | undefined,
  ports: RenewalPorts,
): boolean {
  const { history, clock } = ports
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
  const { grants, http } = ports
  let before: Grant | undefined = seen
  try {
    const target = await discoverIssuer(key.issuer, key.server, http, signal)
    return await grants.exclusive(key, async (held): Promise<Stored> => {
      before = await grants.read(key)
      if (before === undefined) return { kind: 'nothing' }
      if (isUsable(before, request, inUse, ports)) return { kind: 'answer', grant: before, source: 'stored' }
      if (!mayRenew(before, request, ports)) return { kind: 'nothing', before, client: before.client }
      signal.throwIfAborted()
      const grant = await refresh(before, key, target, ports, held)
      await grants.write(key, grant)
      return { kind: 'answer', grant, source: 'renewed' }
    })
  } catch (thrown) {
    signal.throwIfAborted()
    const error = hostError(thrown, `${request.server.name} could not be renewed`)
    // A client that the server no longer knows is of no use for the next sign-in either.
    const client = error.kind === 'invalid-client' ? undefined : before?.client
    return { kind: 'nothing', before, client, error }
  }
}

/**
 * One more try when the connection broke: whether the first one arrived is unknown, and the old token is all there is.
 * Only `invalid_grant` makes us forget, and only the grant that was tried.
 */
async function refresh(
  grant: Grant,
  key: ServerKey,
  target: Target,
  ports: RenewalPorts,
  held: AbortSignal,
): Promise<Grant> {
  const { grants, http, clock } = ports
  const attempt = () => refreshGrant(grant, { target, http, now: clock.now() }, held)
  try {
    return await attempt().catch(error => {
      if (error instanceof HostError && error.kind === 'http-network') return attempt()
      throw error
    })
  } catch (error) {
    if (error instanceof HostError && error.kind === 'invalid-grant') await grants.forget(key, grant)
    throw error
  }
}
