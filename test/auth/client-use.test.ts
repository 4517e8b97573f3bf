import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import type { Client, ServerKey } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { HostError } from '../../src/errors.ts'
import { BROWSER, createEngine, DEVICE, requestFor, storedGrant, tokenOf, whyOf } from '../support/engine.ts'
import { type FaultyServer, json, startFaultyServer } from '../support/faulty-server.ts'

// Clients as the whole engine uses them: which one goes where, and what never does.

const SECRET = 's3cret of the person'
const set: Client = { id: 'set by the person', source: 'configured', secret: new Secret(SECRET) }
let one: FaultyServer
let two: FaultyServer

beforeEach(async () => {
  ;[one, two] = await Promise.all([startFaultyServer(), startFaultyServer()])
})
afterEach(() => Promise.all([one.close(), two.close()]))

/** The MCP server stays where it is; the authorization server can be another one. */
const request = (
  issuer: FaultyServer,
  ...more: Parameters<typeof requestFor> extends [unknown, ...infer R] ? R : []
) => requestFor({ mcp: one.mcp, issuer: issuer.origin }, ...more)

const key = (issuer: FaultyServer): ServerKey => ({
  server: webUrl(one.mcp, 'the server'),
  issuer: issuer.origin,
})

/** All that a server was ever sent. */
const sentTo = (server: FaultyServer) => JSON.stringify(server.requests)

/** How the secret looks in a body and in a Basic header. */
const FORMS = [SECRET, encodeURIComponent(SECRET), SECRET.replaceAll(' ', '+')]
const basic = (id: string, secret: string) => {
  const form = (text: string) => encodeURIComponent(text).replaceAll('%20', '+')
  return `Basic ${Buffer.from(`${form(id)}:${form(secret)}`).toString('base64')}`
}

describe('the client that the person set', () => {
  it('signs in and renews with its secret, and nothing is registered', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.store.writeClient(key(one), set)
    expect(tokenOf(await engine.ask(request(one)))).toBeDefined()
    engine.clock.advance(60_000)
    expect(tokenOf(await engine.ask(request(one)))).toBeDefined()
    expect(engine.prompt.panels).toHaveLength(1)
    const asked = one.requests.filter(({ path }) => path === '/token')
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill(basic(set.id, SECRET)))
    expect(one.requests.some(({ path }) => path === '/register')).toBe(false)
  })

  it('is used by device codes too', async () => {
    const engine = createEngine({ first: DEVICE })
    await engine.store.writeClient(key(one), set)
    const answer = engine.ask(request(one))
    await (await engine.prompt.panel()).step('device')
    expect(one.requests.find(({ path }) => path === '/device')?.headers.authorization).toBe(
      basic(set.id, SECRET),
    )
    engine.clock.advance(60_000)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('O4 is never sent to another issuer: neither its secret nor its id', async () => {
    for (const issuerChange of ['tell', 'accept'] as const) {
      const engine = createEngine({ first: BROWSER, policy: { issuerChange } })
      await engine.store.writeClient(key(one), set)
      await engine.ask(request(one))
      expect(whyOf(await engine.ask(request(two, 'initial')))).toBe('issuer-changed')
      expect(two.requests.filter(({ method }) => method === 'POST')).toEqual([])
      for (const form of [...FORMS, set.id, encodeURIComponent(set.id)]) {
        expect(sentTo(two)).not.toContain(form)
      }
    }
  })

  it('O4 a server that was never signed in to gets no client of another issuer either', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.store.writeClient(key(one), set)
    expect(tokenOf(await engine.ask(request(two)))).toBeDefined()
    expect(two.requests.filter(({ path }) => path === '/register')).toHaveLength(1)
    for (const form of [...FORMS, set.id]) expect(sentTo(two)).not.toContain(form)
    expect(two.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false)
  })

  it('O4 each issuer gets the client that was set for it', async () => {
    const other: Client = { id: 'other', source: 'configured', secret: new Secret('other s3cret') }
    const engine = createEngine({ first: BROWSER })
    await engine.store.writeClient(key(one), set)
    await engine.store.writeClient(key(two), other)
    await engine.ask(request(one))
    expect(tokenOf(await engine.ask(request(two)))).toBeDefined()
    expect(two.requests.find(({ path }) => path === '/token')?.headers.authorization).toBe(
      basic('other', 'other s3cret'),
    )
  })

  it('T-07 that is refused is told, with what to do, and none is registered in its place', async () => {
    one.break('/token', json({ error: 'invalid_client' }, 401))
    const engine = createEngine({ first: BROWSER })
    await engine.store.writeClient(key(one), set)
    const answer = await engine.ask(request(one))
    expect(answer).toMatchObject({
      error: { kind: 'invalid-client', message: expect.stringContaining('copilot-host auth client set') },
    })
    expect(one.requests.some(({ path }) => path === '/register')).toBe(false)
    expect(await engine.store.readClient(key(one))).toBe(set)
  })

  it('T-07 with a new secret is used as soon as the renewal with the old one was refused', async () => {
    const engine = createEngine({ first: BROWSER })
    const now = engine.clock.now()
    const old: Client = { ...set, secret: new Secret('old') }
    storedGrant(engine.store, { mcp: one.mcp, issuer: one.origin }, now, {
      client: old,
      refresh: new Secret('r'),
      expiresAt: now - 1,
    })
    await engine.store.writeClient(key(one), set)
    one.break('/token', (response, { request: { headers } }) => {
      const good = headers.authorization === basic(set.id, SECRET)
      const answer = good
        ? json({ access_token: 'new', token_type: 'Bearer' })
        : json({ error: 'invalid_client' }, 401)
      answer(response)
    })
    expect(tokenOf(await engine.ask(request(one)))).toBe('new')
    expect(one.requests.some(({ path }) => path === '/register')).toBe(false)
  })

  it('is not replaced by a registration that was under way while it was set', async () => {
    const engine = createEngine()
    const answer = engine.ask(request(one))
    const panel = await engine.prompt.panel()
    await engine.store.writeClient(key(one), set)
    panel.choose(BROWSER)
    expect(tokenOf(await answer)).toBeDefined()
    expect(one.requests.filter(({ path }) => path === '/register')).toHaveLength(1)
    expect(await engine.store.readClient(key(one))).toBe(set)
  })

  describe('and that cannot be read now', () => {
    function withLocked() {
      const engine = createEngine({ first: BROWSER })
      engine.store.readClient = () => Promise.reject(new HostError('store-unavailable', 'it is locked'))
      return engine
    }

    it('is not signed in without: nothing is registered, and a line says why', async () => {
      const engine = withLocked()
      expect(whyOf(await engine.ask(request(one)))).toBe('store-unavailable')
      expect(one.requests.filter(({ method }) => method === 'POST')).toEqual([])
      expect(engine.prompt.panels).toEqual([])
      expect(engine.prompt.lines).toEqual([expect.stringContaining('it is locked')])
    })

    it('is not renewed without its secret: the sign-in is kept, and nobody is asked', async () => {
      const engine = withLocked()
      const now = engine.clock.now()
      const { grant } = storedGrant(engine.store, { mcp: one.mcp, issuer: one.origin }, now, {
        client: { ...set, secret: undefined },
        refresh: new Secret('r'),
        expiresAt: now - 1,
      })
      expect(whyOf(await engine.ask(request(one)))).toBe('renewal-failed')
      expect(one.requests.filter(({ method }) => method === 'POST')).toEqual([])
      expect(engine.prompt.panels).toEqual([])
      expect([...engine.store.grants.values()]).toEqual([grant])
    })
  })

  it('of the configuration renews with the secret of the request, which is kept nowhere', async () => {
    const client = { id: 'of the file', secret: new Secret(SECRET) }
    const engine = createEngine({ first: BROWSER })
    expect(tokenOf(await engine.ask(request(one, 'initial', { client })))).toBeDefined()
    // As a store gives it back.
    for (const [name, grant] of engine.store.grants)
      engine.store.grants.set(name, { ...grant, client: { ...grant.client, secret: undefined } })
    engine.clock.advance(60_000)
    expect(tokenOf(await engine.ask(request(one, 'initial', { client })))).toBeDefined()
    expect(engine.prompt.panels).toHaveLength(1)
    const asked = one.requests.filter(({ path }) => path === '/token')
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill(basic('of the file', SECRET)),
    )
  })

  it('counts no more once it is taken out of the configuration', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request(one, 'initial', { client: { id: 'of the file' } }))
    expect(one.form('/token').get('client_id')).toBe('of the file')
    await engine.ask(request(one, 'reauth'))
    expect(one.requests.filter(({ path }) => path === '/register')).toHaveLength(1)
    expect(one.form('/token').get('client_id')).not.toBe('of the file')
  })
})

describe('the client-id metadata document', () => {
  const clientMetadataUrl = webUrl('https://apps.example.com/copilot-host.json', 'the test')
  const policy = { optionsOf: () => ({ clientMetadataUrl }) }

  it('is the client id where the server takes one, at every issuer, and nothing is registered', async () => {
    const takes = await startFaultyServer({}, { client_id_metadata_document_supported: true })
    try {
      const engine = createEngine({ first: BROWSER, policy })
      expect(tokenOf(await engine.ask(request(takes)))).toBeDefined()
      expect(takes.form('/token').get('client_id')).toBe(clientMetadataUrl)
      expect(new URL(engine.browser.opened[0] ?? '').searchParams.get('client_id')).toBe(clientMetadataUrl)
      expect(takes.requests.some(({ path }) => path === '/register')).toBe(false)
      expect([...engine.store.grants.values()]).toMatchObject([
        { client: { id: clientMetadataUrl, source: 'document', authMethod: 'none' } },
      ])
      expect(engine.store.clients.size).toBe(0)
    } finally {
      await takes.close()
    }
  })

  it('is not even named where the server takes none', async () => {
    const engine = createEngine({ first: BROWSER, policy })
    expect(tokenOf(await engine.ask(request(one)))).toBeDefined()
    expect(sentTo(one)).not.toContain('apps.example.com')
  })
})
