import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createHttp } from '../../src/auth/http.ts'
import { webUrl } from '../../src/auth/url.ts'
import { EXPIRED_CERTIFICATE } from '../support/certificate.ts'
import {
  drip,
  type Fault,
  html,
  huge,
  json,
  raw,
  redirect,
  reset,
  silence,
  startFaultyServer,
} from '../support/faulty-server.ts'

const signal = new AbortController().signal
const closing: (() => unknown)[] = []

afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0)) await close()
})

async function serve(fault: Fault) {
  const server = await startFaultyServer({ '/x': fault })
  closing.push(server.close)
  return { server, url: webUrl(`${server.origin}/x`, 'the test') }
}

/** What a request to an endpoint with this fault ends with. */
async function get(fault: Fault, limits = { deadlineMs: 5000, bytes: 1024 }) {
  const { url } = await serve(fault)
  return createHttp(fetch, limits).json(url, signal)
}

const kind = (kind: string, text = '') =>
  expect.objectContaining({ kind, message: expect.stringContaining(text) })

describe('json', () => {
  test('gives the object of a good answer', async () => {
    await expect(get(json({ a: 1 }))).resolves.toEqual({ status: 200, body: { a: 1 } })
  })

  test.each([204, 400, 401, 403, 404, 410])('gives no body with status %i', async status => {
    await expect(get(raw('', {}, status))).resolves.toEqual({ status })
    await expect(get(status === 204 ? raw('', {}, 204) : json({ a: 1 }, status))).resolves.toEqual({ status })
  })

  test.each([429, 500, 502, 503])('M-17 status %i is temporary trouble', async status => {
    await expect(get(html(status))).rejects.toEqual(kind('http-trouble', 'temporary trouble'))
  })

  test('M-09 an answer that never comes', async () => {
    await expect(get(silence, { deadlineMs: 50, bytes: 1024 })).rejects.toEqual(
      kind('http-deadline', 'in time'),
    )
  })

  test('T-09 a body that drips is bounded by the same deadline', async () => {
    await expect(get(drip, { deadlineMs: 200, bytes: 1024 })).rejects.toEqual(kind('http-deadline'))
  })

  test('Esc works meanwhile: the reason of the signal is thrown', async () => {
    const { url, server } = await serve(silence)
    const controller = new AbortController()
    const answer = createHttp(fetch).json(url, controller.signal)
    await expect.poll(() => server.requests.length).toBe(1)
    controller.abort(new Error('stopped'))
    await expect(answer).rejects.toThrow('stopped')
  })

  test('M-10 a body of 512 MiB is dropped at the limit', async () => {
    const before = process.memoryUsage().rss
    const { url } = await serve(huge(512 * 1024 * 1024))
    await expect(createHttp(fetch).json(url, signal)).rejects.toEqual(kind('http-size', 'too large'))
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  })

  test('the limit counts what comes out of the compression', async () => {
    const bomb = raw(gzipSync(Buffer.alloc(1024 * 1024, ' ')), { 'content-encoding': 'gzip' })
    await expect(get(bomb)).rejects.toEqual(kind('http-size'))
    const fine = raw(gzipSync('{"a":1}'), { 'content-encoding': 'gzip' })
    await expect(get(fine)).resolves.toEqual({ status: 200, body: { a: 1 } })
  })

  test('M-11 a web page gets a hint', async () => {
    await expect(get(html())).rejects.toEqual(kind('http-content', 'proxy or a login page'))
  })

  test('M-12 a byte order mark is accepted', async () => {
    await expect(get(raw('\ufeff{"a":1}'))).resolves.toEqual({ status: 200, body: { a: 1 } })
  })

  test('M-13 invalid UTF-8', async () => {
    const body = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])
    await expect(get(raw(body))).rejects.toEqual(kind('http-content', 'not valid text'))
  })

  test('M-14 nesting of 100 000 levels', async () => {
    const deep = raw(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
    const limits = { deadlineMs: 5000, bytes: 1024 * 1024 }
    const result = await get(deep, limits).catch(error => error)
    expect(result.kind ?? result.status).toSatisfy(value => value === 'http-content' || value === 200)
  })

  test.each(['', 'null', '[]', '"x"', '7', '{"a":', '{}{}'])('M-11 %j is no document', async text => {
    await expect(get(raw(text))).rejects.toEqual(kind('http-content', 'not a metadata document'))
  })

  test('M-16 a prototype key is just a key', async () => {
    const { body } = await get(raw('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'))
    expect(body).toBeDefined()
    expect(Object.hasOwn({}, 'polluted') || 'polluted' in {}).toBe(false)
  })
})

describe('redirects', () => {
  test('metadata may move within its origin', async () => {
    const server = await startFaultyServer({
      '/x': redirect('/y', 301),
      '/y': redirect('z', 307),
      '/z': json({ a: 1 }),
    })
    closing.push(server.close)
    const answer = createHttp(fetch).json(webUrl(`${server.origin}/x`, 'the test'), signal)
    await expect(answer).resolves.toEqual({ status: 200, body: { a: 1 } })
  })

  test('M-15 another origin sees nothing', async () => {
    const { server: other, url } = await serve(json({ a: 1 }))
    await expect(get(redirect(url))).rejects.toEqual(kind('http-redirect', 'not followed'))
    expect(other.requests).toEqual([])
  })

  test('M-09 all hops have one deadline together', async () => {
    const deadline = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(deadline.signal)
    const server = await startFaultyServer({ '/x': redirect('/y'), '/y': () => deadline.abort() })
    closing.push(server.close)
    const answer = createHttp(fetch).json(webUrl(`${server.origin}/x`, 'the test'), signal)
    await expect(answer).rejects.toEqual(kind('http-deadline', 'in time'))
  })

  test('a circle of redirects ends', async () => {
    const { url, server } = await serve(redirect('/x'))
    await expect(createHttp(fetch).json(url, signal)).rejects.toEqual(kind('http-redirect'))
    expect(server.requests.length).toBeLessThan(10)
  })

  test.each(['http://[', 'file:///etc/passwd', 'javascript:1', 'http://user@127.0.0.1/x'])(
    'a redirect to %j is refused',
    async location => {
      await expect(get(redirect(location))).rejects.toEqual(kind('unsafe-address'))
    },
  )

  test('fetch is given a shorter deadline for one answer', async () => {
    const { url } = await serve(silence)
    await expect(createHttp(fetch).fetch(url, {}, 50)).rejects.toEqual(kind('http-deadline'))
  })

  test.each([301, 302, 303, 307, 308])('fetch follows none (%i)', async status => {
    const { server: other, url: elsewhere } = await serve(json({}))
    const { url } = await serve(redirect(elsewhere, status))
    const post = createHttp(fetch).fetch(url, { method: 'POST', body: 'secret=1' })
    await expect(post).rejects.toEqual(kind('http-redirect'))
    expect(other.requests).toEqual([])
  })
})

describe('M-20 ways of not being there', () => {
  test('connection refused', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise(resolve => server.close(resolve))
    const url = webUrl(`http://127.0.0.1:${port}/`, 'the test')
    await expect(createHttp(fetch).json(url, signal)).rejects.toEqual(
      kind('http-network', `127.0.0.1:${port} cannot be reached`),
    )
  })

  test('T-10 connection reset after the request', async () => {
    await expect(get(reset)).rejects.toEqual(kind('http-network'))
  })

  test('name not found', async () => {
    const url = webUrl('https://no-such-host.invalid/', 'the test')
    await expect(createHttp(fetch).json(url, signal)).rejects.toEqual(
      kind('http-name', 'the host name no-such-host.invalid was not found'),
    )
  })

  test('a certificate that is not trusted', async () => {
    const server = createTlsServer(EXPIRED_CERTIFICATE, (_request, response) => response.end('{}'))
    closing.push(() => server.close())
    server.listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const url = webUrl(`https://localhost:${port}/`, 'the test')
    await expect(createHttp(fetch).json(url, signal)).rejects.toEqual(kind('http-certificate', 'certificate'))
  })
})

test.each([
  ['CERT_HAS_EXPIRED', 'http-certificate'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'http-certificate'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'http-certificate'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'http-certificate'],
  ['ENOTFOUND', 'http-name'],
  ['EAI_AGAIN', 'http-name'],
  ['ECONNREFUSED', 'http-network'],
  ['ENETUNREACH', 'http-network'],
  ['ETIMEDOUT', 'http-deadline'],
  ['UND_ERR_CONNECT_TIMEOUT', 'http-deadline'],
])('M-20 %s is told as %s', async (code, expected) => {
  const failing = () =>
    Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code }) }))
  const answer = createHttp(failing).json(webUrl('https://mcp.example/', 'the test'), signal)
  await expect(answer).rejects.toEqual(kind(expected, 'mcp.example'))
})

test('no error holds what was sent or received', async () => {
  const { url } = await serve(reset)
  const error = await createHttp(fetch)
    .fetch(url, { method: 'POST', body: 'code=hidden' })
    .catch(thrown => thrown)
  expect(JSON.stringify([error.message, error.detail, String(error.cause)])).not.toContain('hidden')
})
