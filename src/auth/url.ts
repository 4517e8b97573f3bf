import { BlockList, isIP } from 'node:net'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import type { WebUrl } from './types.ts'

/** Longest address that is taken from outside unless told otherwise, in characters. */
const LONGEST = 2048

/** Control characters and white space of any kind: a URL parser would drop some of them in silence. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u

/** Longest host name of the DNS, in characters; and one with an empty label, which is in no DNS. */
const LONGEST_HOST = 253
const EMPTY_LABEL = /(^|\.)\./

/** The only hosts that may be reached without TLS. */
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Names that are never in the public DNS (RFC 6761, 6762 with its appendix G, 8375; `.internal` by ICANN; `.localdomain` by custom), so they stay near us. */
const LOCAL_NAME = /(^|\.)(localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa)$/

const LOCAL_ADDRESSES = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  LOCAL_ADDRESSES.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 96],
  // What carries an IPv4 address inside: translated, by NAT64, Teredo or 6to4.
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 23],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const) {
  LOCAL_ADDRESSES.addSubnet(network, prefix, 'ipv6')
}

/**
 * The door for every address from outside: https, or http on loopback; no user-info, no control characters, at most
 * `longest` characters; written again by the URL parser. Throws `unsafe-address`, naming `what` and the scheme or host only.
 */
export function webUrl(text: unknown, what: string, longest = LONGEST): WebUrl {
  if (typeof text !== 'string' || text === '') throw unsafe(what, 'is not an address')
  if (text.length > longest) throw unsafe(what, 'is too long')
  if (UNPRINTABLE.test(text) || !URL.canParse(text)) throw unsafe(what, 'is not a valid address')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw unsafe(what, `has the scheme ${clean(url.protocol, 30)}`)
  }
  if (url.hostname.length > LONGEST_HOST || EMPTY_LABEL.test(url.hostname)) {
    throw unsafe(what, 'is not a valid address')
  }
  if (url.username !== '' || url.password !== '')
    throw unsafe(what, `at ${clean(url.host, 255)} holds a user name`)
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) {
    throw unsafe(what, `at ${clean(url.host, 255)} is not https`)
  }
  if (url.href.length > longest) throw unsafe(what, 'is too long')
  return url.href as WebUrl
}

/** True for the three hosts where plain http is allowed. */
export function isLoopback(url: WebUrl): boolean {
  return LOOPBACK.has(new URL(url).hostname)
}

/** The port of this machine that an address leads to; undefined for one that is not on loopback. */
export function loopbackPort(address: string): number | undefined {
  const url = URL.parse(address)
  if (url === null || !LOOPBACK.has(url.hostname)) return undefined
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}

/**
 * The identifier of an MCP server as a resource (RFC 8707): its address without fragment, and without the slash that the
 * URL parser adds to a bare host.
 */
export function resourceOf(server: WebUrl): string {
  const url = new URL(server)
  url.hash = ''
  return url.pathname === '/' && url.search === '' ? url.origin : url.href
}

/**
 * True when a `resource` (RFC 9728, 8707) stands for this server: the same address, or one whose path is an ancestor
 * of it by whole segments, on the same origin. Never with a fragment (RFC 8707 2) or user-info.
 */
export function sameResource(resource: string, server: WebUrl): boolean {
  if (resource.length > LONGEST || UNPRINTABLE.test(resource) || resource.includes('#')) return false
  const [outer, inner] = [URL.parse(resource), new URL(server)]
  if (outer?.origin !== inner.origin || outer.username !== '' || outer.password !== '') return false
  if (outer.search !== '' && outer.search !== inner.search) return false
  const path = outer.pathname.replace(/\/$/, '')
  return inner.pathname === path || inner.pathname.startsWith(`${path}/`)
}

/**
 * False when a server on a public host leads to a loopback, private, link-local or `.local` host (SSRF). Judged by the
 * literal name or address; nothing is resolved.
 */
export function mayVisit(target: WebUrl, server: WebUrl): boolean {
  return isLocal(server) || !isLocal(target)
}

/** {@link webUrl} and {@link mayVisit} in one: for every address that a server or its metadata leads to. */
export function visitableUrl(text: unknown, what: string, server: WebUrl): WebUrl {
  const url = webUrl(text, what)
  if (mayVisit(url, server)) return url
  throw unsafe(what, `is on the private network (${clean(new URL(url).host, 255)})`)
}

/** The address with these query parameters added; one that is there already is replaced (RFC 6749 3.1). */
export function withQuery(url: WebUrl, parameters: Record<string, string | undefined>): WebUrl {
  const result = new URL(url)
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) result.searchParams.set(name, value)
  }
  return result.href as WebUrl
}

function isLocal(url: WebUrl): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const version = isIP(host)
  if (version !== 0) return LOCAL_ADDRESSES.check(host, version === 4 ? 'ipv4' : 'ipv6')
  return !host.includes('.') || LOCAL_NAME.test(host)
}

function unsafe(what: string, why: string): HostError {
  return new HostError('unsafe-address', `${what} ${why}`)
}
