import { afterEach, beforeEach, expect, test } from 'vitest'
import { isBearerToken } from '../../src/auth/bearer.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { Choice, Reason } from '../../src/auth/types.ts'
import { BROWSER, createEngine, requestFor, storedGrant, tokenOf, whyOf } from '../support/engine.ts'
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.ts'

let server: FaultyServer
beforeEach(async () => {
  server = await startFaultyServer()
})
afterEach(() => server.close())

const request = (reason: Reason = 'initial', scope = 'notes.read') =>
  requestFor({ mcp: server.mcp, issuer: server.origin }, reason, { challenge: { scope } })
const token = (value: string): Choice => ({ kind: 'token', token: new Secret(value) })

test('a token that a person brings answers this request; it is not kept, and nothing is registered for it', async () => {
  const engine = createEngine({ first: token('brought') })
  const answer = await engine.ask(request())
  expect(answer).toEqual({ kind: 'token', token: new Secret('brought'), expiresIn: undefined })
  expect(tokenOf(answer)).toBe('brought')
  expect(engine.prompt.panels[0]?.result).toEqual({ kind: 'brought' })
  expect(engine.store.grants.size).toBe(0)
  expect(server.requests.map(({ path }) => path)).not.toContain('/register')
  // The next request is another one: it asks again.
  await engine.ask(request())
  expect(engine.prompt.panels).toHaveLength(2)
})

test('routes that are open already end with it', async () => {
  const engine = createEngine({ first: BROWSER })
  const answer = engine.ask(request())
  const panel = await engine.prompt.panel()
  const { url } = await panel.step('browser')
  panel.choose(token('brought'))
  expect(tokenOf(await answer)).toBe('brought')
  await expect(fetch(new URL(url).searchParams.get('redirect_uri') ?? '')).rejects.toThrow()
})

test('one that the server does not accept is judged like any other: after two it is not asked for again', async () => {
  const engine = createEngine()
  const bring = async (value: string, reason: Reason, nth: number) => {
    const answer = engine.ask(request(reason))
    const panel = await engine.prompt.panel(nth)
    panel.choose(token(value))
    return answer
  }
  expect(tokenOf(await bring('first', 'initial', 1))).toBe('first')
  expect(whyOf(await bring('first', 'refresh', 2))).toBe('sign-in-failed')
  expect(engine.prompt.panels[1]?.result).toMatchObject({
    error: { message: 'notes has refused this token already' },
  })
  engine.forgetRefusals()
  expect(tokenOf(await bring('second', 'refresh', 3))).toBe('second')
  expect(tokenOf(await bring('third', 'refresh', 4))).toBe('third')
  expect(whyOf(await engine.ask(request('refresh')))).toBe('sign-in-failed')
  expect(engine.prompt.panels).toHaveLength(4)
})

test('a stored grant that is good stays where it is', async () => {
  const engine = createEngine({ first: token('wider') })
  storedGrant(engine.store, { mcp: server.mcp, issuer: server.origin }, engine.clock.now())
  expect(tokenOf(await engine.ask(request('upscope', 'notes.write')))).toBe('wider')
  expect([...engine.store.grants.values()].map(({ access }) => access.reveal())).toEqual(['stored access'])
})

test.each([
  ['a token', 'mF_9.B5f-4.1JqM', true],
  ['a token with padding', 'a+/~==', true],
  ['32 KiB', 'x'.repeat(32_768), true],
  ['nothing', '', false],
  ['padding alone', '===', false],
  ['white space inside', 'a b', false],
  ['padding inside', 'a=b', false],
  ['a line end', 'a\n', false],
  ['quotes', '"quoted"', false],
  ['JSON', '{"access_token":"x"}', false],
  ['the scheme', 'Bearer x', false],
  ['other letters', 'é', false],
  ['more than 32 KiB', 'x'.repeat(32_769), false],
])('RFC 6750 b64token: %s', (_what, text, expected) => {
  expect(isBearerToken(text)).toBe(expected)
})
