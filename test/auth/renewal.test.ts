import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { isFresh } from '../../src/auth/forecast.ts'
import { createHttp, type Http } from '../../src/auth/http.ts'
import { Secret } from '../../src/auth/secret.ts'
import { createLock } from '../../src/auth/store/lock.ts'
import type { Grant, Reason } from '../../src/auth/types.ts'
import { HostError } from '../../src/errors.ts'
import { clean } from '../../src/text.ts'
import { hurried } from '../support/clock.ts'
import { CANCEL, createEngine, requestFor, storedGrant, tokenOf, whyOf } from '../support/engine.ts'
import {
  type Fault,
  type FaultyServer,
  json,
  raw,
  reset,
  silence,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { waitFor } from '../support/wait-for.ts'

let server: FaultyServer
const names = () => ({ mcp: server.mcp, issuer: server.origin })
const request = (reason: Reason = 'initial', calls: string[] = []) => requestFor(names(), reason, { calls })
const polls = () => server.requests.filter(seen => seen.path === '/token').length
const renewed: Fault = json({ access_token: 'renewed', token_type: 'Bearer', expires_in: 3600 })

/** An engine where nobody is asked, with a grant that ended a minute ago. */
function withExpired(more: Partial<Grant> = {}, engine = createEngine({ policy: { ask: false } })) {
  const now = engine.clock.now()
  const stored = storedGrant(engine.store, names(), now, {
    refresh: new Secret('stored refresh'),
    expiresAt: now - 60_000,
    ...more,
  })
  return { engine, ...stored }
}
const keptIn = (engine: ReturnType<typeof createEngine>) => [...engine.store.grants.values()][0]

beforeEach(async () => {
  server = await startFaultyServer({ '/token': renewed })
})
afterEach(() => server.close())

describe('isFresh', () => {
  const hour = 3_600_000
  it.each([
    ['long before its end', { expiresAt: hour }, 0, true],
    ['61 s before its end', { expiresAt: hour }, hour - 61_000, true],
    ['60 s before its end', { expiresAt: hour }, hour - 60_000, false],
    ['after its end', { expiresAt: hour }, hour + 1, false],
    ['a short life: a tenth of it before its end', { expiresAt: 30_000 }, 27_000, false],
    ['a short life: earlier than that', { expiresAt: 30_000 }, 26_999, true],
    ['no known end and no way to renew', {}, 100 * hour, true],
    ['no known end, renewable, within an hour', { refresh: new Secret('r') }, hour - 1, true],
    ['of the future, not renewable', { receivedAt: hour }, 0, true],
    ['of the future, renewable', { receivedAt: hour, refresh: new Secret('r') }, 0, false],
    ['no known end, renewable, after an hour', { refresh: new Secret('r') }, hour, false],
  ])('%s', (_what, grant, now, fresh) => {
    expect(isFresh({ receivedAt: 0, ...grant }, now)).toBe(fresh)
  })
})

describe('silent renewal', () => {
  it('renews an expired grant with its refresh token, and keeps that where the answer has none', async () => {
    const { engine } = withExpired()
    expect(await engine.ask(request())).toMatchObject({ kind: 'token', expiresIn: 3600 })
    expect(Object.fromEntries(server.form('/token'))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'stored refresh',
      client_id: 'stored client',
      resource: server.mcp,
    })
    expect(keptIn(engine)?.access.reveal()).toBe('renewed')
    expect(keptIn(engine)?.refresh?.reveal()).toBe('stored refresh')
  })

  it('two programs spend a refresh token once: the second takes over what the first has got', async () => {
    const { engine } = withExpired()
    const other = createEngine({ policy: { ask: false }, store: engine.store, clock: engine.clock })
    const answers = await Promise.all([engine.ask(request()), other.ask(request())])
    expect(answers.map(tokenOf)).toEqual(['renewed', 'renewed'])
    expect(polls()).toBe(1)
  })

  it('refresh: what another program has renewed meanwhile is answered without asking the server', async () => {
    const engine = createEngine({ policy: { ask: false } })
    storedGrant(engine.store, names(), engine.clock.now())
    expect(tokenOf(await engine.ask(request()))).toBe('stored access')
    storedGrant(engine.store, names(), engine.clock.now(), { access: new Secret('of another program') })
    expect(tokenOf(await engine.ask(request('reauth', ['call-1'])))).toBe('of another program')
    expect(polls()).toBe(0)
  })

  it('refresh: the token that was refused is never answered again', async () => {
    const engine = createEngine({ policy: { ask: false } })
    storedGrant(engine.store, names(), engine.clock.now())
    await engine.ask(request())
    expect(whyOf(await engine.ask(request('refresh', ['call-1'])))).toBe('sign-in-needed')
    expect(whyOf(await engine.ask(request('reauth', ['call-1'])))).toBe('sign-in-needed')
    expect(keptIn(engine)?.access.reveal()).toBe('stored access')
  })

  it('refresh without a token of ours in use: the stored one is the suspect', async () => {
    const { engine } = withExpired({ expiresAt: Number.MAX_SAFE_INTEGER })
    expect(tokenOf(await engine.ask(request('refresh', ['call-1'])))).toBe('renewed')
  })

  it.each([{}, { access_token: null }, { access_token: '' }])(
    'O6: invalid_grant forgets exactly that grant (with %j)',
    async more => {
      server.break('/token', json({ ...more, error: 'invalid_grant' }, 400))
      const { engine } = withExpired()
      expect(whyOf(await engine.ask(request()))).toBe('sign-in-needed')
      expect(engine.store.grants.size).toBe(0)
      expect(engine.prompt.lines).toEqual([])
    },
  )

  it('of several issuers without a usable grant, the first one says who it was', async () => {
    const second = await startFaultyServer()
    onTestFinished(() => second.close())
    const engine = createEngine({ first: CANCEL })
    const metadata = JSON.stringify({
      resource: server.mcp,
      authorization_servers: [server.origin, second.origin],
    })
    for (const [issuer, account] of [
      [server.origin, 'ada'],
      [second.origin, 'bob'],
    ] as const)
      storedGrant(engine.store, { mcp: server.mcp, issuer }, engine.clock.now(), {
        account: clean(account),
        expiresAt: engine.clock.now() - 60_000,
      })
    await engine.ask(requestFor(names(), 'initial', { metadata }))
    expect(engine.prompt.panels[0]?.view.account).toBe('ada')
  })

  describe('of two issuers the one that was used last', () => {
    /** The first named one has a grant that can be renewed; the person has gone over to the second one. */
    async function goneOver(more: Partial<Grant> = {}) {
      const second = await startFaultyServer({
        '/token': json({ access_token: 'second', token_type: 'Bearer' }),
      })
      onTestFinished(() => second.close())
      const { engine } = withExpired()
      const metadata = JSON.stringify({
        resource: server.mcp,
        authorization_servers: [server.origin, second.origin],
      })
      const { key, grant } = storedGrant(
        engine.store,
        { mcp: server.mcp, issuer: second.origin },
        engine.clock.now(),
        { access: new Secret('of the second'), refresh: new Secret('r'), ...more },
      )
      await engine.store.write(key, grant)
      return { engine, metadata }
    }

    it('answers, and the one that was left is not even asked', async () => {
      const { engine, metadata } = await goneOver()
      expect(tokenOf(await engine.ask(requestFor(names(), 'initial', { metadata })))).toBe('of the second')
      expect(server.requests).toEqual([])
    })

    it('is renewed before the one that was left is used', async () => {
      const { engine, metadata } = await goneOver({ expiresAt: 1 })
      storedGrant(engine.store, names(), engine.clock.now(), { access: new Secret('still good') })
      expect(tokenOf(await engine.ask(requestFor(names(), 'initial', { metadata })))).toBe('second')
    })
  })

  it('O6: invalid_grant does not touch the grant of another program that came in between', async () => {
    const { engine } = withExpired()
    server.break('/token', response => {
      storedGrant(engine.store, names(), engine.clock.now(), { access: new Secret('newer') })
      json({ error: 'invalid_grant' }, 400)(response)
    })
    await engine.ask(request())
    expect(keptIn(engine)?.access.reveal()).toBe('newer')
  })

  it.each([
    ['a server error', json({}, 500), 'renewal-failed', 4],
    ['a server that is too busy', json({}, 429), 'renewal-failed', 4],
    ['an unreadable answer', json([]), 'renewal-failed', 1],
    ['T-10: a connection that breaks twice', reset, 'renewal-failed', 2],
    ['a client that is unknown', json({ error: 'invalid_client' }, 401), 'sign-in-needed', 1],
  ])('L3: %s keeps everything that is stored', async (_what, fault, kind, requests) => {
    server.break('/token', fault)
    const { engine, grant } = withExpired()
    expect(whyOf(await hurried(engine.clock, () => engine.ask(request())))).toBe(kind)
    expect(keptIn(engine)).toBe(grant)
    expect(polls()).toBe(requests)
    // The need for a sign-in is for the caller to tell.
    expect(engine.prompt.lines).toHaveLength(kind === 'sign-in-needed' ? 0 : 1)
  })

  it('T-10: one more try under the lock when the connection broke', async () => {
    server.break('/token', (response, at) => {
      server.break('/token', renewed)
      reset(response, at)
    })
    const { engine } = withExpired()
    expect(tokenOf(await engine.ask(request()))).toBe('renewed')
    expect(engine.store.entered).toBe(1)
  })

  it('T-10: no answer in time is the same: one more try', async () => {
    server.break('/token', (response, at) => {
      server.break('/token', renewed)
      silence(response, at)
    })
    const http = createHttp(fetch, { deadlineMs: 200, bytes: 10_000 })
    const { engine } = withExpired({}, createEngine({ policy: { ask: false }, http }))
    expect(tokenOf(await engine.ask(request()))).toBe('renewed')
    expect(polls()).toBe(2)
    expect(engine.store.entered).toBe(1)
  })

  describe('T-10 under a lock of 30 s', () => {
    /** An engine whose next requests for a token stay without an answer until their deadlines, which `deadlines` holds. */
    function withSilence() {
      vi.useFakeTimers({ toFake: ['performance'] })
      onTestFinished(() => void vi.useRealTimers())
      const began = performance.now()
      const real = createHttp(fetch)
      const deadlines: number[] = []
      let silent = 0
      const http: Http = {
        ...real,
        async fetch(url, asked, within = Number.NaN) {
          deadlines.push(within)
          if (silent === 0) return real.fetch(url, asked)
          silent -= 1
          vi.advanceTimersByTime(within)
          throw new HostError('http-deadline', 'the server')
        },
      }
      const { engine, grant } = withExpired({}, createEngine({ policy: { ask: false }, http }))
      const lock = createLock({ warn: () => {} })
      engine.store.exclusive = (key, work) => lock.exclusive(key.server, work)
      const quiet = (times: number) => {
        silent = times
      }
      return { engine, grant, deadlines, quiet, elapsed: () => performance.now() - began }
    }

    it('a first request that hangs to its deadline is followed by another one', async () => {
      const { engine, deadlines, quiet } = withSilence()
      quiet(1)
      expect(tokenOf(await engine.ask(request()))).toBe('renewed')
      expect(deadlines).toEqual([15_000, 12_000])
    })

    it('when both hang, there is time left to say so', async () => {
      const { engine, grant, quiet, elapsed } = withSilence()
      quiet(2)
      expect(whyOf(await engine.ask(request()))).toBe('renewal-failed')
      expect(elapsed()).toBeLessThan(30_000)
      expect(keptIn(engine)).toBe(grant)
    })

    it('a late one that hangs is followed by none: its answer would come after the lock', async () => {
      const { engine, grant, deadlines, quiet, elapsed } = withSilence()
      server.break('/token', raw('{}', { 'retry-after': '12' }, 503))
      const answer = engine.ask(request())
      await waitFor(() => expect(engine.clock.sleepers).toEqual([12_000]), { interval: 2 })
      server.break('/token', renewed)
      quiet(1)
      vi.advanceTimersByTime(12_000)
      engine.clock.advance(12_000)
      expect(whyOf(await answer)).toBe('renewal-failed')
      expect(engine.prompt.lines).toEqual([expect.stringContaining('in time')])
      expect(deadlines).toEqual([15_000, 15_000])
      expect(elapsed()).toBeLessThan(30_000)
      expect(keptIn(engine)).toBe(grant)
    })
  })

  it('T-10: none after Esc', async () => {
    const withdrawal = new AbortController()
    server.break('/token', (response, at) => {
      withdrawal.abort()
      reset(response, at)
    })
    const { engine, grant } = withExpired()
    expect((await engine.ask(request(), withdrawal.signal)).kind).toBe('cancelled')
    expect(polls()).toBe(1)
    expect(keptIn(engine)).toBe(grant)
  })

  it('a server that is not there is tried again with patience: nothing was sent', async () => {
    const gone = await startFaultyServer()
    await gone.close()
    const away = await startFaultyServer({}, { token_endpoint: `${gone.origin}/token` })
    onTestFinished(away.close)
    const engine = createEngine({ policy: { ask: false } })
    const start = engine.clock.now()
    const names = { mcp: away.mcp, issuer: away.origin }
    const refresh = new Secret('stored refresh')
    const { grant } = storedGrant(engine.store, names, start, { refresh, expiresAt: start - 1 })
    expect(whyOf(await hurried(engine.clock, () => engine.ask(requestFor(names))))).toBe('renewal-failed')
    expect(engine.clock.now() - start).toBe(7000)
    expect(keptIn(engine)).toBe(grant)
  })

  describe('a lock that was lost before the answer was written', () => {
    /** The lock is lost as the renewed grant is written; meanwhile this happens. */
    function withLostLock(meanwhile: (engine: ReturnType<typeof createEngine>) => void = () => {}) {
      const { engine } = withExpired()
      const { write } = engine.store
      engine.store.write = async () => {
        engine.store.write = write
        meanwhile(engine)
        throw new HostError('store-unavailable', 'this program was stopped for too long')
      }
      return engine
    }

    it('nobody came in between: it is written under a new one', async () => {
      const engine = withLostLock()
      expect(tokenOf(await engine.ask(request()))).toBe('renewed')
      expect(keptIn(engine)?.access.reveal()).toBe('renewed')
      expect(engine.store.entered).toBe(2)
      expect(engine.prompt.lines).toEqual([])
    })

    it('another program has renewed: its grant stays and is the answer', async () => {
      const engine = withLostLock(({ store, clock }) =>
        storedGrant(store, names(), clock.now(), { access: new Secret('of another program') }),
      )
      expect(tokenOf(await engine.ask(request()))).toBe('of another program')
      expect(keptIn(engine)?.access.reveal()).toBe('of another program')
    })

    it('C-05: the person has signed out: nothing is written, and no token answered', async () => {
      const engine = withLostLock(({ store }) => store.grants.clear())
      expect(tokenOf(await engine.ask(request()))).toBeUndefined()
      expect(engine.store.grants.size).toBe(0)
    })

    it('the store cannot be used at all: it serves from memory, and one line says so', async () => {
      const engine = withLostLock(({ store }) => {
        store.failWrites = new Error('disk full')
      })
      expect(tokenOf(await engine.ask(request()))).toBe('renewed')
      expect(tokenOf(await engine.ask(request()))).toBe('renewed')
      expect(polls()).toBe(1)
      expect(engine.prompt.lines).toEqual(['the token store failed; sign-ins last until you leave'])
    })
  })

  it('a renewal that has been sent is finished and kept, although nobody waits for it', async () => {
    let finish = () => {}
    server.break('/token', (response, at) => {
      finish = () => renewed(response, at)
    })
    const { engine } = withExpired()
    const withdrawal = new AbortController()
    const answer = engine.ask(request(), withdrawal.signal)
    await waitFor(() => expect(polls()).toBe(1))
    withdrawal.abort()
    finish()
    await answer
    expect(keptIn(engine)?.access.reveal()).toBe('renewed')
  })

  it.each([
    ['seconds', { 'retry-after': '3' }, [3000]],
    [
      'a date',
      { date: 'Sat, 21 Nov 2026 10:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 10:00:07 GMT' },
      [7000],
    ],
    ['nothing', {}, [1000]],
    ['nonsense', { 'retry-after': 'soon' }, [1000]],
    ['more than our patience', { 'retry-after': '60' }, []],
  ])(
    'a server in trouble is asked again inside the attempt: Retry-After says %s',
    async (_what, headers, pauses) => {
      server.break('/token', raw('{}', headers, 503))
      const { engine } = withExpired()
      const answer = engine.ask(request())
      const seen: number[] = []
      if (pauses.length > 0) {
        await waitFor(() => expect(engine.clock.sleepers).toHaveLength(1), { interval: 2 })
        seen.push(...engine.clock.sleepers)
        server.break('/token', renewed)
        engine.clock.advance(seen[0] ?? 0)
      }
      expect(seen).toEqual(pauses)
      expect(tokenOf(await answer)).toBe(pauses.length > 0 ? 'renewed' : undefined)
      expect(engine.store.entered).toBe(1)
    },
  )

  it('metadata of a server in trouble is asked for again too, without the lock', async () => {
    const path = '/.well-known/oauth-authorization-server'
    server.break(path, raw('{}', { 'retry-after': '2' }, 503))
    const { engine } = withExpired()
    const answer = engine.ask(request())
    await waitFor(() => expect(engine.clock.sleepers).toEqual([2000]), { interval: 2 })
    expect(engine.store.entered).toBe(0)
    server.break(path, undefined)
    engine.clock.advance(2000)
    expect(tokenOf(await answer)).toBe('renewed')
  })

  it('a lock that is lost ends a pause, too, and nothing is sent after it', async () => {
    server.break('/token', json({}, 503))
    const { engine, grant } = withExpired()
    const lost = new AbortController()
    engine.store.exclusive = (_key, work) => work(lost.signal, async () => lost.signal.throwIfAborted())
    const answer = engine.ask(request())
    await waitFor(() => expect(engine.clock.sleepers).toHaveLength(1), { interval: 2 })
    lost.abort(new HostError('store-unavailable', 'this program was stopped for too long'))
    expect(whyOf(await answer)).toBe('renewal-failed')
    expect(engine.clock.sleepers).toEqual([])
    expect([polls(), keptIn(engine)]).toEqual([1, grant])
  })

  it('Esc ends a pause between two attempts', async () => {
    server.break('/token', json({}, 503))
    const { engine, grant } = withExpired()
    const withdrawal = new AbortController()
    const answer = engine.ask(request(), withdrawal.signal)
    await waitFor(() => expect(engine.clock.sleepers).toHaveLength(1), { interval: 2 })
    withdrawal.abort()
    expect((await answer).kind).toBe('cancelled')
    expect(polls()).toBe(1)
    expect(keptIn(engine)).toBe(grant)
    expect(engine.store.inside).toBe(false)
  })

  it('a token that cannot be renewed for now serves until its end', async () => {
    server.break('/token', json({}, 503))
    const { engine } = withExpired({ expiresAt: Date.now() + 3_600_000 })
    const { expiresAt = 0 } = keptIn(engine) ?? {}
    engine.clock.advance(expiresAt - engine.clock.now() - 50_000)
    expect(tokenOf(await hurried(engine.clock, () => engine.ask(request())))).toBe('stored access')
    expect(engine.prompt.lines).toEqual([])
    engine.clock.advance(60_000)
    expect(whyOf(await hurried(engine.clock, () => engine.ask(request())))).toBe('renewal-failed')
  })

  it('T-11: a clock that is a day off costs one renewal at each step, and no storm', async () => {
    const day = 86_400_000
    const engine = createEngine({ policy: { ask: false } })
    withExpired({ expiresAt: engine.clock.now() + 3_600_000 }, engine)
    for (const step of [0, day, -day, day]) {
      engine.clock.advance(step)
      const before = polls()
      for (let again = 0; again < 3; again += 1) {
        expect(tokenOf(await engine.ask(request()))).toBeDefined()
      }
      expect(polls() - before).toBe(step === 0 ? 0 : 1)
    }
  })

  it('a store that cannot be read is told, and asked for anew', async () => {
    const engine = createEngine({ first: CANCEL })
    engine.store.read = () => Promise.reject(new Error('broken'))
    expect(whyOf(await engine.ask(request()))).toBe('cancelled')
    expect(engine.prompt.lines).toEqual(['the token store failed; sign-ins last until you leave'])
    expect(engine.prompt.panels).toHaveLength(1)
  })
})
