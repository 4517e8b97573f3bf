import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/auth/secret.ts'
import { openMemory } from '../../../src/auth/store/memory.ts'
import { inParts } from '../../../src/auth/store/parts.ts'
import type { Vault } from '../../../src/auth/store/vault.ts'
import { grantOf, keyOf } from '../../support/grants.ts'
import { describeWithKeychain, startKeychain } from '../../support/keychain.ts'
import { openIn, vaultIn } from '../../support/open-store.ts'
import { TRIALS } from '../../support/trials.ts'

fc.configureGlobal(TRIALS)

const LIMIT = 200

/**
 * A vault with a limit on its entries, as on Windows. From the change on that `failFrom` names (the first is 0) it refuses
 * to change anything; with `once`, it refuses just that one.
 */
function limitedVault() {
  const memory = openMemory()
  const entries = new Map<string, string>()
  const state = { failFrom: Number.POSITIVE_INFINITY, once: false, changes: 0, gone: new Set<string>() }
  function judgeChange() {
    const number = state.changes++
    if (state.once ? number === state.failFrom : number >= state.failFrom) throw new Error('the vault fails')
  }
  const vault: Vault = {
    ...memory,
    async get(account) {
      return state.gone.has(account) ? undefined : memory.get(account)
    },
    async set(account, text) {
      judgeChange()
      if (text.length > LIMIT || account.length > 513) throw new Error('too long for an entry')
      await memory.set(account, text)
      entries.set(account, text)
    },
    async delete(account) {
      judgeChange()
      await memory.delete(account)
      entries.delete(account)
    },
  }
  return { vault, entries, state }
}

/** A text that needs so many parts: 150 bytes each, and no ASCII. */
const textOf = (parts: number, seed = 'x') => seed + 'é'.repeat((parts * 150 - seed.length) / 2)

describe('K-03 a value that is too long for an entry', () => {
  test.each([
    ['empty', ''],
    ['short', 'short'],
    ['as long as an entry', 'x'.repeat(LIMIT)],
    ['one longer', 'x'.repeat(LIMIT + 1)],
    ['short, in letters that take more room', 'ü€😀'.repeat(10)],
    ['long', textOf(30)],
    ['like a header', '{"v":1,"slot":"a","parts":3}'],
  ])('is given back as it was: %s', async (_, text) => {
    const { vault } = limitedVault()
    await inParts(vault, LIMIT).set('account', text)
    expect(await inParts(vault, LIMIT).get('account')).toBe(text)
  })

  test('leaves no stale part when it shrinks, grows or goes', async () => {
    const { vault, entries } = limitedVault()
    const parts = inParts(vault, LIMIT)
    for (const [text, count] of [
      [textOf(9), 10],
      [textOf(3), 4],
      [textOf(6), 7],
      ['short', 1],
      [textOf(2), 3],
    ] as const) {
      await parts.set('account', text)
      expect(await parts.get('account')).toBe(text)
      expect(entries.size).toBe(count)
    }
    await parts.delete('account')
    expect(entries.size).toBe(0)
  })

  test('does not meet another one, whatever the length of the names', async () => {
    const { vault } = limitedVault()
    const parts = inParts(vault, LIMIT)
    const names = ['a', 'b', `${'x'.repeat(3000)}1`, `${'x'.repeat(3000)}2`]
    for (const name of names) await parts.set(name, textOf(30, name))
    for (const name of names) expect(await parts.get(name)).toBe(textOf(30, name))
    await parts.delete('a')
    expect(await parts.get('b')).toBe(textOf(30, 'b'))
  })

  test('is refused beyond all measure, and the old one stays', async () => {
    const { vault } = limitedVault()
    const parts = inParts(vault, LIMIT)
    await parts.set('account', 'old')
    await expect(parts.set('account', 'x'.repeat(LIMIT * 256))).rejects.toMatchObject({
      kind: 'store-unavailable',
    })
    expect(await parts.get('account')).toBe('old')
  })

  test('is read whole while another writes', async () => {
    const { vault } = limitedVault()
    const [reader, writer] = [inParts(vault, LIMIT), inParts(vault, LIMIT)]
    const texts = [textOf(5, 'a'), textOf(8, 'b'), textOf(2, 'c'), 'd']
    await writer.set('account', texts[0] ?? '')
    let writing = true
    const done = (async () => {
      for (let i = 1; i < 20; i++) await writer.set('account', texts[i % texts.length] ?? '')
      writing = false
    })()
    while (writing) expect(texts).toContain(await reader.get('account'))
    await done
  })
})

describe('K-04 a torn write', () => {
  test('leaves the old value or the new one at every point where it can fail, and the next repairs', async () => {
    const whole = fc.constantFrom('old', textOf(2, 'old'), textOf(5, 'old'))
    const next = fc.constantFrom('new', textOf(1, 'new'), textOf(3, 'new'), textOf(7, 'new'))
    await fc.assert(
      fc.asyncProperty(whole, next, next, fc.nat(20), fc.boolean(), async (old, torn, repair, at, once) => {
        const { vault, entries, state } = limitedVault()
        await inParts(vault, LIMIT).set('account', old)
        Object.assign(state, { failFrom: state.changes + at, once })
        const failed = await inParts(vault, LIMIT)
          .set('account', torn)
          .then(
            () => false,
            () => true,
          )
        expect(await inParts(vault, LIMIT).get('account')).toBe(failed ? old : torn)

        state.failFrom = Number.POSITIVE_INFINITY
        await inParts(vault, LIMIT).set('account', repair)
        expect(await inParts(vault, LIMIT).get('account')).toBe(repair)
        const clean = limitedVault()
        await inParts(clean.vault, LIMIT).set('account', repair)
        expect(entries.size).toBe(clean.entries.size)
        await inParts(vault, LIMIT).delete('account')
        expect(entries.size).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  test.each<[string, (entries: Map<string, string>, vault: Vault) => Promise<void>]>([
    ['is missing', (entries, vault) => vault.delete(partOf(entries))],
    ['is garbled', (entries, vault) => vault.set(partOf(entries), '*')],
    ['is cut', (entries, vault) => vault.set(partOf(entries), (entries.get(partOf(entries)) ?? '').slice(4))],
    ['is of another value', (entries, vault) => vault.set(partOf(entries), 'b2xk'.repeat(50))],
  ])('a part that %s is never taken for a value', async (_, spoil) => {
    const { vault, entries } = limitedVault()
    const parts = inParts(vault, LIMIT)
    await parts.set('account', textOf(4))
    await spoil(entries, vault)
    expect(await parts.get('account')).toMatch(/^\{"v":1,"slot":"a","parts":\d,"digest":"[0-9a-f]{64}"\}$/u)
    await parts.set('account', textOf(4, 'new'))
    expect(await parts.get('account')).toBe(textOf(4, 'new'))
    expect(entries.size).toBe(5)
  })

  test('parts that a locked keychain does not show are not gone', async () => {
    const { vault, entries, state } = limitedVault()
    const locked = { ...vault, probe: () => Promise.reject(new Error('locked')) }
    await inParts(vault, LIMIT).set('account', textOf(4))
    state.gone.add(partOf(entries))
    await expect(inParts(locked, LIMIT).get('account')).rejects.toThrow('locked')
  })
})

/** The name of a part in the first slot. */
function partName(account: string, number: number): string {
  return `part a${number} of ${createHash('sha256').update(account).digest('hex').slice(0, 32)}`
}

function partOf(entries: Map<string, string>): string {
  const name = [...entries.keys()].find(each => each.startsWith('part a1'))
  if (name === undefined) throw new Error('there are no parts')
  return name
}

describeWithKeychain('K-03, K-04 and T-05 with a real keychain', () => {
  test('a token of 20 KiB, in parts and whole, shrinks without a trace; a lost part is mended', async () => {
    const keychain = await startKeychain()
    try {
      const key = keyOf('one')
      const vault = vaultIn(keychain.env)
      const name = (number: number) => partName(`${key.server} ${key.issuer}`, number)
      const partsNow = async () => {
        let count = 0
        for (let i = 0; i < 60; i++) if ((await vault.get(name(i))) !== undefined) count++
        return count
      }
      const options = { env: keychain.env, entryLimit: 1280 }
      const large = { ...grantOf(key), access: new Secret('t'.repeat(20 * 1024)) }

      const { store, folder, warnings } = await openIn(options)
      await store.write(key, large)
      const again = (await openIn({ ...options, folder })).store
      expect((await again.read(key))?.access.equals(large.access)).toBe(true)
      expect([store.kind, await partsNow()]).toEqual(['keychain', 22])

      await vault.delete(name(1))
      expect(await again.read(key)).toBeUndefined()
      await store.write(key, large)
      expect((await again.read(key))?.access.equals(large.access)).toBe(true)

      await store.write(key, grantOf(key))
      expect((await again.read(key))?.access.reveal()).toBe('access')
      expect([await partsNow(), warnings]).toEqual([0, []])
      await store.forget(key)
      expect(await again.list()).toEqual([])

      const whole = (await openIn({ env: keychain.env, folder })).store
      await whole.write(key, large)
      expect((await whole.read(key))?.access.equals(large.access)).toBe(true)
    } finally {
      await keychain.close()
    }
  })
})
