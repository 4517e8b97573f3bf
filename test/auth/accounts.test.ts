import { describe, expect, test } from 'vitest'
import { accountName, createAccounts, findAccount } from '../../src/auth/accounts.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { grantOf } from '../support/grants.ts'
import { testStore } from '../support/token-store.ts'

const server = { name: clean('notes'), url: webUrl('https://notes.example.com/mcp', 'the test') }
const issuer = 'https://login.example.com'
const [work, home] = [clean('work'), clean('home')]

/** A store with these accounts, the one without a name first. */
function storeWith(...slots: (string | undefined)[]) {
  const store = testStore()
  const key = { server: server.url, issuer }
  for (const slot of slots) {
    const name = slot === undefined ? '' : ` ${slot}`
    store.grants.set(`${server.url} ${issuer}${name}`, grantOf(key))
  }
  return store
}
const bound = (...pairs: [folder: string, slot: string | undefined][]) =>
  pairs.map(([folder, slot]) => ({
    folder,
    server: server.url,
    slot: slot === undefined ? slot : clean(slot),
  }))

describe('which account is used', () => {
  test('the first one, where there is no other or nobody has said anything', async () => {
    expect(await createAccounts(testStore()).inUse(server)).toBeUndefined()
    expect(await createAccounts(storeWith(undefined, 'work')).inUse(server)).toBeUndefined()
    expect(await createAccounts(storeWith('home', 'work')).inUse(server)).toBe('work')
  })

  test.each([
    ['/home/ada/shop', 'work'],
    ['/home/ada/shop/src/deep', 'work'],
    ['/home/ada/shop/own', 'home'],
    ['/home/ada/shop/own/x', 'home'],
    ['/home/ada/shopping', 'last'],
    ['/home/ada/..shop', 'last'],
    ['/home/ada', 'last'],
    ['/', 'last'],
    [undefined, 'last'],
  ])('in %s it is %s', async (folder, slot) => {
    const store = storeWith(undefined, 'work', 'home', 'last')
    await store.changeAccounts(book => ({
      ...book,
      bindings: [...bound(['/home/ada/shop/own', 'home'], ['/home/ada/shop', 'work'])],
      defaults: [{ server: server.url, slot: clean('last') }],
    }))
    expect(await createAccounts(store, { folder }).inUse(server)).toBe(slot)
  })

  test('a binding of another server is none, and one to the first account is one', async () => {
    const store = storeWith(undefined, 'work')
    await store.changeAccounts(book => ({
      ...book,
      bindings: [
        { folder: '/', server: 'https://other.example.com/mcp', slot: work },
        ...bound(['/a', undefined]),
      ],
      defaults: [{ server: server.url, slot: work }],
    }))
    expect(await createAccounts(store, { folder: '/b' }).inUse(server)).toBe('work')
    expect(await createAccounts(store, { folder: '/a' }).inUse(server)).toBeUndefined()
  })

  test('one named for this run comes before the folder, one chosen in it before both', async () => {
    const store = storeWith(undefined, 'work', 'home')
    await store.changeAccounts(book => ({ ...book, bindings: bound(['/a', 'home']) }))
    const accounts = createAccounts(store, { folder: '/a', accountOf: () => 'WORK' })
    expect(await accounts.inUse(server)).toBe('work')
    await accounts.use(server, 'default')
    expect(await accounts.inUse(server)).toBeUndefined()
    expect(await createAccounts(store, { folder: '/a' }).inUse(server)).toBeUndefined()
    expect(
      await createAccounts(store, { folder: '/a/below', accountOf: () => 'new one' }).inUse(server),
    ).toBe('new one')
    const bad = createAccounts(store, { accountOf: () => '\u001b[2J' })
    await expect(bad.inUse(server)).rejects.toMatchObject({ kind: 'usage' })
  })

  test('the one that is configured counts where neither the run nor the folder names one', async () => {
    const store = storeWith(undefined, 'work', 'home')
    await store.changeAccounts(book => ({
      ...book,
      bindings: bound(['/a', 'home']),
      defaults: [{ server: server.url }],
    }))
    const usualAccount = () => 'work'
    expect(await createAccounts(store, { folder: '/b', usualAccount }).inUse(server)).toBe('work')
    expect(await createAccounts(store, { folder: '/a', usualAccount }).inUse(server)).toBe('home')
    const named = { folder: '/b', usualAccount, accountOf: () => 'default' }
    expect(await createAccounts(store, named).inUse(server)).toBeUndefined()
    expect(await createAccounts(store, { folder: '/b' }).inUse(server)).toBeUndefined()
  })

  test('an account whose grant is over stays in use: nobody acts as somebody else unasked', async () => {
    const store = storeWith(undefined, 'work')
    await store.changeAccounts(book => ({ ...book, defaults: [{ server: server.url }] }))
    await store.forget({ server: server.url, issuer })
    expect(await createAccounts(store).inUse(server)).toBeUndefined()
  })

  test('once it has answered it stays, whatever other programs do', async () => {
    const store = storeWith(undefined, 'work')
    const accounts = createAccounts(store)
    expect(await accounts.inUse(server)).toBeUndefined()
    await store.changeAccounts(book => ({ ...book, defaults: [{ server: server.url, slot: work }] }))
    expect(await accounts.inUse(server)).toBe('work')
    accounts.acting(server, work)
    await store.changeAccounts(book => ({ ...book, defaults: [{ server: server.url, slot: home }] }))
    expect(await accounts.inUse(server)).toBe('work')
    await accounts.use(server, 'default')
    accounts.acting(server, work)
    expect(await accounts.inUse(server)).toBeUndefined()
  })

  test('a book that cannot be written: chosen for this run, and said', async () => {
    const store = storeWith(undefined, 'work')
    store.changeAccounts = async () => Promise.reject(new Error('full'))
    const accounts = createAccounts(store, { folder: '/a' })
    expect(await accounts.use(server, 'work')).toMatchObject({ unbound: { kind: 'failure' } })
    expect(await accounts.inUse(server)).toBe('work')
  })
})

describe('naming an account', () => {
  const [ada, grace] = [clean('ada@example.com'), clean('Grace')]
  const all = [{ name: ada }, { slot: work, name: grace }, { slot: clean('Ada@Example.com') }]
  test.each([
    ['default', all[0]],
    ['ada@example.com', all[0]],
    ['Ada@Example.com', all[2]],
    ['work', all[1]],
    ['WORK', all[1]],
    ['Grace', all[1]],
    ['grace', all[1]],
    ['ADA@example.com', all[2]],
    ['wor', undefined],
    ['', undefined],
    ['toString', undefined],
  ])('%j', (typed, account) => expect(findAccount(typed, all)).toBe(account))

  test('by its own name, by who it is, or as the first one', () => {
    expect([...all.map(accountName), accountName({})]).toEqual([ada, 'work', 'Ada@Example.com', 'default'])
  })

  test('one that nobody has: those that there are, and how to add it', async () => {
    const accounts = createAccounts(storeWith(undefined, 'work'))
    await expect(accounts.use(server, 'zoe')).rejects.toThrow(
      'notes has no account "zoe" (accounts: default, work); copilot-host auth login ' +
        `${server.url} --account zoe adds it`,
    )
    await expect(accounts.use(server, 'my own')).rejects.toThrow('--account "my own" adds it')
    await expect(accounts.use(server, '$(x)')).rejects.toThrow('--account <name> adds it')
    await expect(accounts.use(server, '\u001b[2J')).rejects.toThrow(/^"" is no name for an account: 1 to 64/)
    await expect(createAccounts(testStore()).use(server, 'zoe')).rejects.toThrow('(accounts: none)')
  })

  test('of a thousand the last ten are named', async () => {
    const store = storeWith(...Array.from({ length: 1000 }, (_, at) => `a${at}`))
    const accounts = createAccounts(store)
    expect(await accounts.list(server)).toHaveLength(1000)
    await expect(accounts.use(server, 'zoe')).rejects.toThrow('(accounts: a990, a991, ')
    await expect(accounts.use(server, 'zoe')).rejects.toThrow('a999 and 990 more)')
  })
})
