import * as oauth from 'oauth4webapi'
import { HostError } from '../errors.ts'
import { type Clean, hostOf } from '../text.ts'
import type { Target } from './discovery.ts'
import { asOauthClient, clientAuth, endpointOptions } from './endpoint.ts'
import type { Http } from './http.ts'
import { scopeTokens } from './scope.ts'
import type { Secret } from './secret.ts'
import type { Identity } from './store/identity.ts'
import { judgeTokens, refusal } from './token-answer.ts'
import type { Client, Grant } from './types.ts'

/** A judged answer of the token endpoint. */
export interface Tokens {
  access: Secret
  refresh?: Secret
  idToken?: Secret
  scope?: string
  /** Lifetimes of both tokens in seconds from now; absent when unknown. */
  expiresIn?: number
  refreshExpiresIn?: number
}

/** What every request to the token endpoint needs. */
export interface Asker {
  target: Target
  client: Client
  http: Http
}

/**
 * Redeems the code of a redirect that `judgeRedirect` returned. Throws `sign-in-expired` (the code is too old or used),
 * `invalid-client` (the registration is gone), `token-bad`, `sign-in-failed` or an `http-*` kind. Nothing is retried.
 */
export async function exchangeCode(
  input: Asker & { answer: URLSearchParams; redirectUri: string; verifier: Secret },
  signal: AbortSignal,
): Promise<Tokens> {
  const { target, client, http, answer, redirectUri, verifier } = input
  const response = await oauth.authorizationCodeGrantRequest(
    target.as,
    asOauthClient(client),
    clientAuth(client),
    answer,
    redirectUri,
    verifier.reveal(),
    { ...endpointOptions(target, http, signal), additionalParameters: { resource: target.resource } },
  )
  const judged = await judgeTokens(response, input)
  if ('tokens' in judged) return judged.tokens
  if (judged.error === 'invalid_grant') {
    throw new HostError('sign-in-expired', 'the sign-in ran out before it was finished, try again')
  }
  throw refusal(judged.error, hostOf(target.issuer))
}

/**
 * Gets a token for the client itself (RFC 6749 4.4). A refresh token in the answer is dropped (section 4.4.3): the
 * credentials of the client do its work. Throws like `exchangeCode`.
 */
export async function requestAsClient(
  input: Asker & { scope?: string },
  signal: AbortSignal,
): Promise<Tokens> {
  const { target, client, http, scope } = input
  const response = await oauth.clientCredentialsGrantRequest(
    target.as,
    asOauthClient(client),
    clientAuth(client),
    { resource: target.resource, ...(scope === undefined ? {} : { scope }) },
    endpointOptions(target, http, signal),
  )
  const judged = await judgeTokens(response, input)
  if (!('tokens' in judged)) throw refusal(judged.error, hostOf(target.issuer))
  return { ...judged.tokens, refresh: undefined }
}

/**
 * Renews a grant with its refresh token (RFC 6749 6); keeps refresh token and scope where the answer has none. No `scope` is
 * sent: what was granted stays, and some servers refuse their own list. `now` in milliseconds since the epoch, taken
 * before the call. Throws `invalid-grant` when it is over; after any other error the grant may still be good.
 */
export async function refreshGrant(
  grant: Grant,
  { target, http, now }: { target: Target; http: Http; now: number },
  signal: AbortSignal,
): Promise<Grant> {
  const { client } = grant
  if (grant.refresh === undefined) throw new HostError('invalid-grant', hostOf(grant.issuer))
  const response = await oauth.refreshTokenGrantRequest(
    target.as,
    asOauthClient(client),
    clientAuth(client),
    grant.refresh.reveal(),
    { ...endpointOptions(target, http, signal), additionalParameters: { resource: grant.resource } },
  )
  const judged = await judgeTokens(response, { target, client })
  if (!('tokens' in judged)) throw refusal(judged.error, hostOf(grant.issuer))
  const { tokens } = judged
  return {
    ...grant,
    access: tokens.access,
    refresh: tokens.refresh ?? grant.refresh,
    scope: tokens.scope ?? grant.scope,
    receivedAt: now,
    expiresAt: endOf(tokens.expiresIn, now),
    // Another refresh token has an end of its own, or none that is known.
    refreshExpiresAt:
      endOf(tokens.refreshExpiresIn, now) ?? (tokens.refresh ? undefined : grant.refreshExpiresAt),
  }
}

/** Makes the grant to store. `scope` is what was asked: what is granted unless the answer says otherwise, as far as a grant holds it. */
export function grantFrom(
  tokens: Tokens,
  input: {
    target: Target
    client: Client
    scope?: string
    account?: Clean
    identity?: Identity
    now: number
  },
): Grant {
  const { target, client, scope, account, identity, now } = input
  return {
    issuer: target.issuer,
    resource: target.resource,
    client,
    account,
    identity,
    access: tokens.access,
    refresh: tokens.refresh,
    scope: scopeTokens(tokens.scope ?? scope).join(' ') || undefined,
    receivedAt: now,
    expiresAt: endOf(tokens.expiresIn, now),
    refreshExpiresAt: tokens.refresh && endOf(tokens.refreshExpiresIn, now),
  }
}

function endOf(life: number | undefined, now: number): number | undefined {
  return life === undefined ? undefined : now + life * 1000
}
