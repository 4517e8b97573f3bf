// Answers that break HTTP itself, written to the socket by hand.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createHttp, type HttpLimits, LARGEST_DOCUMENT } from '../../src/auth/http.ts'
import { webUrl } from '../../src/auth/url.ts'
import { json, raw, startFaultyServer } from '../support/faulty-server.ts'

const signal = new AbortController().signal
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const OK = 'HTTP/1.1 200 OK\r\n'
const DOCUMENT = '{"a":1}'
const fine = { status: 200, body: { a: 1 } }

/** What a request ends with that is answered like this. */
async function answered(
  send: (socket: Socket) => void,
  limits: HttpLimits = { deadlineMs: 5000, bytes: 1024 },
): Promise<unknown> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', () => send(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = webUrl(`http://127.0.0.1:${address.port}/`, 'the test')
  return createHttp(fetch, limits)
    .json(url, signal)
    .catch(error => error.kind ?? error)
}

const text = (...parts: string[]) => answered(socket => socket.end(parts.join('')))

/** Writes this again and again, and never ends. */
const endless = (start: string, piece: string, limits?: HttpLimits) =>
  answered(socket => {
    socket.write(start)
    const timer = setInterval(() => socket.write(piece), 5)
    socket.once('close', () => clearInterval(timer))
  }, limits)

const encoded = (encoding: string, body: Buffer) =>
  answered(socket => {
    socket.write(`${OK}content-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`)
    socket.end(body)
  })

describe('what never ends, ends with the deadline', () => {
  const soon = { deadlineMs: 150, bytes: 1024 }
  test.each([
    ['headers that drip', OK, 'x: a\r\n'],
    ['a status that comes again and again', '', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
    ['chunks', `${OK}transfer-encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
    ['extensions of a chunk', `${OK}transfer-encoding: chunked\r\n\r\n1;`, 'x'],
    ['trailers', `${OK}transfer-encoding: chunked\r\n\r\n7\r\n${DOCUMENT}\r\n0\r\n`, 'x: y\r\n'],
  ])('T-09 %s', async (_what, start, piece) => {
    expect(await endless(start, piece, soon)).toBe('http-deadline')
  })
})

describe('what is too large', () => {
  test('headers', async () => {
    expect(await endless(OK, `x: ${'a'.repeat(9000)}\r\n`)).toBe('http-size')
  })
  test('chunks', async () => {
    const chunk = `100\r\n${' '.repeat(256)}\r\n`
    expect(await endless(`${OK}transfer-encoding: chunked\r\n\r\n`, chunk)).toBe('http-size')
  })
  test('the body of a redirect', async () => {
    expect(await endless('HTTP/1.1 302 Found\r\nlocation: /x\r\n\r\n', 'x'.repeat(500))).toBe('http-size')
  })
  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('M-10 a bomb of 64 MiB in %s stops at the limit', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(64 * 1024 * 1024, ' '))
    const before = process.memoryUsage().rss
    expect(await encoded(encoding, bomb)).toBe('http-size')
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024)
  })
})

describe('what is no HTTP', () => {
  test.each([
    ['another protocol', ['hello\r\n\r\n']],
    ['a switch of protocols', ['HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n']],
    ['a body that is cut off', [OK, 'content-length: 70\r\n\r\n', DOCUMENT]],
    ['two lengths', [OK, 'content-length: 7\r\ncontent-length: 8\r\n\r\n', DOCUMENT]],
    ['length and chunks', [OK, 'content-length: 7\r\ntransfer-encoding: chunked\r\n\r\n7\r\n', DOCUMENT]],
    ['a status below 100', ['HTTP/1.1 099 X\r\ncontent-length: 7\r\n\r\n', DOCUMENT]],
    ['a status over 599', ['HTTP/1.1 999 X\r\ncontent-length: 7\r\n\r\n', DOCUMENT]],
  ])('%s', async (_what, parts) => {
    expect(await text(...parts)).toBe('http-network')
  })

  test.each(['gzip', 'br'])('%s that is none', async encoding => {
    expect(await encoded(encoding, Buffer.from(DOCUMENT))).toBe('http-network')
  })

  test('compression in many layers', async () => {
    const layers = Array.from({ length: 6 }, () => 'gzip')
    const body = layers.reduce((inner: Buffer) => gzipSync(inner), Buffer.from(DOCUMENT))
    expect(await encoded(layers.join(', '), body)).toBe('http-network')
  })
})

describe('what is read all the same', () => {
  test.each([
    ['a body without a length', [OK, '\r\n', DOCUMENT]],
    ['a second answer in one', [OK, 'content-length: 7\r\n\r\n', DOCUMENT, '{"b":2}']],
    ['a header that would lead elsewhere', [OK, 'refresh: 0; url=http://a.example/\r\n\r\n', DOCUMENT]],
  ])('%s', async (_what, parts) => {
    expect(await text(...parts)).toEqual(fine)
  })

  test('UTF-16, whatever the header says, is not', async () => {
    const body = Buffer.from(DOCUMENT, 'utf16le')
    const answer = answered(socket => {
      socket.write(`${OK}content-type: application/json; charset=utf-16\r\n\r\n`)
      socket.end(Buffer.concat([Buffer.from([0xff, 0xfe]), body]))
    })
    expect(await answer).toBe('http-content')
  })
})

describe('redirects that lead nowhere', () => {
  test.each([
    ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', 'unsafe-address'],
    ['no address', 'HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n', 'unsafe-address'],
    [
      'two addresses',
      'HTTP/1.1 302 Found\r\nlocation: /a\r\nlocation: http://localhost:1/\r\n',
      'http-redirect',
    ],
    [
      'another host of the same scheme',
      'HTTP/1.1 302 Found\r\nlocation: //evil.example/\r\n',
      'unsafe-address',
    ],
    ['another port', 'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n', 'http-redirect'],
    ['another name of this machine', 'HTTP/1.1 302 Found\r\nlocation: http://[::1]:1/\r\n', 'http-redirect'],
    ['a host far away', 'HTTP/1.1 302 Found\r\nlocation: https://a.example/\r\n', 'http-redirect'],
  ])('M-15 %s', async (_what, head, kind) => {
    expect(await text(head, 'content-length: 0\r\n\r\n')).toBe(kind)
  })
})

describe('the limits of the program', () => {
  test('one whole answer has 15 s', async () => {
    const server = await startFaultyServer({ '/x': json({ a: 1 }) })
    closing.push(server.close)
    const timeout = vi.spyOn(AbortSignal, 'timeout')
    await createHttp(fetch).json(webUrl(`${server.origin}/x`, 'the test'), signal)
    expect(timeout.mock.calls).toEqual([[15_000]])
    timeout.mockRestore()
  })

  test('M-10 and 1 MiB, to the byte', async () => {
    const padded = (size: number) => DOCUMENT + ' '.repeat(size - DOCUMENT.length)
    const server = await startFaultyServer({
      '/most': raw(padded(LARGEST_DOCUMENT)),
      '/more': raw(padded(LARGEST_DOCUMENT + 1)),
    })
    closing.push(server.close)
    const get = (path: string) =>
      createHttp(fetch).json(webUrl(`${server.origin}${path}`, 'the test'), signal)
    await expect(get('/most')).resolves.toEqual(fine)
    await expect(get('/more')).rejects.toMatchObject({ kind: 'http-size' })
  })
})
