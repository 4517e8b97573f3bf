import { expect, test } from 'vitest'
import { createStoreByServer } from '../../../src/auth/store/by-server.ts'
import { grantOf, keyOf } from '../../support/grants.ts'
import { openIn } from '../../support/open-store.ts'

test('each server has its grants and clients in its own store, and the list says so', async () => {
  const { store: memory } = await openIn({ kind: 'memory' })
  const { store: file } = await openIn({ kind: 'file' })
  const [own, other] = [keyOf('own'), keyOf('other')]
  const store = createStoreByServer(memory, new Map([[own.server, file]]))
  expect([store.kind, store.durable]).toEqual(['memory', false])
  expect([store.kindFor?.(own.server), store.kindFor?.(other.server)]).toEqual(['file', 'memory'])
  await store.exclusive(own, () => store.write(own, grantOf(own)))
  await store.write(other, grantOf(other))
  await store.writeClient(own, grantOf(own).client)
  expect((await file.read(own))?.access.reveal()).toBe('access')
  expect(await memory.read(own)).toBeUndefined()
  expect(await file.read(other)).toBeUndefined()
  expect((await store.readClient(own))?.id).toBe('client')
  expect(await store.clientIssuers(own.server)).toEqual([own.issuer])
  expect((await store.knownIssuer(own.server))?.issuer).toBe(own.issuer)
  const listed = async () => (await store.list()).map(entry => `${entry.server} ${entry.store}`).sort()
  expect(await listed()).toEqual([`${other.server} memory`, `${own.server} file`])
  // What was kept of it in another store before is not what this run uses.
  await memory.write(own, grantOf(own, 'before'))
  expect(await listed()).toEqual([`${other.server} memory`, `${own.server} file`])
  expect(await store.trouble()).toEqual(expect.any(String))
  await store.forget(own)
  expect(await file.read(own)).toBeUndefined()
  expect((await store.forgetServer(own.server)).clients).toEqual([own.issuer])
})
