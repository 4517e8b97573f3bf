import { expect, onTestFinished, test, vi } from 'vitest'
import { BROWSER, createEngine, requestFor, tokenOf } from '../support/engine.ts'
import { json, startFaultyServer } from '../support/faulty-server.ts'
import { testStore } from '../support/token-store.ts'

test.each([
  ['a named account', 'work'],
  ['the first account', undefined],
])('%s whose person is known gets no grant before it is known who signed in', async (_what, account) => {
  let who = { sub: '1', email: 'ada@example.com' }
  let token = 'ada-token'
  let gate = Promise.resolve()
  const info = await startFaultyServer({ '/userinfo': response => void gate.then(() => json(who)(response)) })
  onTestFinished(info.close)
  const server = await startFaultyServer(
    {
      '/token': response =>
        json({ access_token: token, token_type: 'Bearer', scope: 'openid notes.read' })(response),
    },
    { userinfo_endpoint: `${info.origin}/userinfo` },
  )
  onTestFinished(server.close)
  const store = testStore()
  const policy = { accountOf: () => account }
  const request = () => requestFor({ mcp: server.mcp, issuer: server.origin })
  await createEngine({ store, first: BROWSER, policy }).ask(request())
  store.grants.clear()

  who = { sub: '2', email: 'bob@example.com' }
  token = 'bob-token'
  const named = Promise.withResolvers<void>()
  gate = named.promise
  const bob = createEngine({ store, first: BROWSER, policy })
  const signingIn = bob.ask(request())
  await vi.waitFor(() => expect(info.requests).toHaveLength(2))
  expect([...store.grants]).toEqual([])
  const other = createEngine({ store, policy: { ...policy, ask: false } })
  expect(await other.ask(request())).toMatchObject({ error: { kind: 'sign-in-needed' } })
  named.resolve()
  expect(tokenOf(await signingIn)).toBe('bob-token')
  const kept = [...store.grants].map(([key, grant]) => [key.split(' ').at(2), grant.access.reveal()])
  expect(kept).toEqual([['bob@example.com', 'bob-token']])
})
