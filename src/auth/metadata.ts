import type { AuthorizationServer } from 'oauth4webapi'
import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { hostOf } from '../text.ts'
import { jsonObject, LARGEST_DOCUMENT, whyNot } from './http.ts'
import { scopeTokens } from './scope.ts'
import type { WebUrl } from './types.ts'
import { sameResource, visitableUrl } from './url.ts'

/** What we use of protected-resource metadata (RFC 9728). */
export interface ResourceMetadata {
  /** Exactly as published: it goes into requests as it is. */
  resource: string
  /** At most three; empty when the document names none. */
  issuers: string[]
  scopes?: string[]
}

const MOST_ISSUERS = 3

/** A list of strings; anything else in its place counts as absent. */
const strings = v.fallback(v.nullish(v.array(v.string())), undefined)

const ResourceDocument = v.object({
  resource: v.string(),
  authorization_servers: v.nullish(v.array(v.unknown())),
  scopes_supported: strings,
})

const ServerDocument = v.object({
  issuer: v.string(),
  authorization_endpoint: v.optional(v.unknown()),
  token_endpoint: v.optional(v.unknown()),
  registration_endpoint: v.optional(v.unknown()),
  device_authorization_endpoint: v.optional(v.unknown()),
  revocation_endpoint: v.optional(v.unknown()),
  userinfo_endpoint: v.optional(v.unknown()),
  scopes_supported: strings,
  code_challenge_methods_supported: strings,
  prompt_values_supported: strings,
  token_endpoint_auth_methods_supported: strings,
  token_endpoint_auth_signing_alg_values_supported: strings,
  id_token_signing_alg_values_supported: strings,
  authorization_response_iss_parameter_supported: v.fallback(v.nullish(v.boolean()), undefined),
  client_id_metadata_document_supported: v.fallback(v.nullish(v.boolean()), undefined),
})

/** The object in the text of a metadata document; `host` is where it came from. */
export function readDocument(text: string, host: string): Record<string, unknown> {
  if (text.length > LARGEST_DOCUMENT) throw new HostError('http-size', host)
  const document = jsonObject(text.replace(/^\ufeff/, ''))
  if (document === undefined) throw new HostError('http-content', `${host} (${whyNot(text)})`)
  return document
}

/**
 * Judges protected-resource metadata for this server. Throws `metadata-resource` when it is for another one,
 * `unsafe-address` when it leads to a place where we must not go, `metadata-bad` when it is no such document.
 */
export function judgeResourceMetadata(document: unknown, server: WebUrl): ResourceMetadata {
  const result = v.safeParse(ResourceDocument, document)
  if (!result.success)
    throw new HostError('metadata-bad', `${hostOf(server)} gave no valid resource metadata`)
  const { resource, authorization_servers: issuers, scopes_supported: scopes } = result.output
  if (!sameResource(resource, server)) throw new HostError('metadata-resource', insteadOf(resource, server))
  return {
    resource,
    issuers: [...new Set(issuers)].slice(0, MOST_ISSUERS).map(issuer => judgeIssuer(issuer, server)),
    scopes: scopes ? scopeTokens(scopes.join(' ')) : undefined,
  }
}

/**
 * Judges authorization server metadata (RFC 8414, OpenID Connect Discovery) that was asked for under `issuer`. Only
 * what we use is kept, every address in it is judged; plain http leads nowhere but from an issuer that has no other. Throws
 * `metadata-issuer`, `unsafe-address`, `metadata-bad`.
 */
export function judgeServerMetadata(document: unknown, issuer: string, server: WebUrl): AuthorizationServer {
  const result = v.safeParse(ServerDocument, document)
  if (!result.success) throw new HostError('metadata-bad', `${hostOf(issuer)} gave no valid server metadata`)
  const data = result.output
  if (!sameIssuer(data.issuer, issuer)) {
    throw new HostError('metadata-issuer', insteadOf(data.issuer, issuer))
  }
  const endpoint = (value: unknown, what: string) => {
    if (value === undefined || value === null) return undefined
    const url = visitableUrl(value, what, server)
    if (isSecure(url) || !isSecure(issuer)) return url
    throw new HostError('unsafe-address', `${what} at ${hostOf(url)} is not https`)
  }
  const as = {
    issuer: data.issuer,
    authorization_endpoint: endpoint(data.authorization_endpoint, 'the sign-in address'),
    token_endpoint: endpoint(data.token_endpoint, 'the token endpoint'),
    registration_endpoint: endpoint(data.registration_endpoint, 'the registration endpoint'),
    device_authorization_endpoint: endpoint(data.device_authorization_endpoint, 'the device endpoint'),
    revocation_endpoint: endpoint(data.revocation_endpoint, 'the revocation endpoint'),
    userinfo_endpoint: endpoint(data.userinfo_endpoint, 'the user information endpoint'),
    scopes_supported: data.scopes_supported ?? undefined,
    code_challenge_methods_supported: data.code_challenge_methods_supported ?? undefined,
    prompt_values_supported: data.prompt_values_supported ?? undefined,
    token_endpoint_auth_methods_supported: data.token_endpoint_auth_methods_supported ?? undefined,
    token_endpoint_auth_signing_alg_values_supported:
      data.token_endpoint_auth_signing_alg_values_supported ?? undefined,
    id_token_signing_alg_values_supported: data.id_token_signing_alg_values_supported ?? undefined,
    authorization_response_iss_parameter_supported:
      data.authorization_response_iss_parameter_supported ?? undefined,
    client_id_metadata_document_supported: data.client_id_metadata_document_supported ?? undefined,
  }
  if (as.token_endpoint === undefined) throw incomplete(issuer, 'no token endpoint')
  return as
}

/**
 * Judges whether a person can sign in there: by a code with PKCE, which the server has to advertise (MCP, "Authorization Code
 * Protection"), or by a device code. A renewal or a client that acts for itself needs neither. Throws `no-pkce`, `metadata-bad`.
 */
export function judgeWayIn(as: AuthorizationServer): void {
  if (as.authorization_endpoint === undefined && as.device_authorization_endpoint === undefined) {
    throw incomplete(as.issuer, 'no way to sign in')
  }
  const pkce = as.code_challenge_methods_supported?.includes('S256') === true
  if (as.authorization_endpoint !== undefined && !pkce) throw new HostError('no-pkce', hostOf(as.issuer))
}

/** An issuer identifier (RFC 8414 2): an address without query and fragment. It stays as written, for comparison. */
export function judgeIssuer(issuer: unknown, server: WebUrl): string {
  const url = visitableUrl(issuer, 'the sign-in server', server)
  if (typeof issuer !== 'string' || /[?#]/.test(issuer)) {
    throw new HostError('unsafe-address', `the sign-in server at ${hostOf(url)} has a query or fragment`)
  }
  return issuer
}

/**
 * RFC 8414 3.3: the issuer must be identical to the identifier that the well-known address was made from. One slash at
 * the end may differ: section 3.1 removes it there, both spellings lead to this very document, and many servers mix them.
 */
export function sameIssuer(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '')
}

function isSecure(url: string): boolean {
  return new URL(url).protocol === 'https:'
}

function insteadOf(found: string, wanted: string): string {
  const [one, other] = [hostOf(found), hostOf(wanted)]
  return one === other ? `another address on ${one}` : `${one} instead of ${other}`
}

function incomplete(issuer: string, what: string): HostError {
  return new HostError('metadata-bad', `${hostOf(issuer)} names ${what}`)
}
