import * as oauth from 'oauth4webapi'
import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { clean, hostOf, shellWord } from '../text.ts'
import type { Target } from './discovery.ts'
import { endpointOptions, secretMethod } from './endpoint.ts'
import { type Http, jsonObject, textOf } from './http.ts'
import { scopeTokens } from './scope.ts'
import { Secret } from './secret.ts'
import type { AuthRequest, Client, ClientAuthMethod, ServerOptions } from './types.ts'

export interface ClientSearch {
  request: Pick<AuthRequest, 'client' | 'server'>
  target: Target
  /** What the person configured for this server. */
  options: Pick<ServerOptions, 'clientMetadataUrl'>
  /** The client that is kept for this server and this very issuer, or that of a stored grant of both. */
  stored?: Client
  /** The redirect address in use; undefined where none is needed (device code, client credentials). */
  redirectUri: string | undefined
  /** What will be asked for: named in a registration, so that the server allows it. */
  scope?: string
  http: Http
}

/** RFC 8628 3.4. */
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** RFC 7591 3.2.1, as far as we use it. Visible characters only, as RFC 6749 appendix A says. */
const Registration = v.object({
  client_id: v.pipe(v.string(), v.regex(/^[\x20-\x7e]{1,2048}$/)),
  // Some servers say by an empty one that there is none.
  client_secret: v.nullish(v.pipe(v.string(), v.regex(/^[^\p{C}\p{Zl}\p{Zp}]{0,2048}$/u))),
  token_endpoint_auth_method: v.nullish(v.picklist(['none', 'client_secret_basic', 'client_secret_post'])),
})

/**
 * Who we are at this issuer, in the order of MCP, "Client Registration Approaches": the client that the person set, the one of
 * the server's configuration, our client-id metadata document where the server takes it, the stored registration with this
 * very redirect address (its port too: not every server ignores it, RFC 8252 7.3), else a new registration (RFC 7591). A
 * client that acts for itself is never made up. Throws `no-client` when there is none, and the `http-*` kinds.
 */
export async function findClient(search: ClientSearch, signal: AbortSignal): Promise<Client> {
  return knownClient(search) ?? registered(search, signal)
}

/** The same without a registration: undefined where one would be needed. Nothing is sent. */
export function knownClient(search: Omit<ClientSearch, 'http'>): Client | undefined {
  const { request, target, options, stored, redirectUri } = search
  const configured = stored?.source === 'configured' ? stored : staticClient(request)
  if (request.client?.grant === 'client_credentials') {
    if (configured?.secret !== undefined) return configured
    throw noClient(search, 'signs in a program only with the secret of its client')
  }
  if (configured !== undefined) return configured
  if (options.clientMetadataUrl !== undefined && target.as.client_id_metadata_document_supported === true) {
    return { id: options.clientMetadataUrl, source: 'document', authMethod: 'none' }
  }
  const known = redirectUri === undefined || stored?.redirectUris?.includes(redirectUri) === true
  return stored?.source === 'registered' && known ? stored : undefined
}

function staticClient({ client }: ClientSearch['request']): Client | undefined {
  if (client === undefined) return undefined
  const { id, secret } = client
  return secret === undefined
    ? { id, source: 'configured', authMethod: 'none' }
    : { id, source: 'configured', secret }
}

async function registered(search: ClientSearch, signal: AbortSignal): Promise<Client> {
  if (search.target.as.registration_endpoint === undefined) throw noClient(search, 'does not register apps')
  const scope = registrationScope(search)
  const answer = await register(search, scope, signal)
  // Some servers know the scopes of their resources only later, and refuse a registration that names them.
  const refusedScope = answer.error === 'invalid_client_metadata' || answer.error === 'invalid_scope'
  const last = scope !== undefined && refusedScope ? await register(search, undefined, signal) : answer
  return clientFrom(last, search)
}

interface Answer {
  status: number
  body?: Record<string, unknown>
  error?: string
}

async function register(
  { target, redirectUri, http }: ClientSearch,
  scope: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const redirects = redirectUri === undefined ? [] : [redirectUri]
  const metadata = {
    application_type: 'native',
    client_name: 'copilot-host',
    redirect_uris: redirects,
    grant_types: [
      ...(redirectUri === undefined ? [] : ['authorization_code']),
      'refresh_token',
      ...(target.device ? [DEVICE_GRANT] : []),
    ],
    response_types: redirectUri === undefined ? [] : ['code'],
    token_endpoint_auth_method: wantedMethod(target),
    ...(scope === undefined ? {} : { scope }),
  }
  const response = await oauth.dynamicClientRegistrationRequest(
    target.as,
    metadata,
    endpointOptions(target, http, signal),
  )
  const body = jsonObject((await textOf(response)) ?? '')
  return { status: response.status, body, error: typeof body?.error === 'string' ? body.error : undefined }
}

function clientFrom({ status, body, error }: Answer, search: ClientSearch): Client {
  const { target, redirectUri } = search
  const host = hostOf(target.as.registration_endpoint ?? target.issuer)
  if (status === 429 || status >= 500) throw new HostError('http-trouble', host)
  if (status === 404 || status === 405) throw noClient(search, 'does not register apps')
  if (status >= 400)
    throw noClient(search, `refused to register this app (${clean(error ?? `${status}`, 60)})`)
  const result = v.safeParse(Registration, body)
  if (!result.success) throw noClient(search, 'registered this app with an answer that cannot be used')
  const { client_id: id, client_secret: secret, token_endpoint_auth_method: method } = result.output
  const redirectUris = redirectUri === undefined ? [] : [redirectUri]
  // What the answer leaves out is as it was asked for (RFC 7591 3.2.1). Without a secret there is nothing to show.
  const authMethod = secret ? (method ?? wantedMethod(target)) : 'none'
  if (!secret || authMethod === 'none') return { id, source: 'registered', authMethod: 'none', redirectUris }
  return { id, source: 'registered', secret: new Secret(secret), authMethod, redirectUris }
}

/** A native app keeps no secret, so it asks for none where it may. */
function wantedMethod({ as }: Target): ClientAuthMethod {
  return as.token_endpoint_auth_methods_supported?.includes('none') ? 'none' : secretMethod(as)
}

/** All that may ever be asked for, so that a step-up does not need another registration. */
function registrationScope({ target, scope }: ClientSearch): string | undefined {
  const all = [scope ?? '', ...(target.scopesSupported ?? []), ...(target.as.scopes_supported ?? [])]
  return scopeTokens(all.join(' ')).join(' ') || undefined
}

function noClient({ request, target }: Pick<ClientSearch, 'request' | 'target'>, why: string): HostError {
  const next = `copilot-host auth client set ${shellWord(request.server.name)}, or oauthClientId in mcp-config.json`
  return new HostError('no-client', `${hostOf(target.issuer)} ${why}: ${next}`)
}
