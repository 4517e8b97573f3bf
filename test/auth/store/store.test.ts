import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'rolldown'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { bundleOf } from '../../../scripts/bundle-options.js'
import { createGrants } from '../../../src/auth/grants.ts'
import { Secret } from '../../../src/auth/secret.ts'
import { serviceName } from '../../../src/auth/store/service.ts'
import type { StoreOptions } from '../../../src/auth/store/store.ts'
import type { TokenStore } from '../../../src/auth/types.ts'
import { clean } from '../../../src/text.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { grantOf, keyOf } from '../../support/grants.ts'
import { openIn, storeOptions } from '../../support/open-store.ts'
import '../../support/secret-equality.ts'
import { SOON } from '../../support/patience.ts'
import { CHILD, startStoreProcess } from '../../support/store-process.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const key = keyOf('one')
const grant = grantOf(key)

test('every state folder has a keychain service of its own', () => {
  expect(serviceName('/home/me/.local/share/copilot-host', true)).toBe('copilot-host')
  expect(serviceName('/tmp/a', false)).toMatch(/^copilot-host-[0-9a-f]{12}$/)
  expect(serviceName('/tmp/a', false)).toBe(serviceName('/tmp/a', false))
  expect(serviceName('/tmp/a', false)).not.toBe(serviceName('/tmp/b', false))
})

test('memory: keeps for this session only, leaves nothing behind, warns of nothing', async () => {
  const { store, folder, warnings } = await openIn({ kind: 'memory' })
  await store.exclusive(key, () => store.write(key, grant))
  expect(await store.read(key)).toEqual(grant)
  await store.forget(key, { ...grant, access: new Secret('other') })
  expect(await store.read(key)).toEqual(grant)
  await store.forget(key, grant)
  expect(await store.read(key)).toBeUndefined()
  expect([store.kind, store.durable, warnings]).toEqual(['memory', false, []])
  expect(await readdir(folder)).toEqual([])
})

test('what is read ahead is not what was there before a write, a sign-out or a lock', async () => {
  const { store, folder } = await openIn({ kind: 'file' })
  await store.write(key, grant)
  const next = { ...grant, access: new Secret('next') }
  await store.readAhead?.(key)
  await store.write(key, next)
  expect((await store.read(key))?.access.reveal()).toBe('next')

  const other = await startStoreProcess({ ...storeOptions(folder), kind: 'file' })
  onTestFinished(() => other.close())
  await store.readAhead?.(key)
  await other.ask('write later')
  expect((await store.exclusive(key, () => store.read(key)))?.access.reveal()).toBe('later')

  // Read ahead while another program is inside: not what is used when this one is.
  await other.ask('hold')
  const inside = store.exclusive(key, () => store.read(key))
  await store.readAhead?.(key)
  await other.ask('write last')
  await other.ask('release')
  expect((await inside)?.access.reveal()).toBe('last')

  await store.readAhead?.(key)
  await store.forget(key)
  expect(await store.read(key)).toBeUndefined()
})

test('file: another process reads it, and the index knows', async () => {
  const { store, folder, warnings } = await openIn({ kind: 'file' })
  await store.write(key, grant)
  expect([store.kind, store.durable]).toEqual(['file', true])
  const other = await startStoreProcess({ ...storeOptions(folder), kind: 'file' })
  onTestFinished(() => other.close())
  expect(await other.ask('read')).toBe('access')
  await other.ask('forget')
  expect(await store.read(key)).toBeUndefined()
  expect(warnings).toEqual([])
})

test('K-08 file: what is refused is said once, and the sign-in lasts until the end', async () => {
  const { store, folder, warnings } = await openIn({ kind: 'file' })
  await writeFile(join(folder, 'tokens'), '')
  expect(await store.read(key)).toBeUndefined()
  await store.write(key, grant)
  expect(await store.read(key)).toEqual(grant)
  expect([store.kind, store.durable]).toEqual(['memory', false])
  expect(warnings).toEqual([expect.stringMatching(/tokens is not a folder: sign-ins last until you leave$/)])
})

describe('several accounts of a server', () => {
  // Joined without care, some of these would share a name with another, or with the client of the server.
  const slots = [undefined, 'work', 'client', 'account', 'work of', 'a of b', '%20', 'Zoë', 'work%20of']
  const names = [
    ...slots,
    `client of ${key.server} ${key.issuer}`.slice(0, 64),
    'https://x.example',
    '../../x',
    '__proto__',
  ]

  test.each(['file', 'memory'] as const)(
    '%s: each has a place of its own, all of them one client',
    async kind => {
      const { store, warnings } = await openIn({ kind })
      const keys = names.map(name => ({ ...key, slot: name === undefined ? undefined : clean(name) }))
      await store.writeClient(key, grant.client)
      for (const [at, each] of keys.entries())
        await store.exclusive(each, () => store.write(each, grantOf(key, `token ${at}`)))
      for (const [at, each] of keys.entries()) {
        expect((await store.read(each))?.access.reveal()).toBe(`token ${at}`)
        expect((await store.readClient(each))?.id).toBe(grant.client.id)
      }
      expect((await store.list()).map(({ slot, store }) => [slot, store])).toEqual(
        keys.map(({ slot }) => [slot, kind]),
      )
      const [first, work] = keys
      if (first && work) await store.forget(work)
      expect(await store.read(work ?? key)).toBeUndefined()
      expect((await store.read(key))?.access.reveal()).toBe('token 0')
      expect((await store.list()).length).toBe(keys.length - 1)
      expect(warnings).toEqual([])
    },
  )

  test('a sign-in is listed once, wherever it is kept by now', async () => {
    const { store, folder } = await openIn({ kind: 'file' })
    await mkdir(join(folder, 'tokens'))
    await writeFile(join(folder, 'tokens', 'tokens.json'), '{"v":2}', { mode: 0o600 })
    await chmod(join(folder, 'tokens'), 0o700)
    await store.write(key, grant)
    expect(await store.list()).toEqual([{ ...key, store: 'memory', since: 1 }])
    await writeFile(join(folder, 'tokens', 'tokens.json'), '{"v":1,"entries":{}}')
    await store.write(key, grant)
    expect(await store.list()).toEqual([{ ...key, store: 'file', since: 1 }])
  })
})

describe('what one program could not keep, when the fault is over', () => {
  const at = (token: string, receivedAt: number) => ({ ...grantOf(key, token), receivedAt })

  /** `mine` has kept a grant of 1000 and a registration in memory; `theirs` is another program, at 1500. */
  async function afterFault() {
    const folder = await temporaryFolder()
    const open = async () => (await openIn({ kind: 'file', folder, now: () => 1500 })).store
    const [mine, theirs] = [await open(), await open()]
    const file = join(folder, 'tokens', 'tokens.json')
    await mkdir(join(folder, 'tokens'), { mode: 0o700 })
    await writeFile(file, '{"v":2}', { mode: 0o600 })
    await mine.write(key, at('mine', 1000))
    await mine.writeClient(key, grant.client)
    await writeFile(file, '{"v":1,"entries":{}}')
    return { mine, theirs, open, file }
  }
  const tokenIn = async (store: TokenStore) => (await store.read(key))?.access.reveal()
  const storesOf = async (store: TokenStore) => (await store.list()).map(entry => entry.store)

  test('serves until another program has kept a later one', async () => {
    const { mine, theirs } = await afterFault()
    await theirs.write(key, at('older', 900))
    expect(await tokenIn(mine)).toBe('mine')
    await theirs.write(key, at('later', 1200))
    expect(await tokenIn(mine)).toBe('later')
    expect(await storesOf(mine)).toEqual(['file'])
  })

  test('serves while the other one cannot be read', async () => {
    const { mine, theirs, file } = await afterFault()
    await theirs.write(key, at('later', 1200))
    await chmod(file, 0o644)
    expect(await tokenIn(mine)).toBe('mine')
    await chmod(file, 0o600)
    expect(await tokenIn(mine)).toBe('later')
  })

  test('ends with a sign-out in another program, and no list shows it', async () => {
    const { mine, theirs, open } = await afterFault()
    await theirs.write(key, at('later', 1200))
    await theirs.exclusive(key, () => theirs.forget(key))
    for (const store of [mine, theirs, await open()]) {
      expect(await storesOf(store)).toEqual([])
      expect(await tokenIn(store)).toBeUndefined()
    }
    await mine.exclusive(key, async () => expect(await tokenIn(mine)).toBeUndefined())
    await mine.write(key, at('new', 2000))
    for (const store of [mine, theirs, await open()]) {
      expect(await tokenIn(store)).toBe('new')
      expect(await storesOf(store)).toEqual(['file'])
    }
  })

  test('a registration serves until a person has set a client', async () => {
    const { mine, theirs } = await afterFault()
    expect(await mine.readClient(key)).toEqual(grant.client)
    await theirs.writeClient(key, { ...grant.client, id: 'registered there' })
    expect(await mine.readClient(key)).toEqual(grant.client)
    const set = { ...grant.client, id: 'set', source: 'configured' as const }
    await theirs.writeClient(key, set)
    await createGrants(mine, { tell: line => expect.fail(line.text) }).keepClient(key, grant.client)
    for (const store of [mine, theirs]) expect(await store.readClient(key)).toEqual(set)
  })
})

describe('a keychain that is not there', () => {
  const noBus = expect.stringMatching(
    /^no system keychain was found .*: sign-ins last until you leave \(--token-store/,
  )
  const stopped = expect.stringMatching(/^the system keychain stopped working: sign-ins last until you leave/)

  test.each<[string, Partial<StoreOptions>, unknown]>([
    ['no D-Bus', {}, noBus],
    ['a bus address that leads nowhere', { env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' } }, noBus],
    ['not asked for by name', { kind: 'auto' }, noBus],
    ['no child file', { childPath: '/nowhere/keychain-child.js' }, stopped],
    ['no Node to run it', { execPath: '/nowhere/node' }, stopped],
  ])('K-02 %s: one line, and sign-ins last until the end', async (_, options, warning) => {
    const { store, warnings } = await openIn(options)
    expect(await store.read(key)).toBeUndefined()
    await store.exclusive(key, () => store.write(key, grant))
    expect(await store.read(key)).toEqual(grant)
    await store.forget(key, grant)
    expect(await store.read(key)).toBeUndefined()
    expect([store.kind, store.durable]).toEqual(['memory', false])
    expect(warnings).toEqual([warning])
    expect(await store.list()).toEqual([])
    await expect(store.forget(key)).rejects.toMatchObject({ kind: 'store-unavailable' })
  })

  test('a child that talks nonsense is not believed', async () => {
    const folder = await temporaryFolder()
    const childPath = pathToFileURL(join(folder, 'child.js'))
    const lines = [
      '',
      'null',
      '{"id":"1"}',
      '{"id":99,"text":"x"}',
      '{"id":1,"text":5}',
      '{"id":1,"fault":"odd"}',
    ]
    await writeFile(
      childPath,
      `process.stdin.once('data', () => process.stdout.write(${JSON.stringify(`${lines.join('\n')}\n`)}, () => process.exit()))`,
    )
    const { store, warnings } = await openIn({ folder, childPath })
    expect(await store.read(key)).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('stopped working')])
  })

  test.each([
    ['is not installed', /^the package keytar, .* is not installed .*: sign-ins last until you leave/],
    ['does not load', /^no system keychain was found /],
  ])('K-07 a native module that %s: as none, without a stack trace', async (how, warning) => {
    const folder = await temporaryFolder()
    const childPath = pathToFileURL(join(folder, 'child.js'))
    if (how === 'does not load') {
      await mkdir(join(folder, 'node_modules', 'keytar'), { recursive: true })
      await writeFile(join(folder, 'node_modules', 'keytar', 'index.js'), "require('./no.node')")
    }
    // The child's file away from our node_modules: require('keytar') fails there as it does where it was not installed.
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await build(bundleOf(ROOT, { child: CHILD }, { dir: folder }))
    const { store, warnings } = await openIn({ folder, childPath })
    expect(await store.read(key)).toBeUndefined()
    await store.write(key, grant)
    expect(await store.read(key)).toEqual(grant)
    expect(warnings).toEqual([expect.stringMatching(warning)])
  })
})

test('opening waits for nothing, and a program that has no more to do is not held up', async () => {
  const folder = await temporaryFolder()
  const program = `
    import { openStore } from ${JSON.stringify(new URL('../../../src/auth/store/store.ts', import.meta.url).href)}
    const started = performance.now()
    const store = openStore({ kind: 'auto', folder: ${JSON.stringify(folder)}, service: 'test', execPath: process.execPath,
      childPath: ${JSON.stringify(CHILD)}, env: {}, warn: () => {}, now: Date.now })
    console.log(performance.now() - started)`
  const started = performance.now()
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  expect(Number(stdout)).toBeLessThan(SOON)
  expect(performance.now() - started).toBeLessThan(2 * SOON)
})

test('warnings end with the store', async () => {
  const { store } = await openIn()
  const warn = vi.fn()
  const silent = (await openIn({ warn })).store
  await silent.close()
  expect(await silent.read(key)).toBeUndefined()
  expect(warn).not.toHaveBeenCalled()
  await store.close()
  await store.close()
})
