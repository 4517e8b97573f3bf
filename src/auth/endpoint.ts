import * as oauth from 'oauth4webapi'
import type { Target } from './discovery.ts'
import type { Http } from './http.ts'
import type { Client } from './types.ts'
import { isLoopback, webUrl } from './url.ts'

/** The options of every `oauth4webapi` request: our network; plain http only for an issuer on loopback. */
export function endpointOptions(target: Target, http: Http, signal: AbortSignal) {
  return {
    [oauth.customFetch]: (url: string, options: RequestInit) => http.fetch(url, options),
    [oauth.allowInsecureRequests]: isLoopback(webUrl(target.issuer, 'the sign-in server')),
    signal,
  }
}

/** Our client as `oauth4webapi` names it. */
export function asOauthClient(client: Client): oauth.Client {
  return { client_id: client.id }
}

/** How the client shows who it is (RFC 6749 2.3). */
export function clientAuth({ authMethod, secret }: Client): oauth.ClientAuth {
  if (secret === undefined || authMethod === 'none') return oauth.None()
  return authMethod === 'client_secret_post'
    ? oauth.ClientSecretPost(secret.reveal())
    : oauth.ClientSecretBasic(secret.reveal())
}
