import { afterEach, describe, expect, test, vi } from 'vitest'
import { discover, discoverIssuer, issuersOf } from '../../src/auth/discovery.ts'
import { createHttp } from '../../src/auth/http.ts'
import { judgeRequest } from '../../src/auth/request.ts'
import { webUrl } from '../../src/auth/url.ts'
import {
  type Fault,
  type FaultyServer,
  html,
  json,
  redirect,
  startFaultyServer,
} from '../support/faulty-server.ts'

const signal = new AbortController().signal
const http = createHttp(fetch)
const open: FaultyServer[] = []

afterEach(async () => {
  vi.restoreAllMocks()
  for (const server of open.splice(0)) await server.close()
})

async function serve(faults: Record<string, Fault> = {}, metadata: Record<string, unknown> = {}) {
  const server = await startFaultyServer(faults, metadata)
  open.push(server)
  return server
}

const RESOURCE_AT_PATH = '/.well-known/oauth-protected-resource/mcp'
const RESOURCE_AT_ROOT = '/.well-known/oauth-protected-resource'
const SERVER_AT_ROOT = '/.well-known/oauth-authorization-server'
const OPENID_AT_ROOT = '/.well-known/openid-configuration'
const missing = json({ error: 'not_found' }, 404)

const request = (serverUrl: string, more: { metadata?: unknown; metadataUrl?: string } = {}) =>
  judgeRequest({
    id: 'r1',
    calls: [],
    data: {
      serverName: 'notes',
      serverUrl,
      reason: 'initial',
      resourceMetadata: typeof more.metadata === 'string' ? more.metadata : JSON.stringify(more.metadata),
      wwwAuthenticateParams: { resourceMetadataUrl: more.metadataUrl },
    },
  })

const paths = (server: FaultyServer) => server.requests.map(seen => seen.path)

const kind = (kind: string, text = '') =>
  expect.objectContaining({ kind, message: expect.stringContaining(text) })

function documentFor(server: FaultyServer, issuer: string, changes: object = {}) {
  return json({
    issuer,
    authorization_endpoint: `${server.origin}/authorize`,
    token_endpoint: `${server.origin}/token`,
    code_challenge_methods_supported: ['S256'],
    ...changes,
  })
}

describe('discover', () => {
  test('uses the metadata of the event and fetches only the server metadata', async () => {
    const server = await serve()
    const metadata = { resource: server.mcp, authorization_servers: [server.origin], scopes_supported: ['a'] }
    const target = await discover(request(server.mcp, { metadata }), http, signal)
    expect(target).toMatchObject({
      server: server.mcp,
      issuer: server.origin,
      resource: server.mcp,
      scopesSupported: ['a'],
      pageHost: new URL(server.origin).host,
      device: true,
    })
    expect(paths(server)).toEqual([SERVER_AT_ROOT])
  })

  test('fetches the resource metadata itself: the path first, the root not at all', async () => {
    const server = await serve()
    const target = await discover(request(server.mcp), http, signal)
    expect(target.resource).toBe(server.mcp)
    expect(paths(server)).toEqual([RESOURCE_AT_PATH, SERVER_AT_ROOT])
  })

  test('then the root, and sends the resource exactly as published', async () => {
    const server = await serve({ [RESOURCE_AT_PATH]: missing })
    server.break(
      RESOURCE_AT_ROOT,
      json({ resource: server.origin, authorization_servers: [`${server.origin}/`] }),
    )
    server.break(SERVER_AT_ROOT, documentFor(server, `${server.origin}/`))
    const target = await discover(request(server.mcp), http, signal)
    expect(target).toMatchObject({ resource: server.origin, issuer: `${server.origin}/`, device: false })
  })

  test('the address of the challenge comes before both', async () => {
    const server = await serve()
    server.break('/custom', json({ resource: server.mcp, authorization_servers: [server.origin] }))
    await discover(request(server.mcp, { metadataUrl: `${server.origin}/custom` }), http, signal)
    expect(paths(server)).toEqual(['/custom', SERVER_AT_ROOT])
  })

  test('with a path the three places of the specification, in their order', async () => {
    const server = await serve()
    const issuer = `${server.origin}/tenant`
    const metadata = { resource: server.mcp, authorization_servers: [issuer] }
    server.break('/tenant/.well-known/openid-configuration', documentFor(server, issuer))
    const target = await discover(request(server.mcp, { metadata }), http, signal)
    expect(target.issuer).toBe(issuer)
    expect(paths(server)).toEqual([
      `${SERVER_AT_ROOT}/tenant`,
      `${OPENID_AT_ROOT}/tenant`,
      '/tenant/.well-known/openid-configuration',
    ])
  })

  test('without a path both places at the root', async () => {
    const server = await serve({ [SERVER_AT_ROOT]: missing })
    server.break(OPENID_AT_ROOT, documentFor(server, server.origin))
    await discover(request(server.mcp), http, signal)
    expect(paths(server)).toEqual([RESOURCE_AT_PATH, SERVER_AT_ROOT, OPENID_AT_ROOT])
  })

  test('M-17 404 moves on, 500 stops with temporary trouble', async () => {
    const server = await serve({ [OPENID_AT_ROOT]: html(500), [`${OPENID_AT_ROOT}/t`]: html(500) })
    const metadata = { resource: server.mcp, authorization_servers: [`${server.origin}/t`] }
    await expect(discover(request(server.mcp, { metadata }), http, signal)).rejects.toEqual(
      kind('http-trouble'),
    )
    expect(paths(server)).toEqual([`${SERVER_AT_ROOT}/t`, `${OPENID_AT_ROOT}/t`])
  })

  test('M-05 the first issuer with metadata is taken, at most three are tried', async () => {
    const server = await serve()
    const issuers = ['/1', '/2', '/3', '/4'].map(path => `${server.origin}${path}`)
    const metadata = { resource: server.mcp, authorization_servers: issuers }
    server.break(`${SERVER_AT_ROOT}/4`, documentFor(server, `${server.origin}/4`))
    await expect(discover(request(server.mcp, { metadata }), http, signal)).rejects.toEqual(
      kind('metadata-missing'),
    )
    server.break(`${SERVER_AT_ROOT}/3`, documentFor(server, `${server.origin}/3`))
    const target = await discover(request(server.mcp, { metadata }), http, signal)
    expect(target.issuer).toBe(`${server.origin}/3`)
    expect(paths(server).some(path => path.includes('/4'))).toBe(false)
  })

  describe('M-09 all its requests together have 45 s', () => {
    /** Time is up, or the person leaves, when the second issuer is asked; the third one would do. */
    async function slow(ends: (limit: AbortController, person: AbortController) => void) {
      const [limit, person] = [new AbortController(), new AbortController()]
      const server = await serve({ [`${SERVER_AT_ROOT}/1`]: html(500) })
      server.break(`${SERVER_AT_ROOT}/2`, () => ends(limit, person))
      server.break(`${SERVER_AT_ROOT}/3`, documentFor(server, `${server.origin}/3`))
      const issuers = ['/1', '/2', '/3'].map(path => `${server.origin}${path}`)
      const metadata = { resource: server.mcp, authorization_servers: issuers }
      const { signal: never } = new AbortController()
      vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => (ms === 45_000 ? limit.signal : never))
      const found = discover(request(server.mcp, { metadata }), http, person.signal)
      return { found, server }
    }

    test('then it ends, and no other address is asked', async () => {
      const { found, server } = await slow(limit => limit.abort())
      // Of several troubles the first is told.
      await expect(found).rejects.toEqual(kind('http-trouble'))
      expect(paths(server)).toEqual([1, 2].map(number => `${SERVER_AT_ROOT}/${number}`))
    })

    test('Esc works meanwhile', async () => {
      const { found } = await slow((_limit, person) => person.abort(new Error('stopped')))
      await expect(found).rejects.toThrow('stopped')
    })

    test('and the line names who did not answer', async () => {
      const limit = new AbortController()
      const server = await serve({ [OPENID_AT_ROOT]: () => limit.abort() })
      server.break(SERVER_AT_ROOT, missing)
      vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal)
      const { host } = new URL(server.origin)
      await expect(discover(request(server.mcp), http, signal)).rejects.toEqual(
        kind('http-deadline', `${host} did not answer in time`),
      )
    })
  })

  test('without resource metadata the origin is the issuer', async () => {
    const server = await serve({ [RESOURCE_AT_PATH]: missing })
    const target = await discover(request(server.mcp), http, signal)
    expect(target).toMatchObject({ issuer: server.origin, resource: server.mcp })
  })

  test('without any metadata the endpoints of 2025-03-26 are assumed', async () => {
    const server = await serve({ [RESOURCE_AT_PATH]: missing, [SERVER_AT_ROOT]: missing })
    const { as, device } = await discover(request(server.mcp), http, signal)
    expect(as).toMatchObject({
      issuer: server.origin,
      authorization_endpoint: `${server.origin}/authorize`,
      token_endpoint: `${server.origin}/token`,
      registration_endpoint: `${server.origin}/register`,
    })
    expect(device).toBe(false)
  })

  test('M-03 metadata of another server', async () => {
    const server = await serve({}, { issuer: 'https://honest.example' })
    await expect(discover(request(server.mcp), http, signal)).rejects.toEqual(
      kind('metadata-issuer', 'honest.example'),
    )
  })

  test('M-04 resource metadata of another server: nothing is fetched', async () => {
    const server = await serve()
    const metadata = { resource: 'https://other.example/mcp', authorization_servers: [server.origin] }
    await expect(discover(request(server.mcp, { metadata }), http, signal)).rejects.toEqual(
      kind('metadata-resource'),
    )
    expect(server.requests).toEqual([])
  })

  test('M-11 a web page in place of the event metadata or of the server metadata', async () => {
    const server = await serve({ [SERVER_AT_ROOT]: html() })
    await expect(discover(request(server.mcp), http, signal)).rejects.toEqual(
      kind('http-content', 'login page'),
    )
    await expect(discover(request(server.mcp, { metadata: '<html>' }), http, signal)).rejects.toEqual(
      kind('http-content', 'login page'),
    )
  })

  test('M-15 a redirect to another origin', async () => {
    const other = await serve()
    const server = await serve({ [SERVER_AT_ROOT]: redirect(`${other.origin}${SERVER_AT_ROOT}`) })
    await expect(discover(request(server.mcp), http, signal)).rejects.toEqual(kind('http-redirect'))
    expect(other.requests).toEqual([])
  })

  test.each(['https://169.254.169.254/latest', 'https://10.0.0.1/x', 'https://localhost/x'])(
    'M-08 a public server does not lead the challenge to %s',
    async metadataUrl => {
      const asked: string[] = []
      const watching = createHttp(async input => {
        asked.push(String(input))
        return new Response('{}')
      })
      const event = request('https://mcp.example/mcp', { metadataUrl })
      await expect(discover(event, watching, signal)).rejects.toEqual(
        kind('unsafe-address', 'private network'),
      )
      expect(asked).toEqual([])
    },
  )
})

describe('discoverIssuer', () => {
  test('finds the endpoints of a known issuer without resource metadata', async () => {
    const server = await serve()
    const target = await discoverIssuer(server.origin, webUrl(server.mcp, 'the test'), http, signal)
    expect(target).toMatchObject({ issuer: server.origin, resource: server.mcp })
    expect(paths(server)).toEqual([SERVER_AT_ROOT])
  })

  test.each(['', 'x', 'file:///x', 'https://10.0.0.1'])('a stored issuer %j is judged too', async issuer => {
    const server = webUrl('https://mcp.example/mcp', 'the test')
    await expect(discoverIssuer(issuer, server, http, signal)).rejects.toEqual(kind('unsafe-address'))
  })

  test('an issuer that is gone', async () => {
    const server = await serve()
    const gone = discoverIssuer(`${server.origin}/gone`, webUrl(server.mcp, 'the test'), http, signal)
    await expect(gone).rejects.toEqual(kind('metadata-missing'))
  })
})

describe('issuersOf', () => {
  const url = 'https://mcp.example/a/mcp'

  test('from the event, at most three', () => {
    const issuers = ['https://a.example', 'https://b.example/', 'https://c.example/x', 'https://d.example']
    expect(issuersOf(request(url, { metadata: { resource: url, authorization_servers: issuers } }))).toEqual(
      issuers.slice(0, 3),
    )
  })

  test('the origin of the server when it names none, and nothing without metadata', () => {
    expect(issuersOf(request(url))).toBeUndefined()
    expect(issuersOf(request(url, { metadata: { resource: url } }))).toEqual(['https://mcp.example'])
  })

  test('M-04 throws for another resource', () => {
    const event = request(url, { metadata: { resource: 'https://x.example' } })
    expect(() => issuersOf(event)).toThrow(kind('metadata-resource'))
  })

  test('M-10 throws for metadata over 1 MiB', () => {
    expect(() => issuersOf(request(url, { metadata: ' '.repeat(2 * 1024 * 1024) }))).toThrow(
      kind('http-size'),
    )
  })
})
