import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Listener, listen } from '../../../src/auth/flows/listener.ts'
import { page } from '../../../src/auth/flows/page.ts'

const listeners: Listener[] = []
const received: string[] = []

async function start(port?: number) {
  const listener = await listen(port, async query => {
    received.push(query.toString())
    return 'signed-in'
  })
  listeners.push(listener)
  return { ...listener, port: Number(new URL(listener.redirectUri).port) }
}

afterEach(async () => {
  received.length = 0
  for (const listener of listeners.splice(0)) await listener.close()
})

async function statusOf(port: number, options: { method?: string; path?: string; host?: string }) {
  const { method, path = '/?code=1', host } = options
  const call = request({ port, host: '127.0.0.1', method, path, headers: host === undefined ? {} : { host } })
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
    expect(performance.now() - started).toBeLessThan(7000)
  }, 10_000)

  it('R-08: takes a free port when the one that was asked for is busy', async () => {
    const first = await start()
    const second = await start(first.port)
    expect(second.port).not.toBe(first.port)
    await first.close()
    expect((await start(first.port)).port).toBe(first.port)
  })

  it('is gone as soon as it is closed, open connections too', async () => {
    const { port, close, redirectUri } = await start()
    const idle = connect(port, '127.0.0.1')
    idle.on('error', () => {}).resume()
    await once(idle, 'connect')
    const before = performance.now()
    const cut = new Promise(resolve => idle.once('close', resolve))
    await Promise.all([close(), cut])
    expect(performance.now() - before).toBeLessThan(100)
    await expect(fetch(redirectUri)).rejects.toThrow()
  })

  it('does not wait for a judge that does not come to an end', async () => {
    const listener = await listen(undefined, () => new Promise(() => {}))
    const visit = fetch(`${listener.redirectUri}?code=1`).catch(() => 'cut')
    const before = performance.now()
    await new Promise(resolve => setImmediate(resolve))
    await listener.close()
    expect(performance.now() - before).toBeLessThan(100)
    expect(await visit).toBe('cut')
  })
})

describe('the page', () => {
  it.each(['signed-in', 'declined', 'failed', 'used', 'refused', 'unknown'] as const)(
    '%s loads nothing and runs nothing',
    name => {
      const { body, headers } = page(name)
      expect(body).not.toMatch(/<script|<a |<img|<form|src=|href=|https?:/)
      expect(headers['Content-Security-Policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/)
      expect(headers['Cache-Control']).toBe('no-store')
      expect(Number(headers['Content-Length'])).toBe(Buffer.byteLength(body))
    },
  )
})
