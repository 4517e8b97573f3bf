import { expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import { clean } from '../../src/text.ts'
import { BROWSER, createEngine, requestFor, tokenOf } from '../support/engine.ts'
import { json, startFaultyServer } from '../support/faulty-server.ts'
import { type TestStore, testStore } from '../support/token-store.ts'
import { waitFor } from '../support/wait-for.ts'

/** Servers at which a person signs in, and is named as soon as `gate` opens. */
async function openServers() {
  const now = { who: { sub: '1', email: 'ada@example.com' }, token: 'ada-token', gate: Promise.resolve() }
  const info = await startFaultyServer({
    '/userinfo': response => void now.gate.then(() => json(now.who)(response)),
  })
  onTestFinished(info.close)
  const server = await startFaultyServer(
    {
      '/token': response =>
        json({ access_token: now.token, token_type: 'Bearer', scope: 'openid notes.read' })(response),
    },
    { userinfo_endpoint: `${info.origin}/userinfo` },
  )
  onTestFinished(server.close)
  return { now, info, request: () => requestFor({ mcp: server.mcp, issuer: server.origin }) }
}

const keptIn = (store: TestStore) =>
  [...store.grants].map(([key, grant]) => [key.split(' ').at(2), grant.account, grant.access.reveal()])

test.each([
  ['a named account', 'work'],
  ['the first account', undefined],
])('%s whose person is known gets no grant before it is known who signed in', async (_what, account) => {
  const { now, info, request } = await openServers()
  const store = testStore()
  const policy = { accountOf: () => account }
  await createEngine({ store, first: BROWSER, policy }).ask(request())
  store.grants.clear()

  now.who = { sub: '2', email: 'bob@example.com' }
  now.token = 'bob-token'
  const named = Promise.withResolvers<void>()
  now.gate = named.promise
  const bob = createEngine({ store, first: BROWSER, policy })
  const signingIn = bob.ask(request())
  await waitFor(() => expect(info.requests).toHaveLength(2))
  expect([...store.grants]).toEqual([])
  const other = createEngine({ store, policy: { ...policy, ask: false } })
  expect(await other.ask(request())).toMatchObject({ error: { kind: 'sign-in-needed' } })
  named.resolve()
  expect(tokenOf(await signingIn)).toBe('bob-token')
  expect(keptIn(store)).toEqual([['bob@example.com', 'bob@example.com', 'bob-token']])
})

test('once it is kept there is no moment without it, and its name is written in its place', async () => {
  const { request } = await openServers()
  const store = testStore()
  const seen: number[] = []
  for (const change of ['write', 'forget'] as const) {
    const really = store[change]
    store[change] = async (...given: Parameters<typeof really>) => {
      await Reflect.apply(really, store, given)
      expect(store.inside).toBe(true)
      seen.push(store.grants.size)
    }
  }
  await createEngine({ store, first: BROWSER }).ask(request())
  expect(keptIn(store)).toEqual([[undefined, 'ada@example.com', 'ada-token']])
  expect(seen).toEqual([1, 1])

  // The same person once more, where nobody has said which account it is for.
  const [place = ''] = store.grants.keys()
  const [grant] = store.grants.values()
  if (grant !== undefined) store.grants.set(`${place} work`, grant)
  store.grants.delete(place)
  await store.changeAccounts(book => ({
    ...book,
    accounts: book.accounts.map(account => ({ ...account, slot: clean('work') })),
    defaults: [],
  }))
  await createEngine({ store, first: BROWSER, policy: { accountOf: () => 'default' } }).ask(request())
  expect(keptIn(store)).toEqual([['work', 'ada@example.com', 'ada-token']])
  expect(seen).toEqual([1, 1, 2, 2, 1])
})

test('what another program has renewed before it has its name stays: it has the newer refresh token', async () => {
  const { now, info, request } = await openServers()
  const named = Promise.withResolvers<void>()
  now.gate = named.promise
  const store = testStore()
  const signingIn = createEngine({ store, first: BROWSER }).ask(request())
  await waitFor(() => expect(info.requests).toHaveLength(1))
  for (const [key, grant] of store.grants) store.grants.set(key, { ...grant, access: new Secret('renewed') })
  named.resolve()
  expect(tokenOf(await signingIn)).toBe('ada-token')
  expect(keptIn(store)).toEqual([[undefined, undefined, 'renewed']])
})
