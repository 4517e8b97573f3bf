import { writeFileSync } from 'node:fs'
import { request as ask } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { NAMES_CERTIFICATE } from './certificate.ts'
import { startConnectProxy } from './connect-proxy.ts'

/** Names of one label under `example.com` and `example.org` for servers that listen on 127.0.0.1, as one program sees them. */
export interface Names {
  /** What a program needs so that `https://<name>/` leads there. */
  env: Record<string, string>
  /** From now on this name is the server at that origin. What asks for a name that leads nowhere waits for it. */
  lead(name: string, origin: string): void
  /** What was to be connected to, as `host:port`. */
  asked: readonly string[]
  /** The same address as it is reached from here: without name and TLS. */
  local(address: string): string
  close(): Promise<void>
}

/** TLS in front of servers that speak none, and the proxy that leads all names there. `folder`: for the certificate. */
export async function openNames(folder: string, first: Readonly<Record<string, string>>): Promise<Names> {
  const origins = new Map(Object.entries(first))
  let led = Promise.withResolvers<void>()
  const front = createServer(NAMES_CERTIFICATE, async (request, response) => {
    const { host = '' } = request.headers
    while (!origins.has(host)) await led.promise
    const origin = origins.get(host)
    const headers = { ...request.headers, 'x-forwarded-proto': 'https' }
    const onward = ask(`${origin}${request.url}`, { method: request.method, headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject)
    front.listen(0, '127.0.0.1', resolve)
  })
  const address = front.address()
  if (address === null || typeof address === 'string') throw new Error('the front has no port')
  const proxy = await startConnectProxy({ port: address.port })
  const authority = join(folder, 'names.pem')
  writeFileSync(authority, NAMES_CERTIFICATE.authority)
  return {
    env: {
      HTTPS_PROXY: `http://${proxy.host}`,
      NO_PROXY: '127.0.0.1',
      NODE_EXTRA_CA_CERTS: authority,
    },
    lead(name, origin) {
      origins.set(name, origin)
      led.resolve()
      led = Promise.withResolvers()
    },
    asked: proxy.asked,
    local(address) {
      const url = new URL(address)
      const origin = origins.get(url.host)
      if (origin === undefined) throw new Error(`no server has the name ${url.host}`)
      return `${origin}${url.pathname}${url.search}`
    },
    async close() {
      await proxy.close()
      front.closeAllConnections()
      await new Promise(resolve => front.close(resolve))
    },
  }
}
