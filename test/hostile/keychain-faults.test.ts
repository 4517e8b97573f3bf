import { expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import { openKeychain } from '../../src/auth/store/keychain.ts'
import { grantRecord } from '../../src/auth/store/record.ts'
import type { Vault } from '../../src/auth/store/vault.ts'
import type { ServerKey } from '../../src/auth/types.ts'
import { grantOf, keyOf } from '../support/grants.ts'
import '../support/secret-equality.ts'
import { describeWithKeychain, startKeychain } from '../support/keychain.ts'
import { openIn, storeOptions, vaultIn } from '../support/open-store.ts'
import { waitFor } from '../support/wait-for.ts'

const key = keyOf('one')
const grant = grantOf(key)
const accountOf = ({ server, issuer }: ServerKey) => `${server} ${issuer}`

async function start(diskBlocks?: number) {
  const keychain = await startKeychain(diskBlocks)
  onTestFinished(() => keychain.close())
  return keychain
}

describeWithKeychain('a real keychain', () => {
  test('K-09 whose disk is full: the old entry stays, one line says so, the token is used', async () => {
    const { env } = await start(20)
    const { store, folder, warnings } = await openIn({ env })
    await store.write(key, grant)
    const large = { ...grant, access: new Secret('x'.repeat(15_000)) }
    await store.write(key, large)
    expect(await store.read(key)).toEqual(large)
    expect([store.kind, warnings]).toEqual([
      'memory',
      [expect.stringMatching(/refuses to save: sign-ins last until you leave/u)],
    ])
    expect(await (await openIn({ env, folder })).store.read(key)).toEqual(grant)
  })

  test('K-01 that hung is tried again after a pause', async () => {
    const keychain = await start()
    await vaultIn(keychain.env).set('account', 'text')
    const vault = openKeychain({ ...storeOptions('', keychain.env), pause: 0 })
    onTestFinished(() => vault.close())
    keychain.stopDaemon()
    await expect(vault.get('account')).rejects.toMatchObject({
      kind: 'store-unavailable',
      detail: expect.stringContaining('unlock it and try again'),
    })
    keychain.continueDaemon()
    await waitFor(async () => expect(await vault.get('account')).toBe('text'))
    await vault.close()
    await expect(vault.get('account')).rejects.toMatchObject({ kind: 'store-unavailable' })
  })

  test('locked, it hides clients too, and nothing is taken for gone', async () => {
    const keychain = await start()
    const { store, folder } = await openIn({ env: keychain.env })
    await store.writeClient(key, grant.client)
    const own = { ...grant.client, source: 'configured' as const }
    await store.writeClient(keyOf('two'), own)
    await keychain.lock()
    const other = await openIn({ env: keychain.env, folder })
    expect(await other.store.readClient(key)).toBeUndefined()
    await expect(other.store.readClient(keyOf('two'))).rejects.toMatchObject({ kind: 'store-unavailable' })
    expect(other.warnings).toEqual([expect.stringContaining('is locked')])
    await keychain.unlock()
    expect(await other.store.readClient(key)).toEqual(grant.client)
    expect(await other.store.readClient(keyOf('two'))).toEqual(own)
  })
})

describeWithKeychain('a sign-out while the keychain cannot be reached', () => {
  const refused = { kind: 'store-unavailable' }
  const gone = (vault: Vault) => waitFor(async () => expect(await vault.get(accountOf(key))).toBeUndefined())

  test('holds when it comes back: the old record is deleted, and only that one', async () => {
    const keychain = await start()
    const { env } = keychain
    const { store, folder } = await openIn({ env })
    await store.write(key, grant)
    await store.write(keyOf('two'), grantOf(keyOf('two')))
    await keychain.lock()

    const other = await openIn({ env, folder, now: () => 5000 })
    await expect(other.store.exclusive(key, () => other.store.forget(key))).rejects.toMatchObject(refused)
    expect((await store.list()).map(({ server }) => server)).toEqual([keyOf('two').server])
    expect(await other.store.read(key)).toBeUndefined()

    await keychain.unlock()
    expect(await vaultIn(env).get(accountOf(key))).toBeDefined()
    expect(await store.read(key)).toBeUndefined()
    // What has been found void is deleted behind the reader.
    await gone(vaultIn(env))
    expect(await store.read(keyOf('two'))).toBeDefined()
    // The mark is gone with it.
    await vaultIn(env).set(accountOf(key), grantRecord.encode(key, grant))
    expect(await store.read(key)).toBeDefined()
  })

  test('is ended by a new sign-in', async () => {
    const keychain = await start()
    const { store, folder } = await openIn({ env: keychain.env })
    await store.write(key, grant)
    const away = await openIn({ folder, now: () => 5000 })
    await expect(away.store.forget(key)).rejects.toMatchObject(refused)
    const fresh = grantOf(key, 'fresh')
    await store.write(key, fresh)
    expect(await store.read(key)).toEqual(fresh)
    expect(await store.list()).toEqual([{ ...key, store: 'keychain', since: 1 }])
  })

  test('does not touch a record received after it', async () => {
    const keychain = await start()
    const { store, folder } = await openIn({ env: keychain.env })
    const away = await openIn({ folder, now: () => 5000 })
    await expect(away.store.forget(key)).rejects.toMatchObject(refused)
    const later = { ...grant, receivedAt: 5001 }
    await vaultIn(keychain.env).set(accountOf(key), grantRecord.encode(key, later))
    expect(await store.read(key)).toEqual(later)
  })

  test('ends what another process keeps in memory', async () => {
    const { store, folder } = await openIn()
    await store.write(key, grant)
    const other = await openIn({ folder, now: () => 5000 })
    await expect(other.store.forget(key)).rejects.toMatchObject(refused)
    expect(await store.read(key)).toBeUndefined()
    const fresh = { ...grantOf(key, 'fresh'), receivedAt: 6000 }
    await store.write(key, fresh)
    expect(await store.read(key)).toEqual(fresh)
  })

  test('of a hanging one is answered in time', async () => {
    const keychain = await start()
    const { store, folder } = await openIn({ env: keychain.env })
    await store.write(key, grant)
    keychain.stopDaemon()
    const other = await openIn({ env: keychain.env, folder, now: () => 5000 })
    await expect(other.store.forget(key)).rejects.toMatchObject(refused)
    keychain.continueDaemon()
    expect(await store.read(key)).toBeUndefined()
    await gone(vaultIn(keychain.env))
  })
})
