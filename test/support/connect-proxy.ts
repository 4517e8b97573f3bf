import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ConnectProxy {
  /** `127.0.0.1:<port>` */
  host: string
  /** What it was asked to connect to, as `host:port`. */
  asked: string[]
  /** The `Proxy-Authorization` of each request. */
  shown: (string | undefined)[]
  close(): Promise<void>
}

export interface ConnectProxyOptions {
  /** It answers every request with this status; `reset` closes the connection. */
  refuse?: number | 'reset'
  /** Where every tunnel leads on 127.0.0.1; without it to the port that was asked for. */
  port?: number
  /** It is reached by TLS. */
  tls?: { key: string; cert: string }
}

/** A proxy for tunnels (RFC 9110 9.3.6). Every name leads to 127.0.0.1, so that any server can have one. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { refuse, tls } = options
  const asked: string[] = []
  const shown: (string | undefined)[] = []
  const sockets = new Set<Duplex>()
  const server = tls === undefined ? createServer() : createTlsServer(tls)

  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    asked.push(request.url ?? '')
    shown.push(request.headers['proxy-authorization'])
    keep(socket)
    if (refuse === 'reset') return socket.destroy()
    if (refuse !== undefined) return socket.end(`HTTP/1.1 ${refuse} No\r\nContent-Length: 0\r\n\r\n`)
    const port = options.port ?? Number(new URL(`http://${request.url}`).port)
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    keep(onward)
  })

  function keep(socket: Duplex) {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    host: `127.0.0.1:${address.port}`,
    asked,
    shown,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
