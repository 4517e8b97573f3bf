import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { visit } from '../../demo/visit.ts'
import { Secret } from '../../src/auth/secret.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { scriptedBrowser } from '../support/browser.ts'
import { hurried } from '../support/clock.ts'
import {
  BROWSER,
  CANCEL,
  createEngine,
  DEVICE,
  PASTE,
  requestFor,
  storedGrant,
  tokenOf,
  whyOf,
} from '../support/engine.ts'
import { SOON } from '../support/patience.ts'
import { waitFor } from '../support/wait-for.ts'

/** Against a real authorization server (oidc-provider), with a browser that fills its forms. */
let server: AuthorizationServer
const mcp = 'http://127.0.0.1:1/mcp'
const request = (
  ...more: [reason?: Parameters<typeof requestFor>[1], more?: Parameters<typeof requestFor>[2]]
) => requestFor({ mcp, issuer: server.issuer }, ...more)

beforeEach(async () => {
  server = await startAuthorizationServer({ resource: mcp })
})
afterEach(() => server.close())

describe('initial', () => {
  it('signs in by browser, keeps the grant, and never asks again', async () => {
    const engine = createEngine()
    const answer = engine.ask(request('initial', { challenge: { scope: 'openid notes.read' } }))
    const panel = await engine.prompt.panel()
    expect(panel.view).toMatchObject({
      server: 'notes',
      serverHost: '127.0.0.1:1',
      pageHost: new URL(server.issuer).host,
      reason: 'initial',
      newScopes: expect.arrayContaining(['notes.read']),
      grantedScopes: [],
      keptIn: 'keychain',
      routes: ['browser', 'device', 'paste'],
      deadline: engine.clock.now() + 600_000,
    })
    expect(server.requests).toEqual([])

    panel.choose(BROWSER)
    const token = tokenOf(await answer)
    expect(token).toMatch(/^ey/)
    expect(panel.result).toEqual({ kind: 'signed-in', account: expect.any(String), keptIn: 'keychain' })
    expect(panel.steps).toEqual([{ kind: 'browser', url: engine.browser.opened[0], opened: true }])
    await waitFor(() => expect(engine.browser.titles).toEqual(['You are signed in to notes']))
    expect([...engine.store.grants.values()][0]).toMatchObject({ issuer: server.issuer, resource: mcp })

    const next = createEngine({ store: engine.store, clock: engine.clock })
    expect(tokenOf(await next.ask(request()))).toBe(token)
    expect(next.prompt.panels).toEqual([])
  })

  it('binds the address that it registers', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request())
    const [registration] = server.requests.filter(({ endpoint }) => endpoint === 'registration')
    const redirect = new URL(engine.browser.opened[0] ?? '').searchParams.get('redirect_uri')
    expect(registration?.parameters.redirect_uris).toBe(JSON.stringify([redirect]))
    expect(redirect).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  })

  it('signs in by device code', async () => {
    const engine = createEngine({ first: DEVICE, browser: scriptedBrowser({}, false) })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    expect(panel.view.routes).toEqual(['device', 'paste', 'browser'])
    const { page, code } = await panel.step('device')
    await waitFor(() => expect(engine.clock.sleepers[0]).toBe(1000))
    engine.clock.advance(1000)
    await visit(page, { code })
    await waitFor(() => expect(engine.clock.sleepers[0]).toBe(1000))
    engine.clock.advance(1000)
    expect(tokenOf(await answer)).toMatch(/^ey/)
    expect(engine.browser.opened).toEqual([])
  })
})

describe('the other reasons', () => {
  /** An engine whose person has signed in before, with the token that was answered. */
  async function signedIn() {
    const engine = createEngine({ first: BROWSER })
    const token = tokenOf(await engine.ask(request()))
    return { engine, token }
  }

  it('refresh: renews in silence and rotates the refresh token', async () => {
    const { engine, token } = await signedIn()
    const refresh = [...engine.store.grants.values()][0]?.refresh?.reveal()
    const renewed = tokenOf(await engine.ask(request('refresh', { calls: ['call-1'] })))
    expect(renewed).toMatch(/^ey/)
    expect(renewed).not.toBe(token)
    expect(engine.prompt.panels).toHaveLength(1)
    const grant = [...engine.store.grants.values()][0]
    expect(grant?.access.reveal()).toBe(renewed)
    expect(grant?.refresh?.reveal()).not.toBe(refresh)
    expect(server.count('token', 'refresh_token')).toBe(1)
  })

  it('refresh: renews again and again, as long as the renewed tokens are good for a while', async () => {
    const { engine } = await signedIn()
    for (const call of ['call-1', 'call-2', 'call-3']) {
      expect(tokenOf(await engine.ask(request('refresh', { calls: [call] })))).toMatch(/^ey/)
    }
    expect(engine.prompt.panels).toHaveLength(1)
  })

  it('refresh: asks when the renewed token is rejected in the same call', async () => {
    const { engine } = await signedIn()
    await engine.ask(request('refresh', { calls: ['call-1'] }))
    expect(tokenOf(await engine.ask(request('refresh', { calls: ['call-1'] })))).toMatch(/^ey/)
    expect(engine.prompt.panels).toHaveLength(2)
    expect(engine.prompt.panels[1]?.view.reason).toBe('refresh')
  })

  it('a renewal that was of no use says nothing about the sign-in after it', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request())
    for (const calls of [['call-1'], ['call-1']]) await engine.ask(request('refresh', { calls }))
    expect([server.count('token', 'refresh_token'), engine.prompt.panels.length]).toEqual([1, 2])
    engine.clock.advance(3600_000)
    expect(tokenOf(await engine.ask(request()))).toMatch(/^ey/)
    expect([server.count('token', 'refresh_token'), engine.prompt.panels.length]).toEqual([2, 2])
  })

  it('refresh: a grant that was withdrawn is forgotten, and the person is asked', async () => {
    const { engine, token } = await signedIn()
    server.revokeAll()
    const renewed = tokenOf(await engine.ask(request('refresh', { calls: ['call-1'] })))
    expect(renewed).toMatch(/^ey/)
    expect(renewed).not.toBe(token)
    expect(engine.prompt.panels).toHaveLength(2)
    expect(engine.prompt.lines).toEqual([])
  })

  it('upscope: asks for the union and keeps what was granted', async () => {
    const { engine, token } = await signedIn()
    const answer = engine.ask(request('upscope', { challenge: { scope: 'notes.read notes.write' } }))
    const widened = tokenOf(await answer)
    expect(widened).not.toBe(token)
    expect(engine.prompt.panels[1]?.view).toMatchObject({
      reason: 'upscope',
      newScopes: expect.arrayContaining(['notes.write']),
      grantedScopes: expect.arrayContaining(['notes.read']),
    })
    const grant = [...engine.store.grants.values()][0]
    expect(grant?.scope?.split(' ')).toEqual(expect.arrayContaining(['notes.read', 'notes.write']))
    expect(server.count('registration')).toBe(1)
  })

  it('reauth: asks, with the client that is known', async () => {
    const { engine, token } = await signedIn()
    const next = tokenOf(await engine.ask(request('reauth', { calls: ['call-1'] })))
    expect(next).toMatch(/^ey/)
    expect(next).not.toBe(token)
    expect(engine.prompt.panels[1]?.view.reason).toBe('reauth')
    expect(server.count('registration')).toBe(1)
  })

  it('T-07: registers once more when the server has forgotten the client', async () => {
    const { engine } = await signedIn()
    server.forgetClients()
    expect(tokenOf(await engine.ask(request('refresh', { calls: ['call-1'] })))).toMatch(/^ey/)
    expect(server.count('registration')).toBe(2)
  })

  it('T-07: a device code with a forgotten client is asked for with a new one', async () => {
    const engine = createEngine({ first: DEVICE })
    storedGrant(engine.store, { mcp, issuer: server.issuer }, engine.clock.now())
    const answer = engine.ask(request('reauth'))
    await (await engine.prompt.panel()).step('device')
    expect(server.count('registration')).toBe(1)
    engine.prompt.panels[0]?.choose(CANCEL)
    await answer
  })
})

describe('refusals', () => {
  it('R-03: a sign-in that was declined on the page is not asked for again in this session', async () => {
    const engine = createEngine({ first: BROWSER })
    server.denyNext()
    expect(whyOf(await engine.ask(request()))).toBe('sign-in-denied')
    expect(engine.prompt.panels[0]?.result).toMatchObject({ kind: 'failed' })
    await waitFor(() => expect(engine.browser.titles).toEqual(['The sign-in to notes was declined']))
    expect(whyOf(await engine.ask(request()))).toBe('sign-in-denied')
    expect(engine.prompt.panels).toHaveLength(1)
    expect(engine.prompt.lines).toEqual([])
    expect(engine.store.grants.size).toBe(0)
  })

  it('Esc answers at once, and the server stays quiet until it is asked for', async () => {
    const engine = createEngine()
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    panel.choose(DEVICE)
    panel.choose(PASTE)
    await panel.step('device')
    const { url } = await panel.step('paste')
    const before = performance.now()
    panel.choose(CANCEL)
    expect(whyOf(await answer)).toBe('cancelled')
    expect(performance.now() - before).toBeLessThan(SOON)
    expect(panel.result).toEqual({ kind: 'cancelled' })
    expect(engine.clock.sleepers).toEqual([])
    const redirect = new URL(url).searchParams.get('redirect_uri') ?? ''
    await expect(fetch(redirect)).rejects.toThrow()

    expect(whyOf(await engine.ask(request()))).toBe('cancelled')
    expect(engine.prompt.panels).toHaveLength(1)
    engine.forgetRefusals('other')
    expect(whyOf(await engine.ask(request()))).toBe('cancelled')
    engine.forgetRefusals('notes')
    const again = engine.ask(request())
    const second = await engine.prompt.panel(2)
    second.choose(BROWSER)
    expect(tokenOf(await again)).toMatch(/^ey/)
  })

  it('the reauth that follows a refused refresh of the same call is not shown', async () => {
    const engine = createEngine({ first: CANCEL })
    storedGrant(engine.store, { mcp, issuer: server.issuer }, engine.clock.now())
    expect(tokenOf(await engine.ask(request()))).toBe('stored access')
    expect(whyOf(await engine.ask(request('refresh', { calls: ['call-1'] })))).toBe('cancelled')
    expect(whyOf(await engine.ask(request('reauth', { calls: ['call-1'] })))).toBe('cancelled')
    expect(engine.prompt.panels).toHaveLength(1)
    expect(whyOf(await engine.ask(request('refresh', { calls: ['call-2'] })))).toBe('cancelled')
    expect(engine.prompt.panels).toHaveLength(2)
  })

  it('... also where several calls have waited for the one question', async () => {
    const engine = createEngine()
    const both = ['call-1', 'call-2'].map(call => engine.ask(request('refresh', { calls: [call] })))
    ;(await engine.prompt.panel()).choose(CANCEL)
    expect((await Promise.all(both)).map(whyOf)).toEqual(['cancelled', 'cancelled'])
    for (const calls of [['call-2'], ['call-1']])
      expect(whyOf(await engine.ask(request('reauth', { calls })))).toBe('cancelled')
    expect(engine.prompt.panels).toHaveLength(1)
  })

  it('a later sign-in ends them: an hour after it the token is renewed as ever', async () => {
    const engine = createEngine()
    storedGrant(engine.store, { mcp, issuer: server.issuer }, engine.clock.now())
    const first = engine.ask(request('refresh', { calls: ['call-1'] }))
    ;(await engine.prompt.panel(1)).choose(CANCEL)
    expect(whyOf(await first)).toBe('cancelled')
    const second = engine.ask(request('refresh', { calls: ['call-2'] }))
    ;(await engine.prompt.panel(2)).choose(BROWSER)
    expect(tokenOf(await second)).toMatch(/^ey/)
    engine.clock.advance(3600_000)
    expect(tokenOf(await engine.ask(request()))).toMatch(/^ey/)
    expect(server.count('token', 'refresh_token')).toBe(1)
    expect(engine.prompt.panels).toHaveLength(2)
  })

  it('that the person asked for the sign-in counts until there is one: no question for a passing fault then', async () => {
    const engine = createEngine()
    const first = engine.ask(request())
    ;(await engine.prompt.panel(1)).choose(CANCEL)
    await first
    engine.forgetRefusals('notes')
    const second = engine.ask(request())
    ;(await engine.prompt.panel(2)).choose(BROWSER)
    expect(tokenOf(await second)).toMatch(/^ey/)
    engine.clock.advance(3600_000)
    await server.close()
    const third = await hurried(engine.clock, () => engine.ask(request()))
    expect(whyOf(third)).toBe('renewal-failed')
    expect(engine.prompt.panels).toHaveLength(2)
    server = await startAuthorizationServer({ resource: mcp })
  })

  it('belong to the address: of two names for it, either one asks again', async () => {
    const engine = createEngine({ first: CANCEL })
    const named = (name: string) =>
      request('initial', { server: { name: clean(name), url: webUrl(mcp, 'the server') } })
    await engine.ask(named('one'))
    await engine.ask(named('two'))
    expect(engine.prompt.panels).toHaveLength(1)
    engine.forgetRefusals('two')
    await engine.ask(named('two'))
    expect(engine.prompt.panels).toHaveLength(2)
  })

  it('a request is answered, and the trouble told, also where no account can be named', async () => {
    const engine = createEngine({ policy: { accountOf: () => ' no name ' } })
    expect(whyOf(await engine.ask(request()))).toBe('usage')
    expect(engine.prompt.lines).toEqual([expect.stringContaining('is no name for an account')])
  })

  it('a request that is silenced is answered, whatever its metadata are', async () => {
    const engine = createEngine()
    const bad = { metadata: '<html>' }
    expect(whyOf(await engine.ask(request('initial', bad)))).toBe('http-content')
    expect(whyOf(await engine.ask(request('initial', bad)))).toBe('http-content')
    expect(engine.prompt.lines).toHaveLength(1)
  })

  it('declining more rights does not make the server quiet', async () => {
    const engine = createEngine({ first: CANCEL })
    const more = { challenge: { scope: 'notes.write' } }
    expect(whyOf(await engine.ask(request('upscope', more)))).toBe('cancelled')
    storedGrant(engine.store, { mcp, issuer: server.issuer }, engine.clock.now())
    expect(tokenOf(await engine.ask(request()))).toBe('stored access')
  })

  it('with nobody to ask, the caller gets the need and nothing is told or started', async () => {
    const engine = createEngine({ policy: { ask: false } })
    const answer = await engine.ask(request())
    expect(answer).toMatchObject({ kind: 'cancelled', error: { kind: 'sign-in-needed', exitCode: 4 } })
    await engine.ask(request())
    expect(engine.prompt.lines).toEqual([])
    expect(engine.prompt.panels).toEqual([])
    expect(server.requests).toEqual([])
  })
})

describe('rounds and sharing', () => {
  it('C-01: two requests for one server share one sign-in', async () => {
    const engine = createEngine()
    const answers = Promise.all([engine.ask(request()), engine.ask(request())])
    const panel = await engine.prompt.panel()
    panel.choose(BROWSER)
    const [one, two] = await answers
    expect(tokenOf(one)).toMatch(/^ey/)
    expect(tokenOf(two)).toBe(tokenOf(one))
    expect(engine.prompt.panels).toHaveLength(1)
    expect(server.count('authorization')).toBe(1)
  })

  it('C-02: a lock is never held while a person acts, and the later sign-in wins', async () => {
    const one = createEngine()
    const two = createEngine({ store: one.store })
    const answers = [one.ask(request()), two.ask(request())]
    const panels = [await one.prompt.panel(), await two.prompt.panel()]
    expect(one.store.inside).toBe(false)
    panels[0]?.choose(BROWSER)
    await answers[0]
    panels[1]?.choose(BROWSER)
    const last = await answers[1]
    expect([...one.store.grants.values()][0]?.access.reveal()).toBe(last && tokenOf(last))
  })

  it('C-03: a server that rejects every token costs two sign-ins, then says so', async () => {
    const engine = createEngine({ first: BROWSER })
    const round = async (call: string) => {
      for (const grant of engine.store.grants.values()) delete grant.refresh
      return engine.ask(request('refresh', { calls: [call] }))
    }
    await engine.ask(request())
    expect(tokenOf(await round('call-1'))).toMatch(/^ey/)
    const last = await round('call-2')
    expect(last).toMatchObject({
      error: { message: 'notes: the server does not accept the token it was given' },
    })
    expect(engine.prompt.panels).toHaveLength(2)
    engine.forgetRefusals('notes')
    expect(tokenOf(await round('call-3'))).toMatch(/^ey/)
  })

  it('C-03: a token that the server has worked with since counts for nothing against the next one', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request())
    for (const call of ['call-1', 'call-2', 'call-3', 'call-4']) {
      engine.accepted('notes')
      for (const grant of engine.store.grants.values()) delete grant.refresh
      expect(tokenOf(await engine.ask(request('refresh', { calls: [call] })))).toMatch(/^ey/)
    }
    expect(engine.prompt.panels).toHaveLength(5)
  })

  it('C-03: the same at start-up, where only the host sees that a token was not accepted', async () => {
    const engine = createEngine({ first: BROWSER })
    const { grant } = storedGrant(engine.store, { mcp, issuer: server.issuer }, engine.clock.now())
    expect(tokenOf(await engine.ask(request()))).toBe('stored access')
    engine.rejected('notes')
    expect(tokenOf(await engine.ask(request()))).not.toBe(grant.access.reveal())
    expect(engine.prompt.panels[0]?.view.reason).toBe('refresh')
  })

  it('C-06: a server that is never content costs two step-ups for the same rights', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request())
    const more = (scope: string) => engine.ask(request('upscope', { challenge: { scope } }))
    expect(tokenOf(await more('notes.read notes.write'))).toMatch(/^ey/)
    expect(tokenOf(await more('notes.write notes.read'))).toMatch(/^ey/)
    expect(whyOf(await more('notes.read notes.write'))).toBe('sign-in-failed')
    expect(engine.prompt.panels).toHaveLength(3)
  })

  it('C-06: a token that is refused right after a step-up is no reason for a third sign-in', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request())
    const more = { challenge: { scope: 'notes.read notes.write' } }
    expect(tokenOf(await engine.ask(request('upscope', more)))).toMatch(/^ey/)
    for (const grant of engine.store.grants.values()) delete grant.refresh
    engine.rejected('notes')
    expect(await engine.ask(request())).toMatchObject({
      error: { message: 'notes: the server does not accept the token it was given' },
    })
    expect(engine.prompt.panels).toHaveLength(2)
  })

  it('an upscope is answered from the store when another process got the rights', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request())
    const now = engine.clock.now()
    const access = new Secret('wider access')
    storedGrant(engine.store, { mcp, issuer: server.issuer }, now, {
      access,
      scope: 'notes.write notes.read',
    })
    const more = { challenge: { scope: 'notes.read notes.write' } }
    expect(tokenOf(await engine.ask(request('upscope', more)))).toBe('wider access')
    expect(engine.prompt.panels).toHaveLength(1)
  })
})
