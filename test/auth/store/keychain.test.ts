import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../../src/auth/secret.ts'
import { grantOf, keyOf } from '../../support/grants.ts'
import '../../support/secret-equality.ts'
import { describeWithKeychain, type Keychain, startKeychain } from '../../support/keychain.ts'
import { openIn, storeOptions, vaultIn } from '../../support/open-store.ts'
import { SOON } from '../../support/patience.ts'
import { CHILD, startStoreProcess } from '../../support/store-process.ts'
import { waitFor } from '../../support/wait-for.ts'

const key = keyOf('one')
const account = `${key.server} ${key.issuer}`
const grant = grantOf(key, 'first-token')

/** The processes of this process that run the keychain child. */
function children(): { argv: string; env: string }[] {
  return readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid))
    .flatMap(pid => {
      try {
        const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        if (Number(parent) !== process.pid || !argv.includes('keychain-child')) return []
        return [{ argv, env: readFileSync(`/proc/${pid}/environ`, 'utf8') }]
      } catch {
        return []
      }
    })
}

describeWithKeychain('with a real keychain', () => {
  let keychain: Keychain
  beforeEach(async () => {
    keychain = await startKeychain()
  })
  afterEach(() => keychain.close())

  test('what one process writes another reads and forgets, and nothing secret lies beside it', async () => {
    const { store, folder, warnings } = await openIn({
      env: { ...keychain.env, GH_TOKEN: 'not-for-children' },
    })
    expect(await store.read(key)).toBeUndefined()
    await store.write(key, grant)
    expect(await store.read(key)).toEqual(grant)
    expect([store.kind, store.durable]).toEqual(['keychain', true])

    const [child] = children()
    expect(child?.argv).not.toMatch(/first-token|client secret/)
    expect(child?.env).not.toMatch(/first-token|client secret|not-for-children/)
    const index = await readFile(join(folder, 'index.json'), 'utf8')
    expect(JSON.parse(index).grants).toEqual([{ ...key, store: 'keychain', since: 1 }])
    expect(index).not.toMatch(/token|secret/)

    const other = await startStoreProcess(storeOptions(folder, keychain.env))
    onTestFinished(() => other.close())
    expect(await other.ask('read')).toBe('first-token')
    expect(await other.ask('write second-token')).toBe('keychain')
    expect((await store.read(key))?.access.reveal()).toBe('second-token')
    await other.ask('forget')
    expect(await store.read(key)).toBeUndefined()
    expect(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')).grants).toEqual([])
    expect([...warnings, ...other.warnings]).toEqual([])
  })

  test('state folders do not meet, and neither do servers and issuers', async () => {
    const { store, folder } = await openIn({ env: keychain.env })
    await store.write(key, grant)
    const elsewhere = await openIn({ env: keychain.env, folder, service: 'another' })
    expect(await elsewhere.store.read({ ...key, issuer: 'https://login.example.com/two' })).toBeUndefined()
    expect(await store.read({ ...key, server: keyOf('two').server })).toBeUndefined()
    expect(await store.read(key)).toEqual(grant)
  })

  test('forget with a grant deletes just that one', async () => {
    const { store } = await openIn({ env: keychain.env })
    await store.write(key, grant)
    await store.forget(key, { ...grant, refresh: new Secret('older') })
    expect(await store.read(key)).toEqual(grant)
    await store.forget(key, grant)
    expect(await store.read(key)).toBeUndefined()
  })

  test('K-01 locked: one line, sign-in works from memory, nothing is deleted, unlocking heals', async () => {
    const first = await openIn({ env: keychain.env })
    await first.store.write(key, grant)
    const index = await readFile(join(first.folder, 'index.json'), 'utf8')
    await keychain.lock()

    const { store, warnings } = await openIn({ env: keychain.env, folder: first.folder })
    expect(await store.read(key)).toBeUndefined()
    expect([store.kind, store.durable]).toEqual(['memory', false])
    const fresh = grantOf(key, 'fresh')
    await store.write(key, fresh)
    expect(await store.read(key)).toEqual(fresh)
    await store.forget(key, grant)
    expect(warnings).toEqual([
      'the system keychain is locked (it is used again as soon as you unlock it): sign-ins last until you leave (--token-store file keeps them)',
    ])
    expect(await readFile(join(first.folder, 'index.json'), 'utf8')).toBe(index)

    await keychain.unlock()
    expect(await first.store.read(key)).toEqual(grant)
    await store.write(key, fresh)
    expect(store.kind).toBe('keychain')
    expect(await first.store.read(key)).toEqual(fresh)
  })

  test('K-01 locked before the first sign-in: said when it cannot be kept', async () => {
    await keychain.lock()
    const { store, warnings } = await openIn({ env: keychain.env })
    expect(await store.read(key)).toBeUndefined()
    expect(warnings).toEqual([])
    await store.write(key, grant)
    expect(await store.read(key)).toEqual(grant)
    expect(warnings).toEqual([expect.stringContaining('is locked')])
  })

  test('K-01 an entry that was removed by hand is gone, not locked', async () => {
    const { store, folder, warnings } = await openIn({ env: keychain.env })
    await store.write(key, grant)
    await vaultIn(keychain.env).delete(account)
    expect(await store.read(key)).toBeUndefined()
    expect(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')).grants).toEqual([])
    expect([warnings, store.kind]).toEqual([[], 'keychain'])
  })

  test('K-01 hanging: given up after 3 s, said once, memory from then on, and leaving does not wait for it', async () => {
    const { store, warnings, folder } = await openIn({ env: keychain.env })
    await store.write(key, grant)
    const index = await readFile(join(folder, 'index.json'), 'utf8')
    keychain.stopDaemon()
    const started = performance.now()
    const leaving = (await openIn({ env: keychain.env, folder })).store
    const pending = leaving.read(key)
    expect(await store.read(key)).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(SOON)
    const given = performance.now()
    await store.write(key, grantOf(key, 'fresh'))
    expect((await store.read(key))?.access.reveal()).toBe('fresh')
    // Less than one call more would be given.
    expect(performance.now() - given).toBeLessThan(2500)
    expect(warnings).toEqual([expect.stringMatching(/does not answer .*: sign-ins last until you leave/)])

    const left = performance.now()
    await Promise.all([store.close(), leaving.close()])
    expect(performance.now() - left).toBeLessThan(2500)
    expect(await pending).toBeUndefined()
    await waitFor(() => expect(children()).toEqual([]))
    expect(await readFile(join(folder, 'index.json'), 'utf8')).toBe(index)
    keychain.continueDaemon()
    expect(await (await openIn({ env: keychain.env, folder })).store.read(key)).toEqual(grant)
  })

  test('leaving while a call hangs', async () => {
    const { store } = await openIn({ env: keychain.env })
    keychain.stopDaemon()
    const pending = store.read(key)
    const left = performance.now()
    await store.close()
    expect(performance.now() - left).toBeLessThan(2500)
    expect(await pending).toBeUndefined()
  })

  test('K-05 writing refused while reading works: the token is used, the old entry stays', async () => {
    const { store, warnings } = await openIn({ env: keychain.env })
    await store.write(key, grant)
    await keychain.refuseWrites()
    const fresh = grantOf(key, 'fresh')
    await store.write(key, fresh)
    expect(await store.read(key)).toEqual(fresh)
    expect(store.kind).toBe('memory')
    expect(warnings).toEqual([expect.stringContaining('refuses to save: sign-ins last until you leave')])
    expect(await vaultIn(keychain.env).get(account)).toContain('first-token')
  })

  test('K-04 a garbled entry is absent, said without its content, and repaired by the next write', async () => {
    const { store, warnings } = await openIn({ env: keychain.env })
    await vaultIn(keychain.env).set(account, '{"v":1,"access":"half-a-tok')
    expect(await store.read(key)).toBeUndefined()
    await store.forget(key, grant)
    expect(await vaultIn(keychain.env).get(account)).toContain('half')
    expect(warnings).toEqual([
      'the saved sign-in for one.example.com cannot be read: a new one will replace it',
    ])
    await store.write(key, grant)
    expect(await store.read(key)).toEqual(grant)
  })

  test('K-06 an entry of a newer version is left as it is', async () => {
    const { store, warnings } = await openIn({ env: keychain.env })
    await vaultIn(keychain.env).set(account, '{"v":2,"sealed":"x"}')
    expect(await store.read(key)).toBeUndefined()
    await store.write(key, grant)
    await store.forget(key, grantOf(key, 'other'))
    expect([await store.read(key), store.kind]).toEqual([grant, 'memory'])
    expect(await vaultIn(keychain.env).get(account)).toBe('{"v":2,"sealed":"x"}')
    expect(warnings).toEqual([expect.stringContaining('made by a newer version')])
  })

  test('every character of a text comes back, also those that end a line elsewhere', async () => {
    const vault = vaultIn(keychain.env)
    const text = 'a\u2028b\u2029c\r\nd\u0085e\0f \u{1f600}'
    await vault.set('account', JSON.stringify({ text }))
    expect(await vault.get('account')).toBe(JSON.stringify({ text }))
    await expect(vault.get('a\u2028b')).resolves.toBeUndefined()
  })

  test('what is no request, or the first part of one, costs no other its answer', async () => {
    const child = spawn(process.execPath, [CHILD], { env: keychain.env, stdio: ['pipe', 'pipe', 'inherit'] })
    const set = (id: number) =>
      JSON.stringify({ id, do: 'set', service: 'ours', account: `${id}`, text: 'x' })
    child.stdin.end(`{"id":1\n{"id":2}\n\n${set(3)}\n${set(4).slice(0, -9)}`)
    const [answers, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    expect({ answers, code }).toEqual({ answers: '\n{"id":3}\n', code: 0 })
  })

  test('many entries at once', async () => {
    const { store, folder } = await openIn({ env: keychain.env })
    const keys = Array.from({ length: 10 }, (_, i) => keyOf(`s${i}`))
    await Promise.all(keys.map(key => store.exclusive(key, () => store.write(key, grantOf(key)))))
    const { store: again } = await openIn({ env: keychain.env, folder })
    expect(await Promise.all(keys.map(key => again.read(key)))).toEqual(keys.map(key => grantOf(key)))
  })
})
