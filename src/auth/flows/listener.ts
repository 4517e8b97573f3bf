import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PageName, page } from './page.ts'

/** Large enough that a code of absurd length gets an answer from us; one of a megabyte does not. */
const HEADER_LIMIT = 96 * 1024
/** How long a connection may take to send its request, and a page to leave when the listener closes. */
const REQUEST_LIMIT = 5_000
const LAST_PAGE_LIMIT = 50

export interface Listener {
  /** The address of this listener, with the port that is really bound (RFC 8252, 7.3). */
  readonly redirectUri: string
  /** Frees the port at once; a page that is being sent still gets out. */
  close(): Promise<void>
}

/**
 * Listens on 127.0.0.1 for the browser that comes back from a sign-in. `receive` judges the query and says which page the
 * browser gets. A port that is taken is replaced by a free one. The path is `/`, as it is in the redirect addresses of Copilot
 * CLI, so that a client which was registered for that program by hand works here too.
 */
export async function listen(
  port: number | undefined,
  receive: (query: URLSearchParams) => Promise<PageName>,
): Promise<Listener> {
  let host = ''
  const answering = new Set<Promise<unknown>>()
  const server = createServer(
    {
      maxHeaderSize: HEADER_LIMIT,
      headersTimeout: REQUEST_LIMIT,
      requestTimeout: REQUEST_LIMIT,
      connectionsCheckingInterval: 500,
    },
    (request, response) => {
      const answer = respond(request, response, host, receive)
      answering.add(answer)
      void answer.finally(() => answering.delete(answer))
    },
  )
  host = `127.0.0.1:${await bind(server, port)}`
  return {
    redirectUri: `http://${host}/`,
    async close() {
      server.close()
      await Promise.race([Promise.all(answering), sleep(LAST_PAGE_LIMIT)])
      server.closeAllConnections()
    },
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  receive: (query: URLSearchParams) => Promise<PageName>,
): Promise<void> {
  const { status, headers, body } = page(await choosePage(request, host, receive))
  const sent = new Promise<void>(resolve => response.once('finish', resolve).once('close', resolve))
  response.writeHead(status, headers).end(body)
  await sent
}

/** The exact Host keeps out pages that reach us under another name (DNS rebinding). */
async function choosePage(
  request: IncomingMessage,
  host: string,
  receive: (query: URLSearchParams) => Promise<PageName>,
): Promise<PageName> {
  if (request.headers.host !== host || request.method !== 'GET') return 'refused'
  const url = URL.parse(request.url ?? '', `http://${host}`)
  if (url?.host !== host || url.pathname !== '/') return 'unknown'
  return receive(url.searchParams).catch(() => 'failed')
}

async function bind(server: Server, port = 0): Promise<number> {
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true })
    await once(server, 'listening')
  } catch (error) {
    if (port === 0) throw error
    return bind(server)
  }
  // A connection that cannot be accepted (no free file descriptor) must not end the program.
  server.on('error', () => {})
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
