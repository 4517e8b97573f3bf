import { describe, expect, test } from 'vitest'
import { createAccounts } from '../../src/auth/accounts.ts'
import { createGrants } from '../../src/auth/grants.ts'
import { placeGrant } from '../../src/auth/placing.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { Grant } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { grantOf } from '../support/grants.ts'
import { testStore } from '../support/token-store.ts'

const server = { name: clean('notes'), url: webUrl('https://notes.example.com/mcp', 'the test') }
const key = { server: server.url, issuer: 'https://login.example.com' }

/** A grant of a person, or of nobody knows whom. */
function grantFor(who: string | undefined, more: Partial<Grant> = {}): Grant {
  const identity = who === undefined ? undefined : { subject: `id of ${who}`, login: who }
  return {
    ...grantOf(key, `token of ${who}`),
    account: who === undefined ? who : clean(who),
    identity,
    ...more,
  }
}

/** A store in which these have signed in one after the other, each with the account named or in use. */
function setUp() {
  const store = testStore()
  const accounts = createAccounts(store)
  const grants = createGrants(store, { tell: () => {} })
  return {
    store,
    accounts,
    async signIn(
      who: string | undefined,
      more: { slot?: string; asked?: boolean; grant?: Partial<Grant> } = {},
    ) {
      const slot =
        'slot' in more
          ? more.slot === undefined
            ? undefined
            : clean(more.slot)
          : await accounts.inUse(server)
      const grant = grantFor(who, more.grant)
      const asked = more.asked ?? false
      const placed = await placeGrant({ server, slot }, grant, { grants, accounts, asked })
      await accounts.signedIn({ server, slot }, { grant, slot: placed.slot, asked })
      return placed
    },
    kept: () =>
      Object.fromEntries(
        [...store.grants].map(([name, grant]) => [name.split(' ').slice(2).join(' '), grant.account ?? '?']),
      ),
  }
}

describe('a sign-in goes', () => {
  test('to the account in use, again and again', async () => {
    const { signIn, kept } = setUp()
    expect(await signIn('ada')).toEqual({ slot: undefined, keptIn: 'keychain' })
    expect(await signIn('ada')).toEqual({ slot: undefined, keptIn: 'keychain' })
    expect(kept()).toEqual({ '': 'ada' })
  })

  test('to an account of their name, where it is somebody else than in use; then to that one', async () => {
    const { signIn, kept } = setUp()
    await signIn('ada')
    expect(await signIn('bob')).toEqual({ slot: 'bob', keptIn: 'keychain', instead: 'ada' })
    expect(await signIn('bob')).toEqual({ slot: 'bob', keptIn: 'keychain' })
    expect(await signIn('ada')).toEqual({ slot: undefined, keptIn: 'keychain', instead: 'bob' })
    expect(kept()).toEqual({ '': 'ada', bob: 'bob' })
  })

  test('to the account that was named, also where that person has another one', async () => {
    const { signIn, kept } = setUp()
    await signIn('ada')
    expect(await signIn('ada', { slot: 'work' })).toMatchObject({ slot: 'work' })
    expect(kept()).toEqual({ '': 'ada', work: 'ada' })
  })

  test('never in the place of somebody else, named or not, held or ended', async () => {
    const { store, signIn, kept } = setUp()
    await signIn('ada', { slot: 'work' })
    expect(await signIn('bob', { slot: 'work' })).toMatchObject({ slot: 'bob', instead: 'ada' })
    store.grants.delete(`${key.server} ${key.issuer} work`)
    expect(await signIn('carol', { slot: 'work' })).toMatchObject({ slot: 'carol', instead: 'ada' })
    expect(kept()).toEqual({ bob: 'bob', carol: 'carol' })
  })

  test('to a new account where the person wants that and nobody says who it is', async () => {
    const { signIn, kept } = setUp()
    await signIn(undefined)
    expect(await signIn(undefined, { asked: true })).toMatchObject({ slot: 'account 2', instead: 'default' })
    expect(await signIn(undefined)).toMatchObject({ slot: 'account 2' })
    expect(await signIn(undefined, { asked: true })).toMatchObject({
      slot: 'account 3',
      instead: 'account 2',
    })
    expect(await signIn('ada', { asked: true })).toMatchObject({ slot: 'ada' })
    expect(kept()).toEqual({ '': '?', 'account 2': '?', 'account 3': '?', ada: 'ada' })
  })

  test('to the one in use where nobody knows who it was or is, and the person wanted no other', async () => {
    const { signIn, kept } = setUp()
    await signIn(undefined)
    expect(await signIn('ada')).toEqual({ slot: undefined, keptIn: 'keychain' })
    expect(await signIn(undefined)).toEqual({ slot: undefined, keptIn: 'keychain' })
    expect(kept()).toEqual({ '': '?' })
  })

  test('by who they are, not by their name: two people of one name, one person of two names', async () => {
    const { signIn, kept } = setUp()
    await signIn('Ada')
    await signIn('Ada', { grant: { identity: { subject: 'another' } } })
    await signIn('Ada', { grant: { identity: { subject: 'a third' } } })
    expect(kept()).toEqual({ '': 'Ada', Ada: 'Ada', 'Ada 2': 'Ada' })
    expect(await signIn('Lovelace', { grant: { identity: { subject: 'another' } } })).toMatchObject({
      slot: 'Ada',
    })
  })

  test('to a name that is no other in capitals, is not reserved, and is not too long', async () => {
    const { signIn } = setUp()
    await signIn('ada')
    await signIn('bob', { slot: 'Work' })
    expect(await signIn('work', { slot: undefined })).toMatchObject({ slot: 'work 2' })
    expect(await signIn('default', { slot: undefined })).toMatchObject({ slot: 'default 2' })
    const { slot } = await signIn('x'.repeat(80), { slot: undefined })
    expect(slot).toMatch(/^x{57}…$/)
  })

  test('without the book: what the store holds counts', async () => {
    const { store, signIn, kept } = setUp()
    await signIn('ada')
    await signIn('bob')
    await store.changeAccounts(() => ({ accounts: [], bindings: [], defaults: [] }))
    expect(await signIn('carol', { slot: undefined })).toMatchObject({ slot: 'carol', instead: 'ada' })
    await store.changeAccounts(() => ({ accounts: [], bindings: [], defaults: [] }))
    expect(await signIn('bob', { slot: undefined })).toMatchObject({ slot: 'bob' })
    expect(kept()).toEqual({ '': 'ada', bob: 'bob', carol: 'carol' })
  })

  test('into memory when the store fails, and takes nothing away there either', async () => {
    const { store, signIn, kept } = setUp()
    await signIn('ada')
    store.failWrites = new Error('full')
    expect(await signIn('bob')).toMatchObject({ slot: 'bob', keptIn: 'memory' })
    expect(await signIn('carol')).toMatchObject({ slot: 'carol', keptIn: 'memory' })
    store.failWrites = undefined
    expect(await signIn('carol', { grant: { access: new Secret('new') } })).toMatchObject({
      keptIn: 'keychain',
    })
    expect(kept()).toEqual({ '': 'ada', carol: 'carol' })
  })
})
