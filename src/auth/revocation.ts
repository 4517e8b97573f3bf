import * as oauth from 'oauth4webapi'
import { HostError } from '../errors.ts'
import { hostOf } from '../text.ts'
import type { Target } from './discovery.ts'
import { asOauthClient, clientAuth, endpointOptions } from './endpoint.ts'
import type { Http } from './http.ts'
import { jsonObject, textOf } from './http.ts'
import { refusal } from './token-answer.ts'
import type { Grant } from './types.ts'

/**
 * Ends a grant at the authorization server (RFC 7009): the refresh token first, since that ends the access tokens too where
 * the server can do so, then the access token. A self-contained access token that no server can end is left to its own end
 * once the refresh token is gone. Throws `not-revoked` where it offers no way, and `http-*` or what the server says when a
 * token could not be ended; the other one is tried all the same.
 */
export async function revoke(
  { client, refresh, access }: Grant,
  { target, http }: { target: Target; http: Http },
  signal: AbortSignal,
): Promise<void> {
  const host = hostOf(target.issuer)
  if (target.as.revocation_endpoint === undefined) {
    throw new HostError('not-revoked', `${host} offers no way to end it`)
  }
  let trouble: unknown
  const tokens = [
    ...(refresh ? ([[refresh, 'refresh_token']] as const) : []),
    [access, 'access_token'] as const,
  ]
  for (const [token, hint] of tokens) {
    const response = await oauth
      .revocationRequest(target.as, asOauthClient(client), clientAuth(client), token.reveal(), {
        ...endpointOptions(target, http, signal),
        additionalParameters: { token_type_hint: hint },
      })
      .catch(error => {
        trouble ??= error
      })
    if (response === undefined || response.status === 200) continue
    const error = await why(response, host)
    const endsByItself = hint === 'access_token' && refresh !== undefined && error.kind === 'not-revoked'
    if (!endsByItself) trouble ??= error
  }
  if (trouble !== undefined) throw trouble
}

/** RFC 7009 2.2.1: 503 means that the token still exists; a server may also be unable to end this kind of token. */
async function why(response: Response, host: ReturnType<typeof hostOf>): Promise<HostError> {
  if (response.status === 429 || response.status >= 500) return new HostError('http-trouble', host)
  const error = jsonObject((await textOf(response)) ?? '')?.error
  if (error === 'unsupported_token_type') return new HostError('not-revoked', `${host} cannot end it`)
  return typeof error === 'string' ? refusal(error, host) : new HostError('not-revoked', `${host} refused`)
}
