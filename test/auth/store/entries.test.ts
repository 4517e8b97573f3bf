import { expect, onTestFinished, test } from 'vitest'
import { openEntries } from '../../../src/auth/store/entries.ts'
import { openIndex } from '../../../src/auth/store/index.ts'
import { createLock } from '../../../src/auth/store/lock.ts'
import { openMemory } from '../../../src/auth/store/memory.ts'
import { grantRecord } from '../../../src/auth/store/record.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { grantOf, keyOf } from '../../support/grants.ts'

const key = keyOf('one')

/** Two programs with one vault between them; `before` is what happens right before the vault does its next thing. */
async function neighbours(longest?: number) {
  const lock = createLock({ folder: await temporaryFolder(), warn: line => expect.fail(line), longest })
  onTestFinished(lock.close)
  const index = openIndex({ lock, now: () => 1500 })
  const memory = openMemory()
  const before: { get?: () => Promise<void>; delete?: () => Promise<void> } = {}
  async function hold(what: 'get' | 'delete'): Promise<void> {
    const wait = before[what]
    before[what] = undefined
    await wait?.()
  }
  const vault = {
    ...memory,
    async get(name: string) {
      await hold('get')
      return memory.get(name)
    },
    async delete(name: string) {
      await hold('delete')
      return memory.delete(name)
    },
  }
  const open = () =>
    openEntries(
      {
        ...{ durable: { kind: 'keychain', vault }, session: openMemory(), index, lock, now: () => 1500 },
        warn: line => expect.fail(line),
        saved() {},
        unsaved() {},
      },
      {
        ...{ list: 'grants', format: grantRecord },
        nameOf: ({ server }) => server,
        lockOf: ({ server }) => server,
        madeAt: grant => grant.receivedAt,
      },
    )
  const inside = (work: (lost: AbortSignal) => Promise<unknown>) => lock.exclusive(key.server, work)
  return { one: open(), two: open(), index, memory, before, inside }
}

test('what a sign-out has made void is deleted under the lock: a new sign-in meanwhile stays', async () => {
  const { one, two, index, memory, before, inside } = await neighbours()
  await one.write(key, { ...grantOf(key, 'old'), receivedAt: 1000 })
  await index.signOut(key, 'keychain')
  const signedIn = Promise.withResolvers<unknown>()
  before.delete = async () => {
    signedIn.resolve(inside(() => two.write(key, { ...grantOf(key, 'new'), receivedAt: 2000 })))
  }
  expect(await one.read(key)).toBeUndefined()
  await one.settled()
  await signedIn.promise
  expect((await two.read(key))?.access.reveal()).toBe('new')

  await index.signOut(key, 'keychain')
  await inside(() => one.write(key, { ...grantOf(key, 'older'), receivedAt: 1000 }))
  await index.signOut(key, 'keychain')
  // Also for a reader that is inside the lock itself.
  await inside(() => one.read(key))
  await one.settled()
  expect(await memory.get(key.server)).toBeUndefined()
})

test('a lock that is lost while the vault is read keeps it from being written', async () => {
  const { one, memory, before, inside } = await neighbours(50)
  const written = inside(lost => {
    before.get = () => new Promise(resolve => lost.addEventListener('abort', () => resolve()))
    return one.write(key, grantOf(key))
  })
  await expect(written).rejects.toMatchObject({ kind: 'store-unavailable' })
  expect(await memory.get(key.server)).toBeUndefined()
})
