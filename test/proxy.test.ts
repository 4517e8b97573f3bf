import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createPlainServer } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'rolldown'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bundleOf } from '../scripts/bundle-options.js'
import { createHttp } from '../src/auth/http.ts'
import { webUrl } from '../src/auth/url.ts'
import { proxiedFetch } from '../src/proxy.ts'
import { loadedWith } from './support/bundle.ts'
import {
  AUTHORITY,
  CERTIFICATE,
  EXPIRED_CERTIFICATE,
  SELF_SIGNED_CERTIFICATE,
} from './support/certificate.ts'
import { type ConnectProxy, type ConnectProxyOptions, startConnectProxy } from './support/connect-proxy.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PROGRAM = fileURLToPath(new URL('./support/fetch-program.ts', import.meta.url))
const run = promisify(execFile)
const signal = new AbortController().signal
const closing: (() => unknown)[] = []
const open: (() => unknown)[] = []
const ports = { good: 0, expired: 0, self: 0 }
let folder: string
let loaded: string[]

async function serve(certificate: { key: string; cert: string }): Promise<number> {
  const server = createServer(certificate, (_request, response) => response.end('{"a":1}'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copilot-host-test-'))
  closing.push(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'authority.pem'), AUTHORITY)
  // As the program is built: what Node makes of a package is not always what a bundle makes of it.
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  const bundle = await build(bundleOf(ROOT, { program: PROGRAM }, { dir: folder }))
  loaded = loadedWith(bundle, 'fetch-program.ts').modules
  ports.good = await serve(CERTIFICATE)
  ports.expired = await serve(EXPIRED_CERTIFICATE)
  ports.self = await serve(SELF_SIGNED_CERTIFICATE)
})
afterAll(async () => {
  for (const close of closing) await close()
})
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function startProxy(options?: ConnectProxyOptions): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(options)
  open.push(proxy.close)
  return proxy
}

/** What a program with this environment, which trusts our authority, gets from each address. */
async function ask(env: Record<string, string>, ...addresses: string[]): Promise<string[]> {
  const { stdout, stderr } = await run(process.execPath, [join(folder, 'program.js'), ...addresses], {
    env: { NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'), ...env },
  })
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}

describe('the network of the host', () => {
  test('M-20 through a proxy, with an authority of our own: good, expired, of another host, self-signed', async () => {
    const proxy = await startProxy()
    const addresses = [
      `https://mcp.example:${ports.good}/`,
      `https://mcp.example:${ports.expired}/`,
      `https://other.example:${ports.good}/`,
      `https://mcp.example:${ports.self}/`,
    ]
    expect(await ask({ HTTPS_PROXY: `http://${proxy.host}` }, ...addresses)).toEqual([
      '200',
      `http-certificate: the certificate of mcp.example:${ports.expired} is not valid`,
      `http-certificate: the certificate of other.example:${ports.good} is not valid`,
      `http-certificate: the certificate of mcp.example:${ports.self} is not valid`,
    ])
    expect(proxy.asked).toEqual(addresses.map(address => new URL(address).host))
  })

  test('M-20 the same without a proxy', async () => {
    const addresses = [
      `https://localhost:${ports.good}/`,
      `https://localhost:${ports.expired}/`,
      `https://127.0.0.1:${ports.good}/`,
      `https://localhost:${ports.self}/`,
    ]
    expect(await ask({}, ...addresses)).toEqual([
      '200',
      `http-certificate: the certificate of localhost:${ports.expired} is not valid`,
      `http-certificate: the certificate of 127.0.0.1:${ports.good} is not valid`,
      `http-certificate: the certificate of localhost:${ports.self} is not valid`,
    ])
  })

  test('NO_PROXY and loopback do not go through the proxy', async () => {
    const proxy = await startProxy()
    const env = { https_proxy: proxy.host, no_proxy: 'elsewhere.example, .invalid' }
    const lines = await ask(
      env,
      `https://mcp.example:${ports.good}/`,
      `https://mcp.invalid:${ports.good}/`,
      `https://localhost:${ports.good}/`,
    )
    expect(lines).toEqual(['200', expect.stringMatching(/^http-name: .* mcp\.invalid:\d+ /), '200'])
    expect(proxy.asked).toEqual([`mcp.example:${ports.good}`])
  })

  test('plain http to loopback carries codes and tokens: never through the proxy, by IPv6 neither', async () => {
    const proxy = await startProxy()
    const server = createPlainServer((_request, response) => response.end('{"a":1}'))
    open.push(() => server.close())
    const at = async (host: string) => {
      const listening = once(server.listen(0, host), 'listening')
      return listening.then(() => (server.address() as AddressInfo).port).catch(() => undefined)
    }
    // Where the machine has no IPv6 nobody answers; the proxy is not asked all the same.
    const port = await at('::1')
    const [line] = await ask(
      { HTTPS_PROXY: proxy.host, HTTP_PROXY: proxy.host },
      `http://[::1]:${port ?? ports.good}/`,
    )
    if (port !== undefined) expect(line).toBe('200')
    expect(proxy.asked).toEqual([])
  })

  test('a proxy that is reached by TLS', async () => {
    const address = `https://mcp.example:${ports.good}/`
    const named = ({ host }: ConnectProxy) => host.replace('127.0.0.1', 'localhost')
    const proxy = await startProxy({ tls: CERTIFICATE })
    expect(await ask({ HTTPS_PROXY: `https://${named(proxy)}` }, address)).toEqual(['200'])
    const impostor = await startProxy({ tls: SELF_SIGNED_CERTIFICATE })
    expect(await ask({ HTTPS_PROXY: `https://${named(impostor)}` }, address)).toEqual([
      `http-proxy: the proxy ${named(impostor)} has a certificate that is not valid`,
    ])
  })
})

/** The error of a request through such a proxy. */
async function fault(env: Record<string, string>, address = 'https://mcp.example/') {
  const http = createHttp(
    proxiedFetch(env, () => Promise.reject(new Error('direct'))),
    { deadlineMs: 5000, bytes: 1024 },
  )
  return http.json(webUrl(address, 'the test'), signal).catch(error => error)
}

describe('a proxy that does not help is named, and its password is not', () => {
  test.each([
    [407, 'wants a user name and password'],
    [403, 'did not connect to mcp.example:443 (status 403)'],
    [502, 'did not connect to mcp.example:443 (status 502)'],
    ['reset', 'cannot be reached'],
  ] as const)('%s', async (refuse, why) => {
    const proxy = await startProxy({ refuse })
    const error = await fault({ HTTPS_PROXY: `http://me:hidden@${proxy.host}` })
    expect(error).toMatchObject({ kind: 'http-proxy' })
    expect(error.message).toContain(`the proxy ${proxy.host} ${why}`)
    expect(error.message).not.toContain('hidden')
    expect(proxy.shown[0]).toBe(`Basic ${Buffer.from('me:hidden').toString('base64')}`)
  })

  test('nobody there', async () => {
    const { host, close } = await startConnectProxy()
    await close()
    const error = await fault({ HTTPS_PROXY: `http://me:hidden@${host}` })
    expect(error).toMatchObject({ kind: 'http-proxy', message: `the proxy ${host} cannot be reached` })
  })

  test('a name that is not known', async () => {
    const error = await fault({ HTTPS_PROXY: 'http://proxy.invalid:8080' })
    expect(error.message).toBe('the proxy proxy.invalid:8080 cannot be reached')
  })

  test.each([
    'socks5://me:hidden@127.0.0.1:1',
    'http://me:%zz@h',
    'http://',
    '://hidden',
    'http://a b',
    'file:///hidden',
  ])('the address %j', async HTTPS_PROXY => {
    const error = await fault({ HTTPS_PROXY })
    expect(error).toMatchObject({
      kind: 'http-proxy',
      message: 'the proxy in HTTPS_PROXY is not the address of an http or https proxy',
    })
  })
})

describe('which proxy', () => {
  test('the library for it is no part of what is loaded at the start', () => {
    expect(loaded.some(path => path.endsWith('src/proxy.ts'))).toBe(true)
    expect(loaded.filter(path => path.includes('undici'))).toEqual([])
  })

  test.each([
    [{}],
    [{ HTTPS_PROXY: '' }],
    [{ HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: '' }],
    [{ HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' }],
    [{ HTTP_PROXY: 'http://127.0.0.1:1', no_proxy: 'a.example, *' }],
  ])('%j names none: nothing is loaded', env => {
    const direct = () => Promise.reject(new Error('direct'))
    expect(proxiedFetch(env, direct)).toBe(direct)
  })

  test.each([
    ['.corp.invalid', 'a.corp.invalid', 'direct'],
    ['.corp.invalid', 'corp.invalid', 'direct'],
    ['*.corp.invalid', 'a.corp.invalid', 'direct'],
    ['corp.invalid', 'a.corp.invalid', 'direct'],
    ['corp.invalid', 'acorp.invalid', 'proxy'],
    ['CORP.invalid', 'corp.invalid', 'direct'],
    ['b.invalid,  corp.invalid', 'corp.invalid', 'direct'],
    ['b.invalid corp.invalid', 'corp.invalid', 'direct'],
    ['corp.invalid:8443', 'corp.invalid:8443', 'direct'],
    ['corp.invalid:8443', 'corp.invalid', 'proxy'],
    ['::ffff:127.0.0.1', '[::ffff:7f00:1]:8443', 'direct'],
    ['[::ffff:7f00:1]', '[::ffff:7f00:1]:8443', 'direct'],
    // A range is no host.
    ['10.0.0.0/8', '10.1.2.3', 'proxy'],
    ['', 'corp.invalid', 'proxy'],
  ] as const)('NO_PROXY=%s, https://%s: %s', async (NO_PROXY, host, way) => {
    const proxy = await startProxy({ refuse: 403 })
    for (const name of ['NO_PROXY', 'no_proxy'])
      await fault({ HTTPS_PROXY: proxy.host, [name]: NO_PROXY }, `https://${host}/`)
    const asked = host.includes(':') ? host : `${host}:443`
    expect(proxy.asked).toEqual(way === 'direct' ? [] : [asked, asked])
  })

  test('in lower case first, HTTP_PROXY where there is no other', async () => {
    const proxy = await startProxy({ refuse: 403 })
    await fault({ https_proxy: proxy.host, HTTPS_PROXY: 'http://127.0.0.1:1' })
    await fault({ HTTP_PROXY: proxy.host })
    expect(proxy.asked).toEqual(['mcp.example:443', 'mcp.example:443'])
  })
})
