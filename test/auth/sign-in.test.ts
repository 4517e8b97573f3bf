import { afterEach, beforeEach, describe, expect, it, onTestFinished, test } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { AuthRequest, Reason } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { scriptedBrowser } from '../support/browser.ts'
import { hurried } from '../support/clock.ts'
import {
  BROWSER,
  CANCEL,
  createEngine,
  PASTE,
  requestFor,
  storedGrant,
  tokenOf,
  whyOf,
} from '../support/engine.ts'
import { type Fault, json, silence, startFaultyServer } from '../support/faulty-server.ts'
import { SOON } from '../support/patience.ts'
import { testStore } from '../support/token-store.ts'
import { waitFor } from '../support/wait-for.ts'

/** Two real authorization servers (oidc-provider) that an MCP server can name. */
const mcp = 'http://127.0.0.1:1/mcp'
let one: AuthorizationServer
let two: AuthorizationServer

beforeEach(async () => {
  ;[one, two] = await Promise.all([
    startAuthorizationServer({ resource: mcp }),
    startAuthorizationServer({ resource: mcp }),
  ])
})
afterEach(() => Promise.all([one.close(), two.close()]))

const hostOf = (issuer: string) => new URL(issuer).host

function request(issuers: string[], reason: Reason = 'initial', more: Partial<AuthRequest> = {}) {
  const metadata = JSON.stringify({
    resource: mcp,
    authorization_servers: issuers,
    scopes_supported: ['notes.read', 'notes.write'],
  })
  return requestFor({ mcp, issuer: issuers[0] ?? '' }, reason, { metadata, ...more })
}

describe('several authorization servers', () => {
  it('takes the next one when the first cannot be reached', async () => {
    await one.close()
    const engine = createEngine({ first: BROWSER })
    expect(tokenOf(await engine.ask(request([one.issuer, two.issuer])))).toMatch(/^ey/)
    expect(engine.prompt.panels[0]?.view.pageHost).toBe(hostOf(two.issuer))
    one = await startAuthorizationServer()
  })

  it('M-05: names the first trouble when none can be used, and tries no more than three', async () => {
    const dead = (path: string) => `http://127.0.0.1:1/${path}`
    const engine = createEngine({ first: BROWSER })
    const many = [dead('a'), dead('b'), dead('c'), two.issuer]
    expect(whyOf(await engine.ask(request(many)))).toBe('http-network')
    expect(engine.prompt.panels).toEqual([])
    expect(two.requests).toEqual([])
  })

  it('lets the person choose another one, as long as nothing has begun', async () => {
    const engine = createEngine()
    const answer = engine.ask(request([one.issuer, two.issuer]))
    const panel = await engine.prompt.panel()
    expect(panel.view).toMatchObject({
      pageHost: hostOf(one.issuer),
      others: [{ issuer: two.issuer, host: hostOf(two.issuer) }],
    })
    panel.choose({ kind: 'issuer', issuer: two.issuer })
    await waitFor(() =>
      expect(panel.view).toMatchObject({
        pageHost: hostOf(two.issuer),
        others: [{ issuer: one.issuer, host: hostOf(one.issuer) }],
      }),
    )
    panel.choose(BROWSER)
    expect(tokenOf(await answer)).toMatch(/^ey/)
    expect(one.requests).toEqual([])
    expect([...engine.store.grants.values()]).toMatchObject([{ issuer: two.issuer }])

    const next = createEngine({ store: engine.store, clock: engine.clock })
    const again = next.ask(request([one.issuer, two.issuer], 'reauth'))
    const second = await next.prompt.panel()
    expect(second.view.pageHost).toBe(hostOf(two.issuer))
    second.choose(CANCEL)
    await again
  })
})

describe('another sign-in server that is looked up', () => {
  async function looking(faults: Parameters<typeof startFaultyServer>[0]) {
    const other = await startFaultyServer(faults)
    onTestFinished(() => other.close())
    const engine = createEngine()
    const answer = engine.ask(request([one.issuer, other.origin]))
    const panel = await engine.prompt.panel()
    panel.choose({ kind: 'issuer', issuer: other.origin })
    return { other, answer, panel }
  }
  const METADATA = '/.well-known/oauth-authorization-server'

  it('M-09: Esc ends the sign-in meanwhile', async () => {
    const { other, answer, panel } = await looking({ [METADATA]: silence })
    await waitFor(() => expect(other.requests).toHaveLength(1))
    const began = performance.now()
    panel.choose(CANCEL)
    expect(whyOf(await answer)).toBe('cancelled')
    expect(performance.now() - began).toBeLessThan(SOON)
  })

  it('comes too late where a route was chosen meanwhile', async () => {
    const [found, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { other, answer, panel } = await looking({
      [METADATA](response, { origin }) {
        const endpoints = { authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` }
        const as = { issuer: origin, ...endpoints, code_challenge_methods_supported: ['S256'] }
        void found.promise.then(() => json(as)(response))
        response.once('close', done.resolve)
      },
    })
    await waitFor(() => expect(other.requests).toHaveLength(1))
    panel.choose(PASTE)
    await panel.step('paste')
    found.resolve()
    await done.promise
    panel.choose(BROWSER)
    expect(tokenOf(await answer)).toMatch(/^ey/)
    expect(panel.view.pageHost).toBe(hostOf(one.issuer))
  })

  it('says so where it cannot be used, and the first one stays', async () => {
    const { answer, panel } = await looking({ [METADATA]: json({}, 503) })
    expect(await panel.step('trouble')).toMatchObject({ error: { kind: 'http-trouble' } })
    expect(panel.view.pageHost).toBe(hostOf(one.issuer))
    panel.choose(BROWSER)
    expect(tokenOf(await answer)).toMatch(/^ey/)
  })
})

describe('O4: a server that moves to another authorization server', () => {
  async function moved(policy: Parameters<typeof createEngine>[0] = {}) {
    const before = createEngine({ first: BROWSER })
    const token = tokenOf(await before.ask(request([one.issuer])))
    const engine = createEngine({ store: before.store, clock: before.clock, ...policy })
    const seen = one.requests.length
    return { engine, token, untouched: () => expect(one.requests).toHaveLength(seen) }
  }

  it('is told and signed in to anew; the old grant and registration stay where they belong', async () => {
    const { engine, token, untouched } = await moved({ first: BROWSER })
    const next = tokenOf(await engine.ask(request([two.issuer])))
    expect(next).not.toBe(token)
    expect(engine.prompt.panels[0]?.view).toMatchObject({
      formerHost: hostOf(one.issuer),
      pageHost: hostOf(two.issuer),
    })
    untouched()
    expect(two.count('registration')).toBe(1)
    expect([...engine.store.grants.values()].map(grant => grant.issuer).sort()).toEqual(
      [one.issuer, two.issuer].sort(),
    )
    const asked = two.requests.find(({ endpoint }) => endpoint === 'authorization')?.parameters.client_id
    const old = one.requests.find(({ endpoint }) => endpoint === 'authorization')?.parameters.client_id
    expect(asked).not.toBe(old)

    const later = createEngine({ store: engine.store, clock: engine.clock })
    expect(tokenOf(await later.ask(request([two.issuer])))).toBe(next)
    expect(later.prompt.panels).toEqual([])
  })

  it('with nobody to accept it, it is an error that names both hosts, and nothing is asked of either', async () => {
    for (const ask of [true, false]) {
      const { engine, untouched } = await moved({ first: BROWSER, policy: { ask, issuerChange: 'refuse' } })
      const answer = await engine.ask(request([two.issuer]))
      expect(answer).toMatchObject({
        error: {
          kind: 'issuer-changed',
          exitCode: 4,
          message: `notes now signs in at ${hostOf(two.issuer)} instead of ${hostOf(one.issuer)}; --accept-issuer-change if that is right`,
        },
      })
      expect(engine.prompt.panels).toEqual([])
      untouched()
      expect(two.requests).toEqual([])
    }
  })

  it('goes on when the person has accepted it beforehand', async () => {
    const { engine } = await moved({ first: BROWSER, policy: { issuerChange: 'accept' } })
    expect(tokenOf(await engine.ask(request([two.issuer])))).toMatch(/^ey/)
  })

  it('a configured client id is never taken along, not even when the change is accepted', async () => {
    const store = testStore()
    const engine = createEngine({ store, first: BROWSER, policy: { issuerChange: 'accept' } })
    const { key, grant } = storedGrant(store, { mcp, issuer: one.issuer }, engine.clock.now())
    await store.write(key, grant)
    const client = { id: grant.client.id }
    expect(whyOf(await engine.ask(request([two.issuer], 'initial', { client })))).toBe('issuer-changed')
    expect(two.requests).toEqual([])
  })

  it('that the server still names the old one beside the new one changes nothing of it', async () => {
    await one.close()
    const client = { id: 'mine' }
    const known = { issuer: one.issuer, clientId: client.id, since: 1 }
    const ask = (policy: Parameters<typeof createEngine>[0], more: Partial<AuthRequest> = {}) => {
      const engine = createEngine(policy)
      engine.store.issuers.set(mcp, known)
      return { engine, answer: engine.ask(request([one.issuer, two.issuer], 'initial', more)) }
    }
    const configured = ask({ first: BROWSER, policy: { issuerChange: 'accept' } }, { client })
    expect(await configured.answer).toMatchObject({ error: { kind: 'issuer-changed', exitCode: 4 } })
    const refused = ask({ first: BROWSER, policy: { issuerChange: 'refuse' } })
    expect(await refused.answer).toMatchObject({
      error: {
        kind: 'issuer-changed',
        message: `notes would sign in at ${hostOf(two.issuer)} instead of ${hostOf(one.issuer)}, which cannot be used now; --accept-issuer-change if that is right`,
      },
    })
    expect(two.requests).toEqual([])
    const told = ask({ first: CANCEL })
    await told.answer
    expect(told.engine.prompt.panels[0]?.view).toMatchObject({
      formerHost: hostOf(one.issuer),
      pageHost: hostOf(two.issuer),
    })
    one = await startAuthorizationServer()
  })

  it('the old one stays the first, also where its address ends with a slash now', async () => {
    for (const ask of [true, false]) {
      const engine = createEngine({ first: CANCEL, policy: { ask, issuerChange: 'refuse' } })
      engine.store.issuers.set(mcp, { issuer: `${one.issuer}/`, clientId: 'mine', since: 1 })
      const asked = request([two.issuer, one.issuer], 'initial', { client: { id: 'mine' } })
      expect(whyOf(await engine.ask(asked))).toBe(ask ? 'cancelled' : 'sign-in-needed')
      expect(engine.prompt.panels[0]?.view.pageHost).toBe(ask ? hostOf(one.issuer) : undefined)
      expect(engine.prompt.panels[0]?.view.knownSince).toBe(ask ? 1 : undefined)
    }
  })

  it('who chooses between those that the server names is not warned, but takes no configured client along', async () => {
    const chooseTwo = async (issuers: string[], more: Partial<AuthRequest> = {}) => {
      const engine = createEngine()
      engine.store.issuers.set(mcp, { issuer: one.issuer, clientId: 'mine', since: 1 })
      const answer = engine.ask(request(issuers, 'initial', more))
      const panel = await engine.prompt.panel()
      panel.choose({ kind: 'issuer', issuer: two.issuer })
      return { panel, answer }
    }
    const free = await chooseTwo([one.issuer, two.issuer])
    await waitFor(() => expect(free.panel.view.pageHost).toBe(hostOf(two.issuer)))
    expect(free.panel.view.formerHost).toBeUndefined()
    free.panel.choose(CANCEL)
    await free.answer

    const bound = await chooseTwo([one.issuer, two.issuer], { client: { id: 'mine' } })
    expect(await bound.panel.step('trouble')).toMatchObject({ error: { kind: 'issuer-changed' } })
    expect(bound.panel.view.pageHost).toBe(hostOf(one.issuer))
    bound.panel.choose(CANCEL)
    await bound.answer

    const three = await startAuthorizationServer({ resource: mcp })
    onTestFinished(() => three.close())
    const moved = await chooseTwo([three.issuer, two.issuer])
    await waitFor(() => expect(moved.panel.view.pageHost).toBe(hostOf(two.issuer)))
    expect(moved.panel.view.formerHost).toBe(hostOf(one.issuer))
    moved.panel.choose(CANCEL)
    await moved.answer
  })
})

test('a sign-in is kept before its server is asked for the name of who signed in', async () => {
  const named = Promise.withResolvers<void>()
  const userInfo: Fault = response => void named.promise.then(() => json({ sub: '1', name: 'Ada' })(response))
  const token = json({ access_token: 't', token_type: 'Bearer', scope: 'openid' })
  const info = await startFaultyServer({ '/userinfo': userInfo })
  const server = await startFaultyServer(
    { '/token': token },
    { userinfo_endpoint: `${info.origin}/userinfo` },
  )
  onTestFinished(() => Promise.all([info.close(), server.close()]).then(() => {}))
  const engine = createEngine({ first: BROWSER })
  const answer = engine.ask(requestFor({ mcp: server.mcp, issuer: server.origin }))
  await waitFor(() => expect(info.requests).toHaveLength(1))
  const kept = () => [...engine.store.grants.values()]
  expect(kept().map(({ access, account }) => [access.reveal(), account])).toEqual([['t', undefined]])
  named.resolve()
  expect(tokenOf(await answer)).toBe('t')
  expect(kept()).toMatchObject([{ account: 'Ada' }])
})

describe('the client', () => {
  it('is registered once, also when the sign-in is given up', async () => {
    const engine = createEngine()
    const answer = engine.ask(request([one.issuer]))
    const panel = await engine.prompt.panel()
    panel.choose(PASTE)
    await panel.step('paste')
    panel.choose(CANCEL)
    await answer
    expect(one.count('registration')).toBe(1)
    const next = createEngine({ store: engine.store, first: BROWSER })
    expect(tokenOf(await next.ask(request([one.issuer])))).toMatch(/^ey/)
    expect(one.count('registration')).toBe(1)
  })

  it('that one issuer has forgotten says nothing about the one of another issuer', async () => {
    const lost = await startFaultyServer({ '/token': json({ error: 'invalid_client' }, 401) })
    onTestFinished(() => lost.close())
    const engine = createEngine({ first: BROWSER })
    expect(tokenOf(await engine.ask(request([one.issuer])))).toMatch(/^ey/)
    const now = engine.clock.now()
    engine.store.grants.clear()
    storedGrant(engine.store, { mcp, issuer: lost.origin }, now, { expiresAt: now, refresh: new Secret('r') })
    expect(tokenOf(await engine.ask(request([lost.origin, one.issuer])))).toMatch(/^ey/)
    expect(one.count('registration')).toBe(1)
  })

  it('outlives a grant that was withdrawn', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request([one.issuer]))
    one.revokeAll()
    await engine.ask(request([one.issuer], 'refresh', { calls: ['call-1'] }))
    expect(engine.prompt.panels).toHaveLength(2)
    expect(one.count('registration')).toBe(1)
  })

  describe('where none can be registered', () => {
    const person = { id: 'app of Ada', source: 'configured', authMethod: 'none' } as const

    it('the person is asked for its id, which is kept when it works', async () => {
      const closed = await startFaultyServer({}, { registration_endpoint: undefined })
      try {
        const engine = createEngine()
        const asking = () => requestFor({ mcp: closed.mcp, issuer: closed.origin }, 'reauth')
        const answer = engine.ask(asking())
        const panel = await engine.prompt.panel()
        panel.choose(BROWSER)
        expect((await panel.step('client')).error.kind).toBe('no-client')
        panel.choose({ kind: 'client', id: person.id })
        expect(tokenOf(await answer)).toBeDefined()
        expect(closed.form('/token').get('client_id')).toBe(person.id)
        const key = { server: webUrl(closed.mcp, 'the server'), issuer: closed.origin }
        expect(await engine.store.readClient(key)).toMatchObject(person)

        const next = createEngine({ store: engine.store, first: BROWSER })
        expect(tokenOf(await next.ask(asking()))).toBeDefined()
        expect(next.prompt.panels[0]?.steps.map(step => step.kind)).toEqual(['browser'])
      } finally {
        await closed.close()
      }
    })

    it('with nobody to type it, that is the end', async () => {
      const closed = await startFaultyServer({}, { registration_endpoint: undefined })
      try {
        const engine = createEngine({ first: BROWSER, policy: { attended: false } })
        const answer = await engine.ask(requestFor({ mcp: closed.mcp, issuer: closed.origin }))
        expect(whyOf(answer)).toBe('no-client')
      } finally {
        await closed.close()
      }
    })
  })
})

describe('a renewal that fails for now', () => {
  async function troubled() {
    const faulty = await startFaultyServer({ '/token': json({}, 503) })
    const engine = createEngine({ first: BROWSER })
    const place = { mcp: faulty.mcp, issuer: faulty.origin }
    const now = engine.clock.now()
    const refresh = new Secret('stored refresh')
    storedGrant(engine.store, place, now, { refresh, expiresAt: now - 1 })
    const ask = (reason: Reason, calls: string[] = []) =>
      hurried(engine.clock, () => engine.ask(requestFor(place, reason, { calls })))
    return { faulty, engine, ask }
  }

  it('costs no sign-in: the grant stays, one line says why, and the next time it works', async () => {
    const { faulty, engine, ask } = await troubled()
    try {
      expect(whyOf(await ask('refresh', ['call-1']))).toBe('renewal-failed')
      expect(whyOf(await ask('reauth', ['call-1']))).toBe('renewal-failed')
      expect(engine.prompt.panels).toEqual([])
      expect(engine.prompt.lines).toEqual([
        expect.stringMatching(/^notes: the sign-in could not be renewed \(.* has temporary trouble/),
      ])
      expect(engine.store.grants.size).toBe(1)
      engine.clock.advance(30_001)
      faulty.break('/token', (response, { body }) => {
        expect(new URLSearchParams(body).get('refresh_token')).toBe('stored refresh')
        json({ access_token: 'renewed', token_type: 'Bearer', expires_in: 60 })(response)
      })
      expect(tokenOf(await ask('initial'))).toBe('renewed')
    } finally {
      await faulty.close()
    }
  })

  it('leads to a question when the person insists', async () => {
    const { faulty, engine, ask } = await troubled()
    try {
      expect(whyOf(await ask('initial'))).toBe('renewal-failed')
      engine.forgetRefusals('notes')
      faulty.break('/token', (response, { body }) => {
        const renewing = new URLSearchParams(body).get('grant_type') === 'refresh_token'
        if (renewing) json({}, 503)(response)
        else json({ access_token: 'signed-in', token_type: 'Bearer' })(response)
      })
      const answer = await ask('initial')
      expect(tokenOf(answer)).toBe('signed-in')
      expect(engine.prompt.panels).toHaveLength(1)
    } finally {
      await faulty.close()
    }
  })
})

describe('what the person can do besides', () => {
  it('later: the turn goes on, nobody is asked again, and /login asks again', async () => {
    const engine = createEngine({ first: { kind: 'later' } })
    const answer = await engine.ask(request([one.issuer]))
    expect(answer).toMatchObject({ kind: 'cancelled', error: { kind: 'later', exitCode: 5 } })
    expect(engine.prompt.panels[0]?.result).toEqual({ kind: 'later' })
    expect(whyOf(await engine.ask(request([one.issuer])))).toBe('later')
    expect(engine.prompt.panels).toHaveLength(1)
    engine.forgetRefusals('notes')
    await engine.ask(request([one.issuer]))
    expect(engine.prompt.panels).toHaveLength(2)
    expect(one.requests).toEqual([])
  })

  it('another account: the page asks who it is, and the first address is good for nothing any more', async () => {
    const engine = createEngine({ browser: scriptedBrowser({}, true) })
    engine.browser.broken = true
    const answer = engine.ask(request([one.issuer]))
    const panel = await engine.prompt.panel()
    panel.choose(BROWSER)
    const { url: first } = await panel.step('browser')
    engine.browser.broken = false
    panel.choose({ kind: 'account' })
    const { url } = await panel.step('browser', 2)
    expect(new URL(url).searchParams.get('prompt')).toBe('login consent')
    const state = (address: string) => new URL(address).searchParams.get('state')
    expect(state(url)).not.toBe(state(first))
    expect(tokenOf(await answer)).toMatch(/^ey/)
    expect(one.count('registration')).toBe(1)
  })

  it('another account by an address: no browser is opened here, also after a device code', async () => {
    const engine = createEngine({ first: { kind: 'route', route: 'device' } })
    const over = new AbortController()
    const answer = engine.ask(request([one.issuer]), over.signal)
    const panel = await engine.prompt.panel()
    await panel.step('device')
    panel.choose({ kind: 'account', route: 'paste' })
    const { url } = await panel.step('paste')
    expect(new URL(url).searchParams.get('prompt')).toBe('login consent')
    expect(engine.browser.opened).toEqual([])
    over.abort()
    await answer
  })

  it('sees since when the sign-in server is known, and over SSH what brings the browser back', async () => {
    const policy = { forward: (port: number) => clean(`ssh -L ${port}:127.0.0.1:${port} ada@devbox`) }
    const engine = createEngine({ first: BROWSER, policy })
    await engine.ask(request([one.issuer]))
    const [panel] = engine.prompt.panels
    expect(panel?.view.knownSince).toBeUndefined()
    const { url, forward } = await (await engine.prompt.panel()).step('browser')
    const { port } = new URL(new URL(url).searchParams.get('redirect_uri') ?? '')
    expect(forward).toBe(`ssh -L ${port}:127.0.0.1:${port} ada@devbox`)
    await engine.ask(request([one.issuer], 'reauth'))
    expect(engine.prompt.panels[1]?.view.knownSince).toEqual(expect.any(Number))
  })
})

describe('rights', () => {
  it('T-06: fewer than asked are accepted and remembered, and a server that wants more costs two rounds', async () => {
    const modest = await startFaultyServer()
    modest.break('/token', json({ access_token: 'modest', token_type: 'Bearer', scope: 'notes.read' }))
    try {
      const engine = createEngine({ first: BROWSER })
      const place = { mcp: modest.mcp, issuer: modest.origin }
      const challenge = { scope: 'notes.read notes.write' }
      const ask = (reason: Reason) => engine.ask(requestFor(place, reason, { challenge }))
      expect(tokenOf(await ask('initial'))).toBe('modest')
      expect([...engine.store.grants.values()][0]?.scope).toBe('notes.read')
      expect(tokenOf(await ask('upscope'))).toBe('modest')
      expect(tokenOf(await ask('upscope'))).toBe('modest')
      expect(whyOf(await ask('upscope'))).toBe('sign-in-failed')
      expect(engine.prompt.panels).toHaveLength(3)
    } finally {
      await modest.close()
    }
  })

  it('are widened for a name only where the person wants that', async () => {
    const scopeAsked = () =>
      one.requests.findLast(({ endpoint }) => endpoint === 'authorization')?.parameters.scope?.split(' ')
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request([one.issuer]))
    expect(scopeAsked()).toEqual(['notes.read', 'offline_access'])
    const named = createEngine({ first: BROWSER, policy: { optionsOf: () => ({ identity: true }) } })
    await named.ask(request([one.issuer]))
    expect(scopeAsked()).toEqual(['notes.read', 'offline_access', 'openid', 'profile', 'email'])
    expect(named.prompt.panels[0]?.result).toMatchObject({ account: 'ada@example.com' })
  })

  it('of a client that acts for itself need nobody', async () => {
    const faulty = await startFaultyServer(
      { '/token': json({ access_token: 'machine', token_type: 'Bearer', expires_in: 60 }) },
      // A server for machines only has no page and no PKCE.
      { authorization_endpoint: undefined, device_authorization_endpoint: undefined },
    )
    try {
      const engine = createEngine({ policy: { ask: false } })
      const place = { mcp: faulty.mcp, issuer: faulty.origin }
      const client = { id: 'robot', grant: 'client_credentials' } as const
      const key = { server: webUrl(faulty.mcp, 'the server'), issuer: faulty.origin }
      await engine.store.writeClient(key, {
        id: 'robot',
        source: 'configured',
        secret: new Secret('s3cret'),
        authMethod: 'client_secret_basic',
      })
      expect(tokenOf(await engine.ask(requestFor(place, 'initial', { client })))).toBe('machine')
      expect(faulty.form('/token').get('grant_type')).toBe('client_credentials')
      expect(faulty.form('/token').get('resource')).toBe(faulty.mcp)
      expect(engine.prompt.panels).toEqual([])
      engine.clock.advance(60_000)
      expect(tokenOf(await engine.ask(requestFor(place, 'initial', { client })))).toBe('machine')
      expect(faulty.requests.filter(({ path }) => path === '/token')).toHaveLength(2)
    } finally {
      await faulty.close()
    }
  })
})
