import * as oauth from 'oauth4webapi'
import { HostError } from '../errors.ts'
import { hostOf } from '../text.ts'
import type { Target } from './discovery.ts'
import { asOauthClient } from './endpoint.ts'
import { Secret } from './secret.ts'
import { refusal } from './token-answer.ts'
import type { Client, WebUrl } from './types.ts'
import { webUrl, withQuery } from './url.ts'

/** What ties a redirect to the sign-in that asked for it: both random, used once. */
export interface Proof {
  state: string
  /** The PKCE code verifier (RFC 7636). */
  verifier: Secret
}

const LONGEST_CODE = 8192

/** Every parameter of a redirect that is read; each may be there once (RFC 6749 3.1). */
const PARAMETERS = ['state', 'iss', 'code', 'error']

export function newProof(): Proof {
  return {
    state: oauth.generateRandomState(),
    verifier: new Secret(oauth.generateRandomCodeVerifier()),
  }
}

/**
 * The address of the authorization request: code, PKCE S256, `state`, `resource`. `loginHint` (OpenID Connect Core 3.1.2.1) is
 * a name that this issuer has given; it is left out where the person wants to choose.
 */
export async function authorizationUrl(input: {
  target: Target
  client: Client
  redirectUri: string
  scope?: string
  proof: Proof
  chooseAccount?: boolean
  loginHint?: string
}): Promise<WebUrl> {
  const { target, client, redirectUri, scope, proof, chooseAccount, loginHint } = input
  return withQuery(webUrl(target.as.authorization_endpoint, 'the sign-in address'), {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: redirectUri,
    scope,
    state: proof.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(proof.verifier.reveal()),
    code_challenge_method: 'S256',
    resource: target.resource,
    prompt: promptOf(target, scope, chooseAccount),
    login_hint: !chooseAccount && knowsPeople(target) ? loginHint : undefined,
  })
}

/** OpenID Connect Core 3.1.2.1. A server that says nothing about it is not asked for what only some know. */
function promptOf({ as }: Target, scope = '', chooseAccount = false): string | undefined {
  const known = as.prompt_values_supported
  const account = Array.isArray(known) && known.includes('select_account') ? 'select_account' : 'login'
  // Section 11: without consent a server leaves `offline_access` out.
  const consent = scope.split(' ').includes('offline_access') ? ['consent'] : []
  return [...(chooseAccount ? [account] : []), ...consent].join(' ') || undefined
}

/** True for a server that speaks OpenID Connect, as far as its metadata says. */
function knowsPeople({ as }: Target): boolean {
  return as.userinfo_endpoint !== undefined || as.scopes_supported?.includes('openid') === true
}

/**
 * Judges what came to the redirect address. Undefined: it does not belong to this sign-in or is garbled (other or no
 * `state`, repeated parameters, neither code nor error): answer 400 and keep waiting, or any web page could end a sign-in.
 * Then `iss` (RFC 9207) is compared before anything else is used. Returns the parameters for `exchangeCode`; throws
 * `sign-in-denied`, `sign-in-failed`, ... when this redirect ends the sign-in.
 */
export function judgeRedirect(
  parameters: URLSearchParams,
  input: { target: Target; client: Client; state: string },
): URLSearchParams | undefined {
  const { target, client, state } = input
  if (PARAMETERS.some(name => parameters.getAll(name).length > 1)) return undefined
  if (parameters.get('state') !== state) return undefined
  const code = parameters.get('code') ?? ''
  const readable = code !== '' && code.length <= LONGEST_CODE
  if (!readable && !parameters.get('error')) return undefined
  try {
    return oauth.validateAuthResponse(target.as, asOauthClient(client), parameters, state)
  } catch (error) {
    const host = hostOf(target.issuer)
    if (error instanceof oauth.AuthorizationResponseError) throw refusal(error.error, host)
    throw new HostError('sign-in-failed', `the answer did not come from ${host}, nothing in it was used`)
  }
}
