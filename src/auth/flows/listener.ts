import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, HostError } from '../../errors.ts'
import { hostOf } from '../../text.ts'
import type { WebUrl } from '../types.ts'
import { isLoopback } from '../url.ts'
import { type Page, page } from './page.ts'

/** Large enough that a code of absurd length gets an answer from us; one of a megabyte does not. */
const HEADER_LIMIT = 96 * 1024
/** How long a connection may take to send its request, and a page to leave when the listener closes. */
const REQUEST_LIMIT = 5_000
const LAST_PAGE_LIMIT = 50
const LIMITS = {
  maxHeaderSize: HEADER_LIMIT,
  headersTimeout: REQUEST_LIMIT,
  requestTimeout: REQUEST_LIMIT,
  connectionsCheckingInterval: 500,
}

export interface Place {
  /** The port to bind, if one is wanted. */
  port?: number
  /** The address under which the browser reaches us, if it is not the bound one (container, tunnel, `localhost`). */
  callbackUrl?: WebUrl
  /** Listen on all interfaces: a port that a container publishes does not lead to its loopback. */
  everywhere?: boolean
}

export interface Listener {
  /** Where the browser is to be sent: the port is the one that is really bound (RFC 8252 7.3). */
  readonly redirectUri: string
  /** Frees the port at once; a page that is being sent still gets out. */
  close(): Promise<void>
}

/** Judges the query of a browser that came back: the page for it, or undefined where it is not the answer to this sign-in. */
export type Receive = (query: URLSearchParams) => Promise<Page | undefined>

/**
 * Listens for the browser that comes back from a sign-in, on 127.0.0.1 and ::1. A port that is taken is replaced by a free one, except where the callback address names it: then
 * HostError `sign-in-failed`. The path is `/`, as in the redirect addresses of Copilot CLI, so that a client which was
 * registered for that program by hand works here too.
 */
export async function listen(place: Place, receive: Receive): Promise<Listener> {
  const answering = new Set<Promise<unknown>>()
  let door: Door = { hosts: new Set(), path: '/' }
  const bound = await bind(place, (request, response) => {
    const answer = respond(request, response, door, receive)
    answering.add(answer)
    void answer.finally(() => answering.delete(answer))
  })
  const { redirectUri, ...opened } = doorOf(place, bound.host, bound.port)
  door = opened
  return {
    redirectUri,
    async close() {
      for (const server of bound.servers) server.close()
      await Promise.race([Promise.all(answering), sleep(LAST_PAGE_LIMIT)])
      for (const server of bound.servers) server.closeAllConnections()
    },
  }
}

/** What a request must be addressed to. The exact Host keeps out pages that reach us under another name (DNS rebinding). */
interface Door {
  hosts: ReadonlySet<string>
  path: string
}

function doorOf({ callbackUrl }: Place, host: string, port: number): Door & { redirectUri: string } {
  if (callbackUrl === undefined) {
    return { redirectUri: `http://${host}:${port}/`, hosts: new Set(headersOf(host, port)), path: '/' }
  }
  const url = new URL(callbackUrl)
  // Forwarders of codespaces and tunnels put the name of their own end here.
  const forwarded = isLoopback(callbackUrl)
    ? []
    : [...headersOf('localhost', port), ...headersOf('127.0.0.1', port)]
  return { redirectUri: callbackUrl, hosts: new Set([url.host, ...forwarded]), path: url.pathname }
}

/** How the Host header may be written: without the usual port, or with it (RFC 9110 7.2). */
function headersOf(host: string, port: number): string[] {
  return port === 80 ? [host, `${host}:80`] : [`${host}:${port}`]
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
  receive: Receive,
): Promise<void> {
  const { status, headers, body } = await choosePage(request, door, receive)
  const sent = new Promise<void>(resolve => response.once('finish', resolve).once('close', resolve))
  response.writeHead(status, headers).end(body)
  await sent
}

async function choosePage(request: IncomingMessage, { hosts, path }: Door, receive: Receive): Promise<Page> {
  // Of several Node would take the first one (RFC 9112 3.2: the request is refused).
  const [host = '', ...others] = request.headersDistinct.host ?? []
  if (!hosts.has(host) || others.length > 0 || request.method !== 'GET') return page('refused')
  const url = URL.parse(request.url ?? '', `http://${host}`)
  if (url?.host !== URL.parse(`http://${host}`)?.host || url?.pathname !== path) return page('unknown')
  return receive(url.searchParams).then(
    answer => answer ?? page('refused'),
    () => page('failed'),
  )
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

interface Bound {
  /** The first address that could be bound, as it stands in a URL. */
  host: string
  port: number
  servers: Server[]
}

/** Binds both loopback addresses, or what there is of them. */
async function bind({ port, callbackUrl, everywhere }: Place, handler: Handler): Promise<Bound> {
  const named = callbackUrl === undefined ? undefined : portOf(callbackUrl, port)
  const hosts = everywhere && named !== undefined ? ['0.0.0.0', '::'] : ['127.0.0.1', '::1']
  const bound = await tryBind(hosts, named ?? port ?? 0, handler)
  // Behind a name that stands for both addresses a stranger could sit on the other one and be given the code.
  const both = callbackUrl !== undefined && new URL(callbackUrl).hostname === 'localhost'
  const whole = both ? bound.taken.length === 0 : bound.taken[0] !== hosts[0]
  if (bound.servers.length > 0 && whole) return bound
  for (const server of bound.servers) server.close()
  if (named === undefined) return first(await tryBind(hosts, 0, handler))
  throw new HostError('sign-in-failed', `port ${named} of the callback address is taken by another program`)
}

function first(bound: Bound): Bound {
  if (bound.servers.length > 0) return bound
  throw new HostError('sign-in-failed', 'no port of this machine is free for the browser to come back to')
}

/** The port that a callback address leads to; behind a forwarder it is another one than in the address. */
function portOf(callbackUrl: WebUrl, port: number | undefined): number {
  if (!isLoopback(callbackUrl)) {
    if (port !== undefined) return port
    throw new HostError(
      'usage',
      `the callback address ${hostOf(callbackUrl)} needs a port to lead to: auth.redirectPort of the server says which`,
    )
  }
  const { port: named, protocol } = new URL(callbackUrl)
  return Number(named) || (protocol === 'https:' ? 443 : 80)
}

/** `taken`: where another program sits; an address that this machine does not have is not among them. */
async function tryBind(
  hosts: readonly string[],
  wanted: number,
  handler: Handler,
): Promise<Bound & { taken: string[] }> {
  // Importing it also loads Node's `fetch`: 20 ms that only a sign-in has to wait for.
  const { createServer } = await import('node:http')
  const bound = { host: '', port: wanted, servers: [] as Server[], taken: [] as string[] }
  for (const host of hosts) {
    const server = createServer(LIMITS, handler)
    try {
      server.listen({ port: bound.port, host, exclusive: true, ipv6Only: true })
      await once(server, 'listening')
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') bound.taken.push(host)
      continue
    }
    // A connection that cannot be accepted (no free file descriptor) must not end the program.
    server.on('error', () => {})
    const address = server.address()
    if (typeof address === 'object' && address !== null) bound.port = address.port
    if (bound.servers.length === 0) bound.host = host.includes(':') ? `[${host}]` : host
    bound.servers.push(server)
  }
  return bound
}
