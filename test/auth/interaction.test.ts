import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { AuthRequest, Reason } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { scriptedBrowser } from '../support/browser.ts'
import {
  BROWSER,
  CANCEL,
  createEngine,
  DEVICE,
  PASTE,
  requestFor,
  tokenOf,
  whyOf,
} from '../support/engine.ts'
import {
  type Fault,
  type FaultyServer,
  html,
  json,
  redirect,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { SOON } from '../support/patience.ts'
import { waitFor } from '../support/wait-for.ts'

let server: FaultyServer
const request = (reason: Reason = 'initial', more: Partial<AuthRequest> = {}) =>
  requestFor({ mcp: server.mcp, issuer: server.origin }, reason, more)

beforeEach(async () => {
  server = await startFaultyServer()
})
afterEach(() => server.close())

const paths = (path: string) => server.requests.filter(seen => seen.path === path).length
const tokenRequests = () => paths('/token')
const addressOf = (url: string) => new URL(url).searchParams.get('redirect_uri') ?? ''

/** The person opens the address; what the browser would be sent to is not followed. */
async function signInElsewhere(url: string): Promise<URL> {
  const response = await fetch(url, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? '')
}

/** An engine with a panel where the address is shown and nobody has followed it yet. */
async function waiting(more: Parameters<typeof createEngine>[0] = {}) {
  const engine = createEngine({ first: PASTE, ...more })
  const answer = engine.ask(request())
  const panel = await engine.prompt.panel()
  const { url } = await panel.step('paste')
  return { engine, answer, panel, url }
}

/** Device polling: the first `times` polls are answered by this. */
function firstPolls(times: number, fault: Fault): void {
  let left = times
  server.break('/token', (response, at) => {
    left -= 1
    if (left <= 0) server.break('/token', undefined)
    fault(response, at)
  })
}
const pending: Fault = json({ error: 'authorization_pending' }, 400)

describe('the redirect', () => {
  it('R-01: another state gets a 400 page, and the sign-in keeps waiting', async () => {
    const { answer, panel, url } = await waiting()
    const back = await signInElsewhere(url)
    const wrong = new URL(back)
    wrong.searchParams.set('state', 'of somebody else')
    const page = await fetch(wrong)
    expect(page.status).toBe(400)
    expect(await page.text()).toContain('Not part of this sign-in')
    expect(tokenRequests()).toBe(0)
    const last = await fetch(back)
    expect([last.status, await last.text()]).toEqual([200, expect.stringContaining('You are signed in')])
    expect(tokenOf(await answer)).toBeDefined()
    expect(panel.steps).toHaveLength(1)
  })

  it('R-02: an answer of another server ends the sign-in, and none of its text is shown', async () => {
    const { answer, panel, url } = await waiting()
    const back = await signInElsewhere(url)
    back.searchParams.set('iss', 'https://evil.example')
    back.searchParams.set('error', 'hostile_words')
    const page = await (await fetch(back)).text()
    expect(whyOf(await answer)).toBe('sign-in-failed')
    expect(`${page} ${JSON.stringify(panel.result)}`).not.toMatch(/hostile|evil/)
    expect(tokenRequests()).toBe(0)
  })

  it.each([
    ['R-03', 'access_denied', 'sign-in-denied'],
    ['R-04', 'server_error', 'http-trouble'],
    ['R-04', 'temporarily_unavailable', 'http-trouble'],
    ['R-04', 'invalid_scope', 'sign-in-failed'],
  ])('%s: the error %s ends as %s', async (_id, error, kind) => {
    const { engine, answer, url } = await waiting()
    const back = await signInElsewhere(url)
    back.searchParams.delete('code')
    back.searchParams.set('error', error)
    back.searchParams.set('error_description', 'the words of the server')
    expect(await (await fetch(back)).text()).not.toContain('words of the server')
    expect(whyOf(await answer)).toBe(kind)
    engine.clock.advance(30_001)
    void engine.ask(request())
    // Only a refusal is remembered for longer than the moment in which the runtime repeats itself.
    if (kind === 'sign-in-denied') expect(engine.prompt.panels).toHaveLength(1)
    else (await engine.prompt.panel(2)).choose(CANCEL)
  })

  it('R-06: a redirect that is delivered twice is used once', async () => {
    let answerToken = () => {}
    server.break('/token', (response, at) => {
      answerToken = () => json({ access_token: 'once', token_type: 'Bearer' })(response)
      void at
    })
    const { answer, url } = await waiting()
    const back = await signInElsewhere(url)
    const first = fetch(back)
    await waitFor(() => expect(tokenRequests()).toBe(1))
    const second = await fetch(back)
    expect([second.status, await second.text()]).toEqual([400, expect.stringContaining('Already used')])
    answerToken()
    expect((await first).status).toBe(200)
    expect(tokenOf(await answer)).toBe('once')
    expect(tokenRequests()).toBe(1)
  })

  it.each([
    ['missing', (query: URLSearchParams) => query.delete('code')],
    ['empty', (query: URLSearchParams) => query.set('code', '')],
    ['of 64 KiB', (query: URLSearchParams) => query.set('code', 'x'.repeat(65_536))],
    ['repeated', (query: URLSearchParams) => query.append('code', 'another')],
  ])('R-07: with a code that is %s it keeps waiting', async (_what, change) => {
    const { answer, url } = await waiting()
    const back = await signInElsewhere(url)
    const odd = new URL(back)
    change(odd.searchParams)
    expect((await fetch(odd)).status).toBe(400)
    expect((await fetch(back)).status).toBe(200)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('R-08: a busy port is replaced, and the registration names the one that is bound', async () => {
    const busy = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => busy.once('listening', resolve))
    const address = busy.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const engine = createEngine({ first: BROWSER })
    expect(tokenOf(await engine.ask(request('initial', { redirectPort: port })))).toBeDefined()
    const used = addressOf(engine.browser.opened[0] ?? '')
    expect(used).not.toContain(`:${port}/`)
    expect(server.requests.find(seen => seen.path === '/register')?.body).toContain(used)
    busy.close()
  })

  it('the port of the configuration, and later that of the registration, is used again', async () => {
    const engine = createEngine({ first: BROWSER })
    await engine.ask(request())
    await engine.ask(request('reauth'))
    const [one, two] = engine.browser.opened.map(addressOf)
    expect(two).toBe(one)
    expect(paths('/register')).toBe(1)
    const port = Number(new URL(one ?? '').port)
    const other = createEngine({ first: BROWSER })
    await other.ask(request('initial', { redirectPort: port }))
    expect(addressOf(other.browser.opened[0] ?? '')).toBe(one)
  })

  it('T-08: a code that is refused is not tried again', async () => {
    firstPolls(1, json({ error: 'invalid_grant' }, 400))
    const engine = createEngine({ first: BROWSER })
    expect(whyOf(await engine.ask(request()))).toBe('sign-in-expired')
    expect(tokenRequests()).toBe(1)
    await waitFor(() => expect(engine.browser.titles).toEqual(['The sign-in to notes did not work']))
  })

  it('T-07: a client that is refused right after its registration is not registered again', async () => {
    server.break('/token', json({ error: 'invalid_client' }, 401))
    const engine = createEngine({ first: BROWSER })
    expect(whyOf(await engine.ask(request()))).toBe('invalid-client')
    expect(paths('/register')).toBe(1)
  })
})

describe('paste', () => {
  it.each([
    ['the whole address', (back: URL) => ` ${back.href}\n`],
    ['what comes after the question mark', (back: URL) => back.search],
  ])('takes %s', async (_what, pasted) => {
    const { answer, panel, url } = await waiting({ browser: scriptedBrowser({}, false) })
    const back = await signInElsewhere(url)
    for (const wrong of [url, 'no address', `${back.origin}/?code=1&state=2`]) {
      panel.choose({ kind: 'pasted', address: wrong })
    }
    expect((await panel.step('trouble', 3)).error.message).toContain('not the address')
    expect(tokenRequests()).toBe(0)
    panel.choose({ kind: 'pasted', address: pasted(back) })
    expect(tokenOf(await answer)).toBeDefined()
    expect(panel.result).toMatchObject({ kind: 'signed-in' })
  })

  it('nothing is said about the right address where the browser was faster', async () => {
    let answerToken = () => {}
    server.break('/token', response => {
      answerToken = () => json({ access_token: 'once', token_type: 'Bearer' })(response)
    })
    const { answer, panel, url } = await waiting()
    const back = await signInElsewhere(url)
    const page = fetch(back)
    await waitFor(() => expect(tokenRequests()).toBe(1))
    panel.choose({ kind: 'pasted', address: back.href })
    panel.choose({ kind: 'pasted', address: 'https://wrong.example/' })
    await panel.step('trouble')
    answerToken()
    expect(tokenOf(await answer)).toBe('once')
    await page
    expect(panel.steps.map(step => step.kind)).toEqual(['paste', 'trouble'])
  })

  it('is judged like the listener: another issuer ends the sign-in', async () => {
    const { answer, panel, url } = await waiting()
    const back = await signInElsewhere(url)
    back.searchParams.set('iss', 'https://evil.example')
    panel.choose({ kind: 'pasted', address: back.href })
    expect(whyOf(await answer)).toBe('sign-in-failed')
  })
})

describe('routes side by side', () => {
  it('R-05: a browser that does not open leaves the address to be copied', async () => {
    const engine = createEngine({ first: BROWSER })
    engine.browser.broken = true
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    const step = await panel.step('browser')
    expect(step.opened).toBe(false)
    expect((await fetch(step.url)).status).toBe(200)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('nothing is registered, opened or polled before the first choice', async () => {
    const engine = createEngine()
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    expect(server.requests.map(seen => seen.path)).toEqual(['/.well-known/oauth-authorization-server'])
    expect(engine.browser.opened).toEqual([])
    panel.choose(CANCEL)
    await answer
  })

  it('the browser is opened again when it is chosen again, with the same address', async () => {
    server.break('/authorize', html())
    const engine = createEngine({ first: BROWSER })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await panel.step('browser')
    panel.choose(BROWSER)
    await panel.step('browser', 2)
    expect(engine.browser.opened[1]).toBe(engine.browser.opened[0])
    expect(paths('/register')).toBe(1)
    panel.choose(CANCEL)
    expect(whyOf(await answer)).toBe('cancelled')
  })

  it('the first route to finish wins and ends the other one', async () => {
    server.break('/token', pending)
    const engine = createEngine({ first: DEVICE })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await panel.step('device')
    await waitFor(() => expect(engine.clock.sleepers[0]).toBe(5000))
    engine.clock.advance(5000)
    await waitFor(() => expect([tokenRequests(), engine.clock.sleepers[0]]).toEqual([1, 5000]))
    server.break('/token', undefined)
    panel.choose(BROWSER)
    expect(tokenOf(await answer)).toBeDefined()
    expect(panel.result).toMatchObject({ kind: 'signed-in' })
    expect(engine.clock.sleepers).toEqual([])
    expect(tokenRequests()).toBe(2)
  })

  it('from the first choice on all of them are open; what is chosen decides what is shown', async () => {
    server.break('/authorize', html())
    server.break('/token', pending)
    const engine = createEngine({ first: BROWSER })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await panel.step('browser')
    await waitFor(() => expect(paths('/device')).toBe(1))
    await waitFor(() => expect(engine.clock.sleepers[0]).toBe(5000))
    expect(panel.steps.map(step => step.kind)).toEqual(['browser'])
    panel.choose(DEVICE)
    await panel.step('device')
    panel.choose(PASTE)
    await panel.step('paste')
    expect([paths('/device'), paths('/register'), engine.browser.opened.length]).toEqual([1, 1, 1])
    server.break('/token', undefined)
    engine.clock.advance(5000)
    expect(tokenOf(await answer)).toBeDefined()
    expect(engine.clock.sleepers).toEqual([])
  })

  it('a route that nobody has looked at fails without a word, and says why when it is chosen', async () => {
    server.break('/authorize', html())
    server.break('/device', json({ error: 'unauthorized_client' }, 400))
    const engine = createEngine({ first: BROWSER })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await panel.step('browser')
    await waitFor(() => expect(paths('/device')).toBe(1))
    panel.choose(DEVICE)
    expect(await panel.step('trouble')).toMatchObject({ route: 'device', error: { kind: 'sign-in-failed' } })
    expect(panel.steps.map(step => step.kind)).toEqual(['browser', 'trouble'])
    panel.choose(CANCEL)
    await answer
  })

  it('choosing the code first opens no browser, and its page is ready all the same', async () => {
    server.break('/token', pending)
    const engine = createEngine({ first: DEVICE })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await panel.step('device')
    expect(engine.browser.opened).toEqual([])
    expect([paths('/register'), paths('/authorize')]).toEqual([1, 0])
    panel.choose(PASTE)
    await panel.step('paste')
    expect(engine.browser.opened).toEqual([])
    panel.choose(CANCEL)
    await answer
  })

  it('where nobody can look at another route, only the one that was named is started', async () => {
    const engine = createEngine({ first: BROWSER, policy: { attended: false } })
    expect(tokenOf(await engine.ask(request()))).toBeDefined()
    expect(paths('/device')).toBe(0)
    const other = createEngine({ first: DEVICE, policy: { attended: false } })
    const answer = other.ask(request())
    await (await other.prompt.panel()).step('device')
    await waitFor(() => expect(other.clock.sleepers[0]).toBe(5000))
    other.clock.advance(5000)
    expect(tokenOf(await answer)).toBeDefined()
    expect(paths('/authorize')).toBe(1)
  })

  it('a route that fails leaves a line while another goes on, and its code is shown again on request', async () => {
    server.break('/authorize', (response, { request: { url } }) => {
      const query = new URL(url ?? '', server.origin).searchParams
      const parameters = { error: 'server_error', state: query.get('state') ?? '', iss: server.origin }
      redirect(`${query.get('redirect_uri')}?${new URLSearchParams(parameters)}`)(response)
    })
    const engine = createEngine({ first: DEVICE })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await panel.step('device')
    panel.choose(BROWSER)
    expect(await panel.step('trouble')).toMatchObject({ route: 'browser', error: { kind: 'http-trouble' } })
    panel.choose(DEVICE)
    await panel.step('device', 2)
    expect(paths('/device')).toBe(1)
    engine.clock.advance(5000)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('a code that was chosen first is shown although its page cannot be: the callback port is taken', async () => {
    const busy = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void busy.close())
    await once(busy, 'listening')
    const address = busy.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const callbackUrl = webUrl(`http://127.0.0.1:${port}/`, 'the callback')
    const engine = createEngine({ first: DEVICE, policy: { optionsOf: () => ({ callbackUrl }) } })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await panel.step('device')
    expect(panel.steps.map(step => step.kind)).toEqual(['device'])
    panel.choose(PASTE)
    expect(await panel.step('trouble')).toMatchObject({ route: 'paste', error: { kind: 'sign-in-failed' } })
    engine.clock.advance(5000)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('... and where the server registers no apps that have a redirect address', async () => {
    server.break('/register', (response, { body }) => {
      const refused = JSON.parse(body).redirect_uris.length > 0
      json(refused ? { error: 'invalid_redirect_uri' } : { client_id: 'one' }, refused ? 400 : 201)(response)
    })
    const engine = createEngine({ first: DEVICE })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await panel.step('device')
    engine.clock.advance(5000)
    expect(tokenOf(await answer)).toBeDefined()
    expect(panel.steps.map(step => step.kind)).toEqual(['device'])
  })

  it('... and where it registers none at all, the person is asked for a client id', async () => {
    const other = await startFaultyServer({}, { registration_endpoint: undefined })
    onTestFinished(() => other.close())
    const engine = createEngine({ first: DEVICE })
    const answer = engine.ask(requestFor({ mcp: other.mcp, issuer: other.origin }))
    const panel = await engine.prompt.panel()
    expect(await panel.step('client')).toMatchObject({ error: { kind: 'no-client' } })
    panel.choose({ kind: 'client', id: 'mine' })
    await panel.step('device')
    expect(other.form('/device').get('client_id')).toBe('mine')
    engine.clock.advance(5000)
    expect(tokenOf(await answer)).toBeDefined()
    expect(panel.steps.map(step => step.kind)).toEqual(['client', 'device'])
  })

  it('two keys at once cost one registration', async () => {
    const registrations: (() => void)[] = []
    server.break('/register', (response, { body }) =>
      registrations.push(() => json({ ...JSON.parse(body), client_id: 'one' }, 201)(response)),
    )
    server.break('/authorize', html())
    const engine = createEngine({ first: BROWSER })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    panel.choose(DEVICE)
    await waitFor(() => expect(registrations).toHaveLength(1))
    for (const answerOne of registrations) answerOne()
    await panel.step('device')
    expect(registrations).toHaveLength(1)
    panel.choose(CANCEL)
    await answer
  })

  it('the last route to fail ends the sign-in with its error', async () => {
    server.break('/register', json({ error: 'invalid_redirect_uri' }, 400))
    const engine = createEngine({ first: BROWSER, policy: { attended: false } })
    expect(whyOf(await engine.ask(request()))).toBe('no-client')
    expect(engine.prompt.panels[0]?.result).toMatchObject({ kind: 'failed', error: { kind: 'no-client' } })
  })
})

describe('device code', () => {
  async function waitingForCode(more: Parameters<typeof createEngine>[0] = {}) {
    const engine = createEngine({ first: DEVICE, ...more })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    const step = await panel.step('device')
    const sleeps = (ms: number) => waitFor(() => expect(engine.clock.sleepers[0]).toBe(ms), { interval: 2 })
    return { engine, answer, panel, step, sleeps }
  }

  it('shows code and page, and waits 5 s between polls when the server says nothing', async () => {
    firstPolls(2, pending)
    const { engine, answer, step, sleeps } = await waitingForCode()
    expect(step).toMatchObject({ page: `${server.origin}/activate`, code: 'BCDF-GHJK' })
    expect(step.expiresAt).toBe(engine.clock.now() + 600_000)
    for (const polls of [0, 1, 2]) {
      await sleeps(5000)
      expect(tokenRequests()).toBe(polls)
      engine.clock.advance(4999)
      expect(engine.clock.sleepers[0]).toBe(1)
      engine.clock.advance(1)
    }
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('D-01: a denial ends it', async () => {
    firstPolls(1, json({ error: 'access_denied' }, 400))
    const { engine, answer, sleeps } = await waitingForCode()
    await sleeps(5000)
    engine.clock.advance(5000)
    expect(whyOf(await answer)).toBe('sign-in-denied')
  })

  it('D-02: a code that ran out is not polled for any more', async () => {
    firstPolls(1, json({ error: 'expired_token' }, 400))
    const { engine, answer, panel, sleeps } = await waitingForCode()
    await sleeps(5000)
    engine.clock.advance(5000)
    expect(whyOf(await answer)).toBe('sign-in-expired')
    expect(panel.result).toMatchObject({ error: { message: expect.stringMatching(/ran out, .* a new one/) } })
    expect(engine.clock.sleepers).toEqual([])
    expect(tokenRequests()).toBe(1)
  })

  it('D-02: beside a browser that is still open, another code can be asked for', async () => {
    firstPolls(1, json({ error: 'expired_token' }, 400))
    server.break('/authorize', html())
    const { engine, answer, panel, sleeps } = await waitingForCode()
    panel.choose(BROWSER)
    await panel.step('browser')
    await sleeps(5000)
    engine.clock.advance(5000)
    expect(await panel.step('trouble')).toMatchObject({ route: 'device', error: { kind: 'sign-in-expired' } })
    panel.choose(DEVICE)
    await panel.step('device', 2)
    await sleeps(5000)
    engine.clock.advance(5000)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('D-03: a 429 is waited out as long as it says', async () => {
    firstPolls(1, (response, at) => {
      response.setHeader('retry-after', '30')
      json({}, 429)(response)
      void at
    })
    const { engine, answer, sleeps } = await waitingForCode()
    await sleeps(5000)
    engine.clock.advance(5000)
    await sleeps(30_000)
    engine.clock.advance(30_000)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('slow_down adds 5 s for good, and a network that is away makes the pause longer', async () => {
    firstPolls(1, json({ error: 'slow_down' }, 400))
    const { engine, answer, sleeps } = await waitingForCode()
    await sleeps(5000)
    firstPolls(1, json({ error: 'slow_down' }, 400))
    engine.clock.advance(5000)
    await sleeps(10_000)
    firstPolls(1, (_response, { request: { socket } }) => socket.resetAndDestroy())
    engine.clock.advance(10_000)
    await sleeps(20_000)
    firstPolls(1, json({}, 503))
    engine.clock.advance(20_000)
    await sleeps(40_000)
    firstPolls(1, pending)
    engine.clock.advance(40_000)
    await sleeps(40_000)
    engine.clock.advance(40_000)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('D-06: after the machine slept there is one more poll, and a code that ran out is over', async () => {
    server.break('/token', json({ error: 'expired_token' }, 400))
    const { engine, answer, sleeps } = await waitingForCode({ policy: { timeoutMs: 3_600_000 } })
    await sleeps(5000)
    engine.clock.advance(3_000_000)
    expect(whyOf(await answer)).toBe('sign-in-expired')
    expect(tokenRequests()).toBe(1)
  })

  it('D-06: a clock that was put forward is no sleep: the server says that the code still counts', async () => {
    const { engine, answer, sleeps } = await waitingForCode({ policy: { timeoutMs: 7_200_000 } })
    await sleeps(5000)
    firstPolls(1, pending)
    engine.clock.advance(3_600_000)
    await sleeps(5000)
    engine.clock.advance(5000)
    expect(tokenOf(await answer)).toBeDefined()
    expect(tokenRequests()).toBe(2)
  })

  it('D-06: ... and if the person has finished meanwhile, that poll signs in', async () => {
    const { engine, answer, sleeps } = await waitingForCode({ policy: { timeoutMs: 3_600_000 } })
    await sleeps(5000)
    engine.clock.advance(3_000_000)
    expect(tokenOf(await answer)).toBeDefined()
  })

  it('D-07: Esc ends it at once, without another poll', async () => {
    server.break('/token', () => {})
    const { engine, answer, panel, sleeps } = await waitingForCode()
    await sleeps(5000)
    engine.clock.advance(5000)
    await waitFor(() => expect(tokenRequests()).toBe(1))
    const before = performance.now()
    panel.choose(CANCEL)
    expect(whyOf(await answer)).toBe('cancelled')
    expect(performance.now() - before).toBeLessThan(SOON)
    expect(engine.clock.sleepers).toEqual([])
    expect(tokenRequests()).toBe(1)
  })
})

describe('how it ends', () => {
  it('the time is up', async () => {
    const { engine, answer, panel, url } = await waiting({ policy: { timeoutMs: 60_000 } })
    expect(panel.view.deadline).toBe(engine.clock.now() + 60_000)
    engine.clock.advance(60_000)
    expect(whyOf(await answer)).toBe('sign-in-expired')
    expect(panel.result).toMatchObject({ kind: 'failed', error: { exitCode: 4 } })
    await expect(fetch(addressOf(url))).rejects.toThrow()
  })

  it('a request that is withdrawn closes the panel, and nothing is remembered', async () => {
    const engine = createEngine({ first: PASTE })
    const withdrawal = new AbortController()
    const answer = engine.ask(request(), withdrawal.signal)
    const panel = await engine.prompt.panel()
    const { url } = await panel.step('paste')
    withdrawal.abort()
    expect((await answer).kind).toBe('cancelled')
    expect(panel.result).toEqual({ kind: 'withdrawn' })
    await expect(fetch(addressOf(url))).rejects.toThrow()
    const again = engine.ask(request())
    const second = await engine.prompt.panel(2)
    second.choose(CANCEL)
    await again
  })

  it('a panel that two requests share stays while one of them waits', async () => {
    const engine = createEngine({ first: PASTE })
    const withdrawal = new AbortController()
    const answers = [engine.ask(request(), withdrawal.signal), engine.ask(request())]
    const panel = await engine.prompt.panel()
    const { url } = await panel.step('paste')
    withdrawal.abort()
    await fetch(await signInElsewhere(url))
    for (const answer of answers) expect(tokenOf(await answer)).toBeDefined()
  })

  it('a token that came before the withdrawal is kept', async () => {
    const engine = createEngine({ first: BROWSER })
    const withdrawal = new AbortController()
    const write = engine.store.write
    engine.store.write = async (key, grant) => {
      withdrawal.abort()
      await write(key, grant)
    }
    expect(tokenOf(await engine.ask(request(), withdrawal.signal))).toBeDefined()
    expect(engine.store.grants.size).toBe(1)
    expect(engine.prompt.panels[0]?.result).toMatchObject({ kind: 'signed-in' })
  })

  it('an error of any other kind ends as cancelled, with one line', async () => {
    const engine = createEngine()
    engine.prompt.signIn = () => {
      throw new TypeError('a bug in a panel')
    }
    expect(whyOf(await engine.ask(request()))).toBe('failure')
    expect(engine.prompt.lines).toEqual(['the sign-in to notes failed'])
  })

  it('the same failure is told once, although the runtime asks again only when the sign-in to another server is over', async () => {
    server.break('/.well-known/oauth-authorization-server', json({}, 500))
    const engine = createEngine({ policy: { again: name => `/login ${name}` } })
    const other = await startFaultyServer()
    try {
      const waiting = engine.ask(requestFor({ mcp: other.mcp, issuer: other.origin }))
      const panel = await engine.prompt.panel()
      expect(whyOf(await engine.ask(request()))).toBe('http-trouble')
      engine.clock.advance(60_000)
      expect(whyOf(await engine.ask(request()))).toBe('http-trouble')
      panel.choose(CANCEL)
      await waiting
      engine.clock.advance(29_000)
      expect(whyOf(await engine.ask(request()))).toBe('http-trouble')
      expect(engine.prompt.lines).toEqual([
        `notes: ${new URL(server.origin).host} has temporary trouble, try again later. /login notes tries again`,
      ])
      engine.clock.advance(31_000)
      await engine.ask(request())
      expect(engine.prompt.lines).toHaveLength(2)
    } finally {
      await other.close()
    }
  })

  it('the same failure is told once, although the runtime asks twice', async () => {
    server.break('/.well-known/oauth-authorization-server', json({}, 500))
    const engine = createEngine()
    expect(whyOf(await engine.ask(request()))).toBe('http-trouble')
    expect(whyOf(await engine.ask(request()))).toBe('http-trouble')
    expect(engine.prompt.lines).toHaveLength(1)
    engine.clock.advance(30_000)
    await engine.ask(request())
    expect(engine.prompt.lines).toHaveLength(2)
  })

  it('a grant that the store cannot take lasts for the session, said once', async () => {
    const engine = createEngine({ first: BROWSER })
    engine.store.failWrites = new Error('disk full')
    const token = tokenOf(await engine.ask(request()))
    expect(engine.prompt.panels[0]?.result).toMatchObject({ kind: 'signed-in', keptIn: 'memory' })
    expect(tokenOf(await engine.ask(request()))).toBe(token)
    expect(tokenOf(await engine.ask(request('refresh', { calls: ['call-1'] })))).not.toBe(token)
    expect(engine.prompt.panels).toHaveLength(1)
    expect(engine.prompt.lines).toEqual(['the token store failed; sign-ins last until you leave'])
  })
})

describe('--sign-in <route>', () => {
  it('is the first one that the prompt is given, and nothing starts before the prompt chooses', async () => {
    const engine = createEngine({ policy: { route: 'device' } })
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    expect(panel.view.routes).toEqual(['device', 'browser', 'paste'])
    expect(paths('/device')).toBe(0)
    panel.choose(CANCEL)
    await answer
  })

  it('is left out where the server does not have it', async () => {
    const plain = await startFaultyServer({}, { device_authorization_endpoint: undefined })
    const engine = createEngine({ first: CANCEL, policy: { route: 'device' } })
    await engine.ask(requestFor({ mcp: plain.mcp, issuer: plain.origin }))
    expect(engine.prompt.panels[0]?.view.routes).toEqual(['browser', 'paste'])
    await plain.close()
  })
})
