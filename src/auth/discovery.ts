import type { AuthorizationServer } from 'oauth4webapi'
import { type ErrorKind, HostError } from '../errors.ts'
import { type Clean, hostOf } from '../text.ts'
import { type Http, isNetwork } from './http.ts'
import {
  judgeIssuer,
  judgeResourceMetadata,
  judgeServerMetadata,
  judgeWayIn,
  type ResourceMetadata,
  readDocument,
  sameIssuer,
} from './metadata.ts'
import type { AuthRequest, WebUrl } from './types.ts'
import { resourceOf, visitableUrl, webUrl } from './url.ts'

/** Where a server's tokens come from: everything a sign-in or renewal needs to know, all of it judged. */
export interface Target {
  server: WebUrl
  /** The identifier of the authorization server as the resource metadata names it: part of the store's key. */
  issuer: string
  /** All authorization servers that the resource metadata names (at most three), this one among them. */
  issuers: readonly string[]
  /** The `resource` parameter (RFC 8707), exactly as published. */
  resource: string
  as: AuthorizationServer
  /** What the resource metadata lists. */
  scopesSupported?: readonly string[]
  /** The host of the page where the person signs in. */
  pageHost: Clean
  /** True when the authorization server offers device codes (RFC 8628). */
  device: boolean
}

/** What is wrong with one authorization server only, besides its network, so that the next one may be tried. */
const TRY_NEXT: ReadonlySet<ErrorKind> = new Set(['metadata-missing', 'metadata-bad', 'no-pkce'])

/** How long the requests of one discovery may take together, in milliseconds: nothing is on the screen until then. */
const LIMIT = 45_000

/**
 * The issuers that the metadata in a request names, at most three, without any network; undefined without metadata.
 * Throws `metadata-resource` when the document is for another resource, and what its judge throws.
 */
export function issuersOf(request: AuthRequest): string[] | undefined {
  const metadata = eventMetadata(request)
  return metadata && issuersIn(metadata, request.server.url)
}

/**
 * Finds the authorization server of a request: resource metadata (from the event, else fetched), then the metadata of
 * the first issuer that can be used, `first` before the others. Without any metadata the endpoints of the MCP revision
 * 2025-03-26 are assumed. Throws what the judges and `http` throw for the first issuer when none can be used.
 */
export async function discover(
  request: AuthRequest,
  network: Http,
  signal: AbortSignal,
  first?: string,
): Promise<Target> {
  const http = inTime(network)
  const named = await resourceOfRequest(request, http, signal)
  let trouble: HostError | undefined
  for (const issuer of inOrder(named.issuers, first)) {
    try {
      return await targetAt(issuer, named, request, http, signal)
    } catch (error) {
      if (!(error instanceof HostError) || !(isNetwork(error) || TRY_NEXT.has(error.kind))) throw error
      trouble ??= error
    }
  }
  throw trouble ?? new HostError('metadata-missing', hostOf(request.server.url))
}

/** The same for the issuer that the person chose among those of the resource: no other one takes its place. */
export async function discoverChosen(
  issuer: string,
  request: AuthRequest,
  network: Http,
  signal: AbortSignal,
): Promise<Target> {
  const http = inTime(network)
  const named = await resourceOfRequest(request, http, signal)
  if (named.issuers.includes(issuer)) return targetAt(issuer, named, request, http, signal)
  throw new HostError('metadata-bad', `${request.server.name} does not name ${hostOf(issuer)}`)
}

/** These issuers in the order in which they are tried: the one that was used last comes first. */
export function inOrder(issuers: readonly string[], last: string | undefined): string[] {
  const isLast = (issuer: string) => Number(last !== undefined && sameIssuer(issuer, last))
  return issuers.toSorted((a, b) => isLast(b) - isLast(a))
}

/** The same for an issuer that is known already, as for the renewal of a stored grant. */
export async function discoverIssuer(
  issuer: string,
  server: WebUrl,
  http: Http,
  signal: AbortSignal,
): Promise<Target> {
  const as = await serverOf(judgeIssuer(issuer, server), server, inTime(http), signal)
  return targetOf({ issuer, issuers: [issuer], as, server })
}

/** The same network until the time for a discovery is up. */
function inTime(http: Http): Http {
  const limit = AbortSignal.timeout(LIMIT)
  return {
    ...http,
    async json(url, signal) {
      try {
        return await http.json(url, AbortSignal.any([signal, limit]))
      } catch (error) {
        signal.throwIfAborted()
        throw limit.aborted ? new HostError('http-deadline', hostOf(url)) : error
      }
    },
  }
}

interface Named {
  issuers: string[]
  metadata?: ResourceMetadata
}

async function resourceOfRequest(request: AuthRequest, http: Http, signal: AbortSignal): Promise<Named> {
  const metadata = eventMetadata(request) ?? (await fetchResourceMetadata(request, http, signal))
  return { metadata, issuers: issuersIn(metadata, request.server.url) }
}

async function targetAt(
  issuer: string,
  named: Named,
  request: AuthRequest,
  http: Http,
  signal: AbortSignal,
): Promise<Target> {
  const server = request.server.url
  const as = await serverOf(issuer, server, http, signal)
  if (request.client?.grant !== 'client_credentials') judgeWayIn(as)
  return targetOf({ ...named, issuer, as, server })
}

function eventMetadata(request: AuthRequest): ResourceMetadata | undefined {
  if (request.metadata === undefined) return undefined
  const { url } = request.server
  return judgeResourceMetadata(readDocument(request.metadata, hostOf(url)), url)
}

/** Without a named issuer the server's own origin is meant (MCP revision 2025-03-26). */
function issuersIn(metadata: ResourceMetadata | undefined, server: WebUrl): string[] {
  return metadata && metadata.issuers.length > 0 ? metadata.issuers : [new URL(server).origin]
}

/** RFC 9728 3.1 and 5.1: the address of the challenge, then the well-known ones for the path and for the origin. */
async function fetchResourceMetadata(
  request: AuthRequest,
  http: Http,
  signal: AbortSignal,
): Promise<ResourceMetadata | undefined> {
  const server = request.server.url
  const { origin, pathname, search } = new URL(server)
  const wellKnown = `${origin}/.well-known/oauth-protected-resource`
  const path = pathname === '/' ? '' : pathname
  const { metadataUrl } = request.challenge
  const places = [
    ...(metadataUrl ? [visitableUrl(metadataUrl, 'the resource metadata', server)] : []),
    `${wellKnown}${path}${search}`,
    wellKnown,
  ]
  const document = await firstDocument(places, http, signal)
  return document && judgeResourceMetadata(document, server)
}

async function serverOf(
  issuer: string,
  server: WebUrl,
  http: Http,
  signal: AbortSignal,
): Promise<AuthorizationServer> {
  const document = await firstDocument(wellKnownPlaces(issuer), http, signal)
  if (document) return judgeServerMetadata(document, issuer, server)
  if (issuer === new URL(server).origin) return assumedServer(issuer)
  throw new HostError('metadata-missing', `${hostOf(issuer)} publishes no metadata`)
}

/** MCP, "Authorization Server Metadata Discovery": RFC 8414 first, OpenID Connect with the path inserted, then appended. */
function wellKnownPlaces(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const inserted = ['oauth-authorization-server', 'openid-configuration'].map(
    name => `${origin}/.well-known/${name}${path}`,
  )
  return path === '' ? inserted : [...inserted, `${origin}${path}/.well-known/openid-configuration`]
}

/** The first of these documents that is there. A client error moves on, anything else that goes wrong stops. */
async function firstDocument(
  places: readonly string[],
  http: Http,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  for (const place of new Set(places)) {
    const { body } = await http.json(webUrl(place, 'the metadata'), signal)
    if (body) return body
  }
  return undefined
}

/** A server without metadata (MCP revision 2025-03-26, "Fallbacks for Servers without Metadata Discovery"). */
function assumedServer(origin: string): AuthorizationServer {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
  }
}

function targetOf(
  found: Pick<Target, 'issuer' | 'issuers' | 'as' | 'server'> & { metadata?: ResourceMetadata },
): Target {
  const { metadata, ...rest } = found
  return {
    ...rest,
    resource: metadata?.resource ?? resourceOf(found.server),
    scopesSupported: metadata?.scopes,
    pageHost: hostOf(found.as.authorization_endpoint ?? found.issuer),
    device: found.as.device_authorization_endpoint !== undefined,
  }
}
