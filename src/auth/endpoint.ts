import * as oauth from 'oauth4webapi'
import { privateKeyJwt } from './client-assertion.ts'
import type { Target } from './discovery.ts'
import type { Http } from './http.ts'
import type { Secret } from './secret.ts'
import type { Client, ClientAuthMethod } from './types.ts'
import { isLoopback, webUrl } from './url.ts'

/** The options of every `oauth4webapi` request: our network; plain http only for an issuer on loopback. */
export function endpointOptions(target: Target, http: Http, signal: AbortSignal) {
  return {
    [oauth.customFetch]: http.fetch,
    [oauth.allowInsecureRequests]: isLoopback(webUrl(target.issuer, 'the sign-in server')),
    signal,
  }
}

/** Our client as `oauth4webapi` names it. */
export function asOauthClient(client: Client): oauth.Client {
  return { client_id: client.id }
}

/**
 * How the client shows who it is (RFC 6749 2.3): as it was registered, or as the person said; else, with a secret, as the
 * authorization server offers.
 */
export function clientAuth({ authMethod, secret }: Client): oauth.ClientAuth {
  if (secret === undefined || authMethod === 'none') return oauth.None()
  return (as, client, body, headers) => {
    switch (authMethod ?? secretMethod(as)) {
      case 'private_key_jwt':
        return privateKeyJwt(secret)(as, client, body, headers)
      case 'client_secret_post':
        return oauth.ClientSecretPost(secret.reveal())(as, client, body, headers)
      default:
        headers.set('authorization', basic(client.client_id, secret))
    }
  }
}

/**
 * RFC 6749 2.3.1: form-encoded, then Basic. `oauth4webapi` encodes `-` and `.` as well, which means the same, but servers
 * that forget to decode are many, and most ids and secrets hold nothing else that has to be encoded.
 */
function basic(id: string, secret: Secret): string {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret.reveal())}`).toString('base64')}`
}

/** The way to show a secret there: Basic, unless only the other one is offered. An absent list means Basic (RFC 8414 2). */
export function secretMethod(as: oauth.AuthorizationServer): ClientAuthMethod {
  const offered = as.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return offered.includes('client_secret_post') && !offered.includes('client_secret_basic')
    ? 'client_secret_post'
    : 'client_secret_basic'
}
