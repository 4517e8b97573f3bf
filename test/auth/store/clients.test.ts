import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createGrants } from '../../../src/auth/grants.ts'
import { Secret } from '../../../src/auth/secret.ts'
import { openTokenFile } from '../../../src/auth/store/file.ts'
import { createLock } from '../../../src/auth/store/lock.ts'
import type { Client } from '../../../src/auth/types.ts'
import { grantOf, keyOf } from '../../support/grants.ts'
import { openIn } from '../../support/open-store.ts'
import '../../support/secret-equality.ts'

const key = keyOf('one')
const client: Client = {
  id: 'mine',
  source: 'configured',
  authMethod: 'client_secret_basic',
  secret: new Secret('typed'),
}

/** The file store as another program changes it. */
function fileIn(folder: string) {
  const warn = (line: string) => expect.fail(line)
  const lock = createLock({ folder: join(folder, 'locks'), warn })
  onTestFinished(lock.close)
  return openTokenFile({ folder, lock, warn })
}

test.each(['file', 'memory'] as const)('a client outlives the grant (%s)', async kind => {
  const { store, warnings } = await openIn({ kind })
  expect(await store.readClient(key)).toBeUndefined()
  await store.writeClient(key, client)
  await store.write(key, grantOf(key))
  await store.forget(key)
  expect(await store.readClient(key)).toEqual(client)
  expect(await store.readClient(keyOf('two'))).toBeUndefined()
  expect(await store.readClient({ ...key, issuer: keyOf('two').issuer })).toBeUndefined()
  await store.forgetClient(key, { ...client, id: 'another' })
  expect(await store.readClient(key)).toEqual(client)
  await store.forgetClient(key, { ...client, secret: undefined })
  expect(await store.readClient(key)).toBeUndefined()
  expect(warnings).toEqual([])
})

test('a client is not a sign-in: no list names it, and the index holds no secret', async () => {
  const { store, folder } = await openIn({ kind: 'file' })
  await store.writeClient(key, client)
  expect(await store.list()).toEqual([])
  expect(await store.clientIssuers(key.server)).toEqual([key.issuer])
  expect(await store.clientIssuers(keyOf('two').server)).toEqual([])
  expect(await store.knownIssuer(key.server)).toBeUndefined()
  expect(await readFile(join(folder, 'index.json'), 'utf8')).not.toContain('typed')
  await store.forgetClient(key)
  expect(await store.readClient(key)).toBeUndefined()
})

test('a client that is forgotten leaves no copy of its secret in the sign-in of an older version', async () => {
  const { store, folder } = await openIn({ kind: 'file' })
  await store.writeClient(key, client)
  await store.write(key, grantOf(key))
  const account = `${key.server} ${key.issuer}`
  const record = JSON.parse((await fileIn(folder).get(account)) ?? '')
  const older = { ...record, client: { id: 'mine', source: 'configured', secret: 'typed' } }
  await fileIn(folder).set(account, JSON.stringify(older))
  await store.forgetClient(key)
  expect(await readFile(join(folder, 'tokens', 'tokens.json'), 'utf8')).not.toContain('typed')
  expect((await store.read(key))?.access.reveal()).toBe('access')
})

describe('a store that cannot be read', () => {
  async function unreadable(source: Client['source']) {
    const { store, folder } = await openIn({ kind: 'file' })
    await store.writeClient(key, { ...client, source: 'registered' })
    await store.writeClient(key, { ...client, source })
    const [noted] = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')).clients
    expect(noted).toEqual({ ...key, store: 'file', since: 1, source })
    await chmod(join(folder, 'tokens', 'tokens.json'), 0o644)
    return openIn({ kind: 'file', folder })
  }

  test("makes an error of a client of the person's own: no other one takes its place", async () => {
    const { store, warnings } = await unreadable('configured')
    await expect(store.readClient(key)).rejects.toMatchObject({ kind: 'store-unavailable' })
    expect(warnings).toHaveLength(1)
    const grants = createGrants(store, { tell: () => {} })
    const registered: Client = { id: 'new', source: 'registered' }
    await grants.keepClient(key, registered)
    await expect(store.readClient(key)).rejects.toMatchObject({ kind: 'store-unavailable' })
  })

  test('counts as one without a registration: the next one is for this session', async () => {
    const { store, warnings } = await unreadable('registered')
    expect(await store.readClient(key)).toBeUndefined()
    expect(warnings).toHaveLength(1)
  })
})

test('K-06 a client of a newer version is left as it is', async () => {
  const { store, folder, warnings } = await openIn({ kind: 'file' })
  const account = `client of ${key.server} ${key.issuer}`
  await fileIn(folder).set(account, '{"v":2}')
  expect(await store.readClient(key)).toBeUndefined()
  await store.writeClient(key, client)
  await store.forgetClient(key, client)
  expect(await fileIn(folder).get(account)).toBe('{"v":2}')
  expect(warnings).toEqual([expect.stringMatching(/saved client for one.example.com .* newer version/u)])
})

test('K-04 a garbled client is absent, said without its content, and replaced by the next', async () => {
  const { store, folder, warnings } = await openIn({ kind: 'file' })
  await fileIn(folder).set(`client of ${key.server} ${key.issuer}`, '{"v":1,"secret":"half-a-sec')
  expect(await store.readClient(key)).toBeUndefined()
  expect(warnings).toEqual(['the saved client for one.example.com cannot be read: a new one will replace it'])
  await store.writeClient(key, client)
  expect(await store.readClient(key)).toEqual(client)
})

test.each(['file', 'memory'] as const)('the issuer outlives the grant (%s)', async kind => {
  const { store } = await openIn({ kind })
  await store.write(key, grantOf(key))
  const known = { issuer: key.issuer, clientId: 'client', since: 1 }
  expect(await store.knownIssuer(key.server)).toEqual(known)
  await store.forget(key)
  expect(await store.knownIssuer(key.server)).toEqual(known)
  expect(await store.list()).toEqual([])
})

test('T-05 a token of 20 KiB is kept in the file', async () => {
  const { store, folder } = await openIn({ kind: 'file' })
  const large = { ...grantOf(key), access: new Secret('t'.repeat(20 * 1024)) }
  await store.write(key, large)
  expect(await (await openIn({ kind: 'file', folder })).store.read(key)).toEqual(large)
})
