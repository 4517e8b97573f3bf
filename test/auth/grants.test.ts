import { expect, test } from 'vitest'
import { createGrants } from '../../src/auth/grants.ts'
import { HostError } from '../../src/errors.ts'
import { grantOf, keyOf } from '../support/grants.ts'
import { testStore } from '../support/token-store.ts'

const key = keyOf('one')

/** Grants whose store has not taken this one. */
async function unkept() {
  const store = testStore()
  const grants = createGrants(store, { tell: () => {} })
  const grant = { ...grantOf(key, 'mine'), receivedAt: 1000 }
  store.failWrites = new HostError('store-unavailable', 'busy')
  expect(await grants.keep(key, grant, () => true)).toBe('memory')
  store.failWrites = undefined
  return { store, grants, grant }
}

test('what the store could not take serves until it is forgotten', async () => {
  const { grants, grant } = await unkept()
  expect(await grants.read(key)).toBe(grant)
  await grants.forget(key, { ...grant, access: grantOf(key, 'another').access })
  expect(await grants.read(key)).toBe(grant)
  await grants.forget(key, grant)
  expect(await grants.read(key)).toBeUndefined()
})

test.each([
  ['newer: it counts', 2000, 'theirs'],
  ['older: it does not', 500, 'mine'],
])('what another program has kept is %s', async (_what, receivedAt, token) => {
  const { store, grants } = await unkept()
  await store.write(key, { ...grantOf(key, 'theirs'), receivedAt })
  expect((await grants.read(key))?.access.reveal()).toBe(token)
})
