import { type HostError, hostError } from '../errors.ts'
import { discoverIssuer } from './discovery.ts'
import { withSecret } from './grants.ts'
import type { Http } from './http.ts'
import { revoke } from './revocation.ts'
import type { ServerKey, TokenStore } from './types.ts'

/** How long revoking may take, in milliseconds: it happens under the lock. */
const LIMIT = 20_000

export interface SignedOut {
  /** False when nothing was found to revoke: nothing was kept, or the store cannot be read. */
  found: boolean
  /** Why the server may still accept the tokens. */
  notRevoked?: HostError
  /** Why the store may still hold them. `store-unavailable`: they are not used again all the same. */
  notForgotten?: HostError
}

/**
 * Ends a sign-in: revoked at the authorization server, then forgotten here. It waits for a renewal that is under way and
 * ends what that has got, and it forgets also what cannot be revoked. The registration of our client stays: it lets nobody
 * in. Throws `store-unavailable` when the lock is not to be had, and the reason of the signal.
 */
export async function signOut(
  key: ServerKey,
  { store, http }: { store: TokenStore; http: Http },
  signal: AbortSignal,
): Promise<SignedOut> {
  // Looked up before the lock is taken, so that nobody waits for it.
  const target = await discoverIssuer(key.issuer, key.server, http, signal).catch(error => {
    signal.throwIfAborted()
    return hostError(error, 'the sign-in server was not found')
  })
  return store.exclusive(key, async (held, check) => {
    const result: SignedOut = { found: false }
    const grant = await store.read(key)
    if (grant !== undefined) {
      result.found = true
      try {
        if (target instanceof Error) throw target
        const within = AbortSignal.any([held, signal, AbortSignal.timeout(LIMIT)])
        const complete = await withSecret(grant, key, store)
        await check()
        await revoke(complete, { target, http }, within)
      } catch (error) {
        signal.throwIfAborted()
        result.notRevoked = hostError(error, 'the sign-in server did not answer')
      }
    }
    try {
      await store.forget(key)
    } catch (error) {
      result.notForgotten = hostError(error, 'the token store cannot be used')
    }
    return result
  })
}
