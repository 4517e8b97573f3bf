import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export interface Listening {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  origin: string
  /** Ends the server at once, open connections included. */
  close(): Promise<void>
}

/** In bytes: some access tokens are longer than what Node takes by itself. */
const LONGEST_HEADERS = 64 * 1024

/**
 * Serves on 127.0.0.1, on a free port. The handler is made once the origin is known: its own, or `as`, where something in
 * front of it has another one.
 */
export async function listen(handler: (origin: string) => RequestListener, as?: string): Promise<Listening> {
  const server = createServer({ maxHeaderSize: LONGEST_HEADERS })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the practice server has no port')
  const origin = `http://127.0.0.1:${address.port}`
  server.on('request', handler(as ?? origin))
  return {
    origin,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Makes a Node listener of a web-standard handler; the request's signal aborts when the client goes away. */
export function web(handler: (request: Request) => Promise<Response>): RequestListener {
  return async (incoming, outgoing) => {
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    try {
      const response = await handler(await webRequest(incoming, gone.signal))
      await send(response, outgoing)
    } catch (error) {
      if (gone.signal.aborted) return
      if (!outgoing.headersSent) outgoing.writeHead(500, { 'content-type': 'text/plain' })
      outgoing.end(error instanceof Error ? error.message : 'the practice server failed')
    }
  }
}

/** The whole body of a request as text. */
export async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

async function webRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  const method = incoming.method ?? 'GET'
  const body = method === 'GET' || method === 'HEAD' ? undefined : await bodyOf(incoming)
  const url = `http://${incoming.headers.host ?? '127.0.0.1'}${incoming.url ?? '/'}`
  return new Request(url, { method, headers, signal, ...(body === undefined ? {} : { body }) })
}

async function send(response: Response, outgoing: ServerResponse) {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body === null) outgoing.end()
  else await pipeline(Readable.fromWeb(response.body), outgoing)
}
