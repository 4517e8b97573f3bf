import { findClient } from '../client.ts'
import { requestAsClient } from '../token.ts'
import type { FlowInput, SignedIn } from './flow.ts'

/**
 * A sign-in without a person: the client acts for itself (RFC 6749 4.4), with the secret or key that was set for it at this
 * issuer. Throws `no-client` where there is none, `invalid-client` when it is refused, and what `exchangeCode` throws.
 */
export async function signInAsMachine(input: FlowInput, signal: AbortSignal): Promise<SignedIn> {
  const { request, target, options, client: stored, scope, http, clock } = input
  const client = await findClient(
    { request, target, options, stored, redirectUri: undefined, scope, http },
    signal,
  )
  const at = clock.now()
  return { tokens: await requestAsClient({ target, client, http, scope }, signal), client, at }
}
