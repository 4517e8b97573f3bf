import { once } from 'node:events'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Listener, listen, type Place } from '../../../src/auth/flows/listener.ts'
import { page } from '../../../src/auth/flows/page.ts'
import { webUrl } from '../../../src/auth/url.ts'
import { SOON } from '../../support/patience.ts'

const listeners: Listener[] = []
const received: string[] = []

async function start(port?: number, place: Omit<Place, 'port'> = {}) {
  const listener = await listen({ port, ...place }, async query => {
    received.push(query.toString())
    return page('signed-in')
  })
  listeners.push(listener)
  return { ...listener, port: Number(new URL(listener.redirectUri).port) }
}

afterEach(async () => {
  received.length = 0
  for (const listener of listeners.splice(0)) await listener.close()
})

async function statusOf(
  port: number,
  options: { method?: string; path?: string; host?: string; to?: string },
) {
  const { method, path = '/?code=1', host, to = '127.0.0.1' } = options
  const call = request({ port, host: to, method, path, headers: host === undefined ? {} : { host } })
  call.end()
  const [response] = await once(call, 'response')
  response.resume()
  return response.statusCode
}

describe('the listener', () => {
  it('gives the query to its judge and the page to the browser', async () => {
    const { redirectUri } = await start()
    const response = await fetch(`${redirectUri}?code=1&state=2`)
    expect(response.status).toBe(200)
    expect(received).toEqual(['code=1&state=2'])
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(response.headers.get('connection')).toBe('close')
  })

  it.each([
    ['another name for this machine (DNS rebinding)', { host: 'localhost:PORT' }, 400],
    ['a foreign name', { host: 'evil.example' }, 400],
    ['no port', { host: '127.0.0.1' }, 400],
    ['POST', { method: 'POST' }, 400],
    ['HEAD', { method: 'HEAD' }, 400],
    ['another path', { path: '/favicon.ico' }, 404],
    ['an address in the request line', { path: 'http://evil.example/?code=1' }, 404],
    ['a path that is no path', { path: '//?code=1' }, 404],
  ])('refuses %s', async (_what, options, status) => {
    const { port } = await start()
    const host = 'host' in options ? options.host?.replace('PORT', String(port)) : undefined
    expect(await statusOf(port, { ...options, host })).toBe(status)
    expect(received).toEqual([])
  })

  it('on port 80, which the browser does not name, the redirect gets through as on any other', async () => {
    const { redirectUri } = await start(80)
    expect((await fetch(`${redirectUri}?code=1`)).status).toBe(200)
    const named = new URL(redirectUri).port === '' ? { host: '127.0.0.1:80' } : {}
    expect(await statusOf(Number(new URL(redirectUri).port || 80), named)).toBe(200)
  })

  it('R-09: a header of 1 MiB is refused, and the true redirect still gets through', async () => {
    const { port, redirectUri } = await start()
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${'x'.repeat(1024 * 1024)}\r\n\r\n`)
    await new Promise(resolve => socket.once('close', resolve))
    expect(received).toEqual([])
    expect((await fetch(`${redirectUri}?code=1`)).status).toBe(200)
  })

  it('R-09: a connection that sends no request is closed after 5 s, and holds up nobody', async () => {
    const { port, redirectUri } = await start()
    const silent = connect(port, '127.0.0.1')
    const half = connect(port, '127.0.0.1')
    half.write('GET / HT')
    for (const socket of [silent, half]) socket.on('error', () => {}).resume()
    expect((await fetch(`${redirectUri}?code=1`)).status).toBe(200)
    const started = performance.now()
    await Promise.all([silent, half].map(socket => new Promise(resolve => socket.once('close', resolve))))
    expect(performance.now() - started).toBeLessThan(2 * SOON)
  })

  it('R-08: takes a free port when the one that was asked for is busy', async () => {
    const first = await start()
    const second = await start(first.port)
    expect(second.port).not.toBe(first.port)
    await first.close()
    expect((await start(first.port)).port).toBe(first.port)
  })

  /** A stranger on this address; the port it has. */
  async function stranger(host: string, port = 0): Promise<number> {
    const server = createServer().listen({ port, host, ipv6Only: true })
    onTestFinished(() => new Promise<void>(resolve => server.close(() => resolve())))
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  it('R-08: busy on both addresses, or on the one that is asked for: another port, which the address names', async () => {
    const both = await stranger('127.0.0.1')
    await stranger('::1', both)
    const port = await stranger('127.0.0.1')
    for (const busy of [both, port]) {
      const listener = await start(busy)
      expect(listener.port).not.toBe(busy)
      expect((await fetch(`${listener.redirectUri}?code=1`)).status).toBe(200)
    }
  })

  it('listens on ::1 too, under the name that it announced', async () => {
    const { port } = await start()
    expect(await statusOf(port, { to: '::1', host: `127.0.0.1:${port}` })).toBe(200)
    expect(await statusOf(port, { to: '::1', host: `[::1]:${port}` })).toBe(400)
  })

  describe('with a callback address', () => {
    const at = (address: string) => ({ callbackUrl: webUrl(address, 'the test') })

    it('on this machine: its port and path are the ones, on both addresses behind its name', async () => {
      const free = await start()
      await free.close()
      const callbackUrl = `http://localhost:${free.port}/cb`
      const { redirectUri } = await start(undefined, at(callbackUrl))
      expect(redirectUri).toBe(callbackUrl)
      const host = `localhost:${free.port}`
      for (const to of ['127.0.0.1', '::1']) {
        expect(await statusOf(free.port, { to, host, path: '/cb?code=1' })).toBe(200)
        expect(await statusOf(free.port, { to, host, path: '/?code=1' })).toBe(404)
        expect(await statusOf(free.port, { to, path: '/cb?code=1', host: 'evil.example' })).toBe(400)
      }
    })

    it('on this machine: a stranger behind the same name is an error, not another port', async () => {
      for (const host of ['127.0.0.1', '::1']) {
        const port = await stranger(host)
        await expect(start(undefined, at(`http://localhost:${port}/`))).rejects.toMatchObject({
          kind: 'sign-in-failed',
          message: `port ${port} of the callback address is taken by another program`,
        })
        await stranger(host === '::1' ? '127.0.0.1' : '::1', port)
      }
    })

    it('elsewhere: the port is the configured one; forwarders may name their own end', async () => {
      const free = await start()
      await free.close()
      const { redirectUri } = await start(free.port, at('https://box-3334.example.dev/cb'))
      expect(redirectUri).toBe('https://box-3334.example.dev/cb')
      const path = '/cb?code=1'
      for (const host of ['box-3334.example.dev', `localhost:${free.port}`, `127.0.0.1:${free.port}`]) {
        expect(await statusOf(free.port, { host, path })).toBe(200)
      }
      expect(await statusOf(free.port, { host: 'example.dev', path })).toBe(400)
    })

    it('elsewhere: without a port to bind it cannot work, and that is said', async () => {
      await expect(start(undefined, at('https://box.example.dev/cb'))).rejects.toMatchObject({
        kind: 'usage',
        message: expect.stringContaining('auth.redirectPort'),
      })
    })

    it('listens on all interfaces only where that is asked for', async () => {
      const outside = Object.values(networkInterfaces())
        .flat()
        .find(one => one?.family === 'IPv4' && !one.internal)?.address
      if (outside === undefined) return
      const elsewhere = at('https://box.example.dev/')
      const free = await start()
      await free.close()
      const host = 'box.example.dev'
      const open = await start(free.port, { ...elsewhere, everywhere: true })
      expect(await statusOf(free.port, { to: outside, host })).toBe(200)
      await open.close()
      await start(free.port, elsewhere)
      await expect(statusOf(free.port, { to: outside, host })).rejects.toThrow()
    })
  })

  it('is gone as soon as it is closed, open connections too', async () => {
    const { port, close, redirectUri } = await start()
    const idle = connect(port, '127.0.0.1')
    idle.on('error', () => {}).resume()
    await once(idle, 'connect')
    const before = performance.now()
    const cut = new Promise(resolve => idle.once('close', resolve))
    await Promise.all([close(), cut])
    expect(performance.now() - before).toBeLessThan(4000)
    await expect(fetch(redirectUri)).rejects.toThrow()
  })

  it('does not wait for a judge that does not come to an end', async () => {
    const listener = await listen({}, () => new Promise(() => {}))
    const visit = fetch(`${listener.redirectUri}?code=1`).catch(() => 'cut')
    const before = performance.now()
    await new Promise(resolve => setImmediate(resolve))
    await listener.close()
    expect(performance.now() - before).toBeLessThan(4000)
    expect(await visit).toBe('cut')
  })
})
