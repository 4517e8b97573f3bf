import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createLock } from '../../src/auth/store/lock.ts'
import { temporaryFolder } from '../support/folder.ts'
import { grantOf, keyOf } from '../support/grants.ts'
import { openIn, storeOptions } from '../support/open-store.ts'
import { startStoreProcess } from '../support/store-process.ts'
import { waitFor } from '../support/wait-for.ts'

async function holder(folder: string) {
  const holder = await startStoreProcess({ ...storeOptions(folder), kind: 'file' })
  onTestFinished(() => holder.close())
  return holder
}

const key = keyOf('one')
const account = `${key.server} ${key.issuer}`

/** Makes the heartbeat of every lock in that folder ten seconds older than it is. */
async function age(folder: string) {
  const old = new Date(Date.now() - 11_000)
  for (const name of await readdir(folder)) await utimes(join(folder, name), old, old)
}

test('callers in one process take turns, name by name', async () => {
  const lock = createLock({ folder: await temporaryFolder(), warn: () => {} })
  const log: string[] = []
  const turn = (name: string, step: string) =>
    lock.exclusive(name, async () => {
      log.push(`${step} in`)
      await new Promise(setImmediate)
      log.push(`${step} out`)
      return step
    })
  const failing = expect(
    lock.exclusive('a', async () => {
      throw new Error('mine')
    }),
  ).rejects.toThrow('mine')
  await expect(Promise.all([turn('a', '1'), turn('a', '2'), turn('a', '3')])).resolves.toEqual([
    '1',
    '2',
    '3',
  ])
  await failing
  expect(log).toEqual(['1 in', '1 out', '2 in', '2 out', '3 in', '3 out'])
  await lock.exclusive('a', () => lock.exclusive('b', async () => {}))
})

test('C-04 two processes never are inside at the same time', async () => {
  const folder = await temporaryFolder()
  const other = await holder(folder)
  expect(await other.ask('hold')).toBe('held')
  const lock = createLock({ folder: join(folder, 'locks'), warn: () => {} })
  let inside = false
  const waiting = lock.exclusive(account, async () => {
    inside = true
  })
  await lock.exclusive('another name', async () => {})
  expect(inside).toBe(false)
  await other.ask('release')
  await waiting
  expect(inside).toBe(true)
  expect(await readdir(join(folder, 'locks'))).toEqual([])
})

test('C-04 the lock of a killed owner is taken over when its heartbeat is old', async () => {
  const folder = await temporaryFolder()
  const other = await holder(folder)
  await other.ask('hold')
  await other.kill('SIGKILL')
  const lock = createLock({ folder: join(folder, 'locks'), warn: () => {} })
  let inside = false
  const waiting = lock.exclusive(account, async () => {
    inside = true
  })
  await lock.exclusive('another name', async () => {})
  expect(inside).toBe(false)
  await age(join(folder, 'locks'))
  await waiting
  expect(inside).toBe(true)
})

test('C-04 an abandoned lock is taken over by one at a time', async () => {
  const folder = await temporaryFolder()
  const locks = join(folder, 'locks')
  const other = await holder(folder)
  await other.ask('hold')
  await other.kill('SIGKILL')
  const [name] = await readdir(locks)
  await age(locks)
  // Another process has seen that too, and is about to remove it.
  const turn = join(locks, `${name}.turn`)
  await mkdir(turn)
  const lock = createLock({ folder: locks, warn: () => {} })
  let inside = false
  const waiting = lock.exclusive(account, async () => {
    inside = true
  })
  await lock.exclusive('another name', async () => {})
  expect(inside).toBe(false)
  // It was killed in that very place.
  const old = new Date(Date.now() - 11_000)
  await utimes(turn, old, old)
  await waiting
  expect(await readdir(locks)).toEqual([])
})

test('T-11 a lock of a killed owner from before the clock was put back is no lock', async () => {
  const folder = await temporaryFolder()
  const locks = join(folder, 'locks')
  const other = await holder(folder)
  await other.ask('hold')
  await other.kill('SIGKILL')
  const tomorrow = new Date(Date.now() + 86_400_000)
  for (const name of await readdir(locks)) await utimes(join(locks, name), tomorrow, tomorrow)
  await createLock({ folder: locks, warn: () => {} }).exclusive(account, async () => {})
  expect(await readdir(locks)).toEqual([])
})

test('C-04 an owner that was stopped and lost its lock is told so, and leaves the new owner alone', async () => {
  const folder = await temporaryFolder()
  const other = await holder(folder)
  await other.ask('hold')
  await other.kill('SIGSTOP')
  await age(join(folder, 'locks'))
  const lock = createLock({ folder: join(folder, 'locks'), warn: () => {} })
  await lock.exclusive(account, async signal => {
    await other.kill('SIGCONT')
    await waitFor(async () => expect(await other.ask('aborted')).toBe(true))
    expect(await other.ask('write stale')).toEqual({ error: expect.stringContaining('stopped for too long') })
    await other.ask('release')
    expect(await readdir(join(folder, 'locks'))).toHaveLength(1)
    expect(signal.aborted).toBe(false)
    await lock.check(account)
  })
  expect(await other.ask('read')).toBeNull()
})

test('C-04 the heartbeat keeps a lock beyond its stale time', async () => {
  const folder = await temporaryFolder()
  const [one, two] = [1, 2].map(() => createLock({ folder, warn: () => {}, stale: 2000 }))
  let left = false
  const started = performance.now()
  await new Promise<void>(holding => {
    one
      ?.exclusive('a', async signal => {
        holding()
        await waitFor(() => expect(performance.now() - started).toBeGreaterThan(3000))
        await one.check('a')
        expect(signal.aborted).toBe(false)
      })
      .finally(() => {
        left = true
      })
  })
  await two?.exclusive('a', async () => expect(left).toBe(true))
})

test('C-04 after the longest time the lock is free for others, and its owner can no longer write', async () => {
  const folder = await temporaryFolder()
  // The second one waits longer, or it would give up in the very moment in which the first one has to.
  const [one, two] = [200, 20_000].map(longest => createLock({ folder, warn: () => {}, longest }))
  const left = Promise.withResolvers<void>()
  await one?.exclusive('a', async signal => {
    const other = two?.exclusive('a', () => left.promise)
    await waitFor(() => expect(signal.aborted).toBe(true))
    await expect(one.check('a')).rejects.toMatchObject({ kind: 'store-unavailable' })
    left.resolve()
    await other
  })
  expect(await readdir(folder)).toEqual([])
})

test('C-04 what takes longer than the lock still lasts is told before it begins', async () => {
  const lock = createLock({ folder: await temporaryFolder(), warn: () => {}, longest: 60_000 })
  await lock.exclusive('a', async (_, check) => {
    await check(30_000)
    await expect(check(60_001)).rejects.toMatchObject({ kind: 'store-unavailable' })
  })
})

describe('C-05 a logout against a renewal in another process', () => {
  test('waits for it and wins', async () => {
    const { store, folder } = await openIn({ kind: 'file' })
    await store.write(key, grantOf(key))
    const other = await holder(folder)
    await other.ask('hold')
    const loggedOut = store.exclusive(key, () => store.forget(key))
    expect(await other.ask('write renewed')).toBe('file')
    await other.ask('release')
    await loggedOut
    expect(await other.ask('read')).toBeNull()
    expect(await store.list()).toEqual([])
  })

  test('is not undone by one that slept through it', async () => {
    const { store, folder } = await openIn({ kind: 'file' })
    await store.write(key, grantOf(key))
    const other = await holder(folder)
    await other.ask('hold')
    await other.kill('SIGSTOP')
    await age(join(folder, 'locks'))
    await store.exclusive(key, () => store.forget(key))
    await other.kill('SIGCONT')
    expect(await other.ask('write renewed')).toEqual({ error: expect.stringContaining('too long') })
    expect(await other.ask('read')).toBeNull()
    expect(await store.read(key)).toBeUndefined()
  })

  test('comes first: nothing is left to renew', async () => {
    const { store, folder } = await openIn({ kind: 'file' })
    await store.write(key, grantOf(key))
    const other = await holder(folder)
    expect(await other.ask('read')).toBe('access')
    const inside = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const loggedOut = store.exclusive(key, async () => {
      inside.resolve()
      await go.promise
      await store.forget(key)
    })
    await inside.promise
    const held = other.ask('hold')
    go.resolve()
    await loggedOut
    expect(await held).toBe('held')
    expect(await other.ask('read')).toBeNull()
  })
})

test('a folder that cannot be written: one warning, and exclusion inside this process', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'plain'), '')
  const warn = vi.fn()
  const lock = createLock({ folder: join(folder, 'plain', 'locks'), warn })
  const log: number[] = []
  await Promise.all([1, 2].map(i => lock.exclusive('a', async () => log.push(i))))
  expect(log).toEqual([1, 2])
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('cannot be written'))
})

test('a folder that could not be written for a moment: locks are taken across processes again, one warning', async () => {
  const folder = await temporaryFolder()
  const locks = join(folder, 'locks')
  await writeFile(locks, '')
  const warn = vi.fn()
  const lock = createLock({ folder: locks, warn, pause: 0 })
  for (const _ of [1, 2]) await lock.exclusive('a', async () => {})
  await rm(locks)
  await lock.exclusive('a', async () => expect(await readdir(locks)).toHaveLength(1))
  expect(warn).toHaveBeenCalledOnce()
})

test('a folder that cannot be written is left alone for a while', async () => {
  const locks = join(await temporaryFolder(), 'locks')
  await writeFile(locks, '')
  const lock = createLock({ folder: locks, warn: () => {} })
  await lock.exclusive('a', async () => {})
  await rm(locks)
  await lock.exclusive('a', async () => {})
  await expect(readdir(locks)).rejects.toThrow('ENOENT')
})

test('closing ends a wait for the lock', async () => {
  const folder = await temporaryFolder()
  const other = await holder(folder)
  await other.ask('hold')
  const lock = createLock({ folder: join(folder, 'locks'), warn: () => {} })
  const waiting = lock.exclusive(account, async () => {})
  lock.close()
  await expect(waiting).rejects.toThrow('ending')
})
