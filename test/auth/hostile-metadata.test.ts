// The M cases of hostile and bad metadata, each through the whole engine: what the runtime gets, what the person reads,
// and what has not happened.
import { once } from 'node:events'
import { access, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createBrowser } from '../../src/auth/browser.ts'
import { createHttp } from '../../src/auth/http.ts'
import type { AuthRequest } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { startProgram } from '../../src/spawn.ts'
import { EXPIRED_CERTIFICATE } from '../support/certificate.ts'
import {
  BROWSER,
  CANCEL,
  createEngine,
  type Engine,
  type EngineOptions,
  requestFor,
  storedGrant,
  tokenOf,
  whyOf,
} from '../support/engine.ts'
import {
  type FaultyServer,
  html,
  huge,
  json,
  raw,
  redirect,
  silence,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { temporaryFolder } from '../support/folder.ts'
import { SOON } from '../support/patience.ts'
import { testStore } from '../support/token-store.ts'
import { waitFor } from '../support/wait-for.ts'

const AS_METADATA = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'
const RESOURCE_METADATA = '/.well-known/oauth-protected-resource/mcp'
/** Where something would happen that costs the person or the server something. */
const ACTIONS = new Set(['/authorize', '/register', '/token', '/device'])

let server: FaultyServer
const closing: (() => unknown)[] = []

beforeEach(async () => {
  server = await startFaultyServer()
  closing.push(server.close)
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A request whose metadata the engine has to fetch by itself. */
const bare = () => request({ metadata: undefined })
const request = (more: Partial<AuthRequest> = {}) =>
  requestFor({ mcp: server.mcp, issuer: server.origin }, 'initial', more)
const withMetadata = (document: object) => request({ metadata: JSON.stringify(document) })
const paths = () => server.requests.map(seen => seen.path)

/** The metadata of the authorization server with some fields replaced, or removed where undefined. */
function serve(fields: Record<string, unknown>, path = AS_METADATA, issuer = server.origin): void {
  const good = {
    issuer,
    authorization_endpoint: `${server.origin}/authorize`,
    token_endpoint: `${server.origin}/token`,
    registration_endpoint: `${server.origin}/register`,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
  }
  server.break(path, json({ ...good, ...fields }))
}

interface Refused {
  engine: Engine
  /** The one line that the person reads. */
  text: string
}

/** One request that is refused before anybody is asked: one `cancelled`, one line, and nothing has changed anywhere. */
async function refused(ask: AuthRequest, kind: string, options: EngineOptions = {}): Promise<Refused> {
  const store = testStore()
  const engine = createEngine({ first: BROWSER, store, ...options })
  storedGrant(store, { mcp: server.mcp, issuer: 'https://former.example' }, engine.clock.now())
  const before = [new Map(store.grants), new Map(store.clients), new Map(store.issuers)]
  const answer = await engine.ask(ask)
  expect([answer.kind, whyOf(answer)]).toEqual(['cancelled', kind])
  expect(engine.prompt.panels).toEqual([])
  expect(engine.browser.opened).toEqual([])
  expect(paths().filter(path => ACTIONS.has(path))).toEqual([])
  expect([store.grants, store.clients, store.issuers]).toEqual(before)
  expect(engine.prompt.lines).toHaveLength(1)
  const [line = ''] = engine.prompt.lines
  expect(line).toMatch(/^notes: [\x20-\x7e…]{10,400}$/)
  return { engine, text: line.replace('notes: ', '') }
}

/** The same request ends with a token, and the browser was opened once. */
async function accepted(ask: AuthRequest): Promise<Engine> {
  const engine = createEngine({ first: BROWSER })
  expect(tokenOf(await engine.ask(ask))).toBeDefined()
  expect(engine.browser.opened).toHaveLength(1)
  return engine
}

describe('addresses', () => {
  test.each(['file:///etc/passwd', 'javascript:alert(1)', 'data:text/html,hello', 'vscode://open/me'])(
    'M-01 an authorization endpoint %s is refused with its scheme only',
    async authorization_endpoint => {
      serve({ authorization_endpoint })
      const { text } = await refused(request(), 'unsafe-address')
      expect(text).toBe(
        `unsafe address: the sign-in address has the scheme ${new URL(authorization_endpoint).protocol}`,
      )
    },
  )

  test('M-02 an address that a shell would run is one argument, and nothing runs', async () => {
    const folder = await temporaryFolder()
    const [note, marker] = [join(folder, 'arguments'), join(folder, 'ran')]
    const opener = join(folder, 'opener.mjs')
    await writeFile(
      opener,
      `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(note)}, JSON.stringify(process.argv.slice(2)))`,
    )
    const hostile = `/authorize/$(touch\${IFS}${marker})\`id\`/"'&calc.exe|%VAR%;x`
    serve({ authorization_endpoint: server.origin + hostile })
    const env = { BROWSER: `${process.execPath} ${opener}` }
    const browser = createBrowser({
      ...{ env, platform: 'linux', container: false },
      start: (program, args) => startProgram({ program, args, env: {} }),
    })
    const engine = createEngine({
      first: BROWSER,
      browser: { ...browser, opened: [], titles: [], broken: false },
    })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    const { url, opened } = await panel.step('browser')
    expect(opened).toBe(true)
    expect(JSON.parse(await waitFor(() => readFile(note, 'utf8')))).toEqual([url])
    await expect(access(marker)).rejects.toThrow()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/authorize\/[^\s"`]+\?[^\s"]+$/)
    panel.choose(CANCEL)
    expect((await answer).kind).toBe('cancelled')
  })

  test('M-07 an authorization server without TLS', async () => {
    const ask = withMetadata({ resource: server.mcp, authorization_servers: ['http://auth.example'] })
    const { text } = await refused(ask, 'unsafe-address')
    expect(text).toContain('auth.example is not https')
    expect(server.requests).toEqual([])
  })

  describe('M-08 a public server', () => {
    const mcp = webUrl('https://mcp.example/mcp', 'the test')
    const asked: string[] = []
    beforeEach(() => {
      asked.length = 0
    })
    /** A network that gives these documents and writes down who was asked. */
    const network = (documents: Record<string, object> = {}) =>
      createHttp(async url => {
        asked.push(url)
        const document = documents[url]
        return document ? Response.json(document) : new Response('', { status: 404 })
      })
    const publicRequest = (metadata: object | undefined, metadataUrl?: string) =>
      request({
        server: { ...request().server, url: mcp },
        metadata: metadata && JSON.stringify(metadata),
        challenge: { metadataUrl: metadataUrl === undefined ? undefined : webUrl(metadataUrl, 'the test') },
      })

    test.each([
      'http://169.254.169.254/',
      'https://10.0.0.1',
      'https://[::ffff:10.0.0.1]',
      'https://intranet',
    ])('M-08 leads to %s: refused, no connection is made', async issuer => {
      const ask = publicRequest({ resource: mcp, authorization_servers: [issuer] })
      const { text } = await refused(ask, 'unsafe-address', { http: network() })
      expect(text).toMatch(/private network|not https/)
      expect(asked).toEqual([])
    })

    test('M-08 leads there with the address of its metadata', async () => {
      const ask = publicRequest(undefined, 'https://192.168.0.1/latest')
      await refused(ask, 'unsafe-address', { http: network() })
      expect(asked).toEqual([])
    })

    test('M-08 leads there with an endpoint', async () => {
      const place = `https://auth.example${AS_METADATA}`
      const http = network({
        [place]: {
          issuer: 'https://auth.example',
          authorization_endpoint: 'https://auth.example/authorize',
          token_endpoint: 'https://10.0.0.1/token',
          code_challenge_methods_supported: ['S256'],
        },
      })
      const ask = publicRequest({ resource: mcp, authorization_servers: ['https://auth.example'] })
      const { text } = await refused(ask, 'unsafe-address', { http })
      expect(text).toBe('unsafe address: the token endpoint is on the private network (10.0.0.1)')
      expect(asked).toEqual([place])
    })
  })
})

describe('whose metadata it is', () => {
  test('M-03 an issuer of another host: both are named', async () => {
    serve({ issuer: 'https://honest.example' })
    const { text } = await refused(request(), 'metadata-issuer')
    const here = new URL(server.origin).host
    expect(text).toBe(`the metadata belongs to another sign-in server (honest.example instead of ${here})`)
  })

  test('M-04 a resource on another host', async () => {
    const ask = withMetadata({
      resource: 'https://other.example/mcp',
      authorization_servers: [server.origin],
    })
    const { text } = await refused(ask, 'metadata-resource')
    expect(text).toContain('the metadata is for another server (other.example instead of')
    expect(server.requests).toEqual([])
  })

  test('M-04 the same where the engine fetches it', async () => {
    server.break(RESOURCE_METADATA, json({ resource: 'https://other.example', authorization_servers: [] }))
    await refused(bare(), 'metadata-resource')
  })

  test.each([[undefined], [[]], [null]])(
    'M-05 no authorization server (%j): the origin is meant',
    async list => {
      const engine = await accepted(withMetadata({ resource: server.mcp, authorization_servers: list }))
      expect(engine.prompt.panels[0]?.view.pageHost).toBe(new URL(server.origin).host)
    },
  )

  test('M-05 of 500 authorization servers three are tried', async () => {
    const authorization_servers = Array.from({ length: 500 }, (_, index) => `${server.origin}/${index}`)
    await refused(withMetadata({ resource: server.mcp, authorization_servers }), 'metadata-missing')
    const tried = new Set(paths().map(path => /\/(\d+)(?:\/|$)/.exec(path)?.[1]))
    expect([...tried]).toEqual(['0', '1', '2'])
  })

  test.each([[undefined], [['plain']], ['S256']])('M-06 PKCE methods %j', async methods => {
    serve({ code_challenge_methods_supported: methods })
    const { text } = await refused(request(), 'no-pkce')
    expect(text).toContain('does not offer PKCE')
  })
})

describe('how it comes', () => {
  const soon = createHttp(fetch, { deadlineMs: 100, bytes: 1024 })

  test('M-09 never: the deadline', async () => {
    server.break(AS_METADATA, silence)
    const { text } = await refused(request(), 'http-deadline', { http: soon })
    expect(text).toBe(`${new URL(server.origin).host} did not answer in time`)
  })

  test('M-09 Esc works meanwhile', async () => {
    server.break(AS_METADATA, silence)
    const engine = createEngine({ first: BROWSER })
    const controller = new AbortController()
    const answer = engine.ask(request(), controller.signal)
    await expect.poll(() => server.requests.length).toBe(1)
    const start = performance.now()
    controller.abort(new Error('Esc'))
    expect((await answer).kind).toBe('cancelled')
    expect(performance.now() - start).toBeLessThan(SOON)
    expect(engine.prompt.lines).toEqual([])
  })

  test('M-10 512 MiB stop at 1 MiB', async () => {
    server.break(AS_METADATA, huge(512 * 1024 * 1024))
    const before = process.memoryUsage().rss
    const { text } = await refused(request(), 'http-size')
    expect(text).toContain('is too large')
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  })

  test('M-10 and the metadata of the event with them', async () => {
    await refused(request({ metadata: ' '.repeat(1024 * 1024 + 1) }), 'http-size')
    expect(server.requests).toEqual([])
  })

  test('M-11 a captive portal', async () => {
    server.break(AS_METADATA, html())
    const { text } = await refused(request(), 'http-content')
    expect(text).toMatch(/a web page instead of a metadata document: is there a proxy or a login page/)
    expect((await refused(request({ metadata: '<html>' }), 'http-content')).text).toContain('login page')
  })

  test('M-12 a byte order mark', async () => {
    const document = { resource: server.mcp, authorization_servers: [server.origin] }
    server.break(RESOURCE_METADATA, raw(`\ufeff${JSON.stringify(document)}`))
    await accepted(bare())
    await accepted(request({ metadata: `\ufeff${JSON.stringify(document)}` }))
  })

  test('M-13 invalid UTF-8', async () => {
    server.break(AS_METADATA, raw(Buffer.from('7b2261223a22ff227d', 'hex')))
    const { text } = await refused(request(), 'http-content')
    expect(text).toContain('not valid text')
  })

  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  test.each([
    ['100 000 levels deep', deep, 'metadata-bad'],
    ['1 MiB long', JSON.stringify('x'.repeat(1024 * 1024 - 20)), 'metadata-issuer'],
  ])('M-14 an issuer %s', async (_what, issuer, kind) => {
    server.break(AS_METADATA, raw(`{"issuer":${issuer}}`))
    await refused(request(), kind)
  })

  test('M-14 the same in the metadata of the event', async () => {
    const document = (issuer: string) =>
      request({ metadata: `{"resource":${JSON.stringify(server.mcp)},"authorization_servers":[${issuer}]}` })
    await refused(document(deep), 'unsafe-address')
    await refused(document(JSON.stringify('x'.repeat(900_000))), 'unsafe-address')
  })

  test('M-15 a redirect to another origin, which sees nothing', async () => {
    const other = await startFaultyServer()
    closing.push(other.close)
    server.break(AS_METADATA, redirect(`${other.origin}${AS_METADATA}`))
    const { text } = await refused(request(), 'http-redirect')
    expect(text).toContain('redirects to another place, which is not followed')
    expect(other.requests).toEqual([])
  })

  test('M-16 the keys of prototypes are just keys', async () => {
    const poison =
      '"__proto__":{"polluted":1,"token_endpoint":"https://evil.example"},"constructor":{"prototype":{"polluted":1}}'
    serve({})
    const good = await (await fetch(`${server.origin}${AS_METADATA}`)).text()
    server.break(AS_METADATA, raw(good.replace('{', `{${poison},`)))
    await accepted(request())
    expect('polluted' in {}).toBe(false)
  })

  test('M-17 404 moves on, 5xx stops with nothing kept', async () => {
    const issuer = `${server.origin}/t`
    const ask = () => withMetadata({ resource: server.mcp, authorization_servers: [issuer] })
    server.break(`${OPENID}/t`, html(500))
    serve({}, '/t/.well-known/openid-configuration', issuer)
    const { engine, text } = await refused(ask(), 'http-trouble')
    expect(text).toContain('temporary trouble, try again later')
    expect(paths()).toEqual([`${AS_METADATA}/t`, `${OPENID}/t`])
    server.break(`${OPENID}/t`, undefined)
    engine.forgetRefusals()
    const answer = engine.ask(ask())
    const panel = await engine.prompt.panel()
    await panel.step('browser')
    expect(paths().slice(2, 5)).toEqual([
      `${AS_METADATA}/t`,
      `${OPENID}/t`,
      '/t/.well-known/openid-configuration',
    ])
    panel.choose(CANCEL)
    await answer
  })
})

describe('the registration, which comes after the person has agreed', () => {
  /** A sign-in that is agreed to and ends at the registration; nothing is kept, opened, or left listening. */
  async function unregistered(answer: Parameters<FaultyServer['break']>[1]): Promise<string> {
    server.break('/register', answer)
    const engine = createEngine({ first: BROWSER, policy: { attended: false } })
    const result = await engine.ask(request())
    expect([result.kind, whyOf(result)]).toEqual(['cancelled', 'no-client'])
    expect(engine.browser.opened).toEqual([])
    expect([engine.store.grants.size, engine.store.clients.size]).toEqual([0, 0])
    expect(paths().filter(path => path !== '/register' && ACTIONS.has(path))).toEqual([])
    const { redirect_uris: [address = ''] = [] } = JSON.parse(
      server.requests.find(({ path }) => path === '/register')?.body ?? '{}',
    )
    await expect(fetch(address)).rejects.toThrow()
    const [panel] = engine.prompt.panels
    if (panel?.result?.kind !== 'failed') throw new Error('the panel did not fail')
    return panel.result.error.message
  }

  test('M-18 is refused: the code is shown, cleaned', async () => {
    const error = '\u001b]0;owned\u0007invalid_redirect\u202e_uri\u001b[2J'
    const text = await unregistered(json({ error, error_description: 'visit https://evil.example' }, 400))
    expect(text).toContain('refused to register this app (invalid_redirect_uri): ')
    expect(text).not.toMatch(/evil|owned|\p{C}/u)
  })

  test('M-18 a person is asked for a client id in its place, and may say no', async () => {
    server.break('/register', json({ error: 'invalid_redirect_uri' }, 400))
    const engine = createEngine({ first: BROWSER })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    expect((await panel.step('client')).error.message).toContain('refused to register this app')
    panel.choose(CANCEL)
    expect(whyOf(await answer)).toBe('cancelled')
    expect(engine.browser.opened).toEqual([])
    expect(engine.store.clients.size).toBe(0)
  })

  test.each([
    ['of 64 KiB', 'x'.repeat(65_536)],
    ['with a control character', 'app\u0007'],
    ['with a line end', 'app\r\nset-cookie: a'],
    ['that is empty', ''],
    ['that is a number', 7],
  ])('M-19 gives a client id %s', async (_what, client_id) => {
    const text = await unregistered(json({ client_id }, 201))
    expect(text).toContain('registered this app with an answer that cannot be used')
  })
})

describe('M-20 an authorization server that is not there', () => {
  const at = (issuer: string) => withMetadata({ resource: server.mcp, authorization_servers: [issuer] })

  test('M-20 its name is not known', async () => {
    const { text } = await refused(at('https://no-such-host.invalid'), 'http-name')
    expect(text).toBe('the host name no-such-host.invalid was not found')
  })

  test('M-20 nobody listens', async () => {
    const gone = await startFaultyServer()
    await gone.close()
    const { text } = await refused(at(gone.origin), 'http-network')
    expect(text).toBe(`${new URL(gone.origin).host} cannot be reached`)
  })

  test('M-20 its certificate has expired', async () => {
    const tls = createServer(EXPIRED_CERTIFICATE, (_request, response) => response.end('{}'))
    tls.listen(0, '127.0.0.1')
    await once(tls, 'listening')
    closing.push(() => tls.close())
    const address = tls.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const { text } = await refused(at(`https://localhost:${address.port}`), 'http-certificate')
    expect(text).toBe(`the certificate of localhost:${address.port} is not valid`)
  })
})
