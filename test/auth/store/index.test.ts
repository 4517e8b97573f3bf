import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { openIndex } from '../../../src/auth/store/index.ts'
import { createLock } from '../../../src/auth/store/lock.ts'
import { clean } from '../../../src/text.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { keyOf } from '../../support/grants.ts'
import { TRIALS } from '../../support/trials.ts'

fc.configureGlobal(TRIALS)

function indexIn(folder: string) {
  const lock = createLock({ folder: join(folder, 'locks'), warn: () => {} })
  return openIndex({ folder, lock, now: () => 1234 })
}

test('remembers which grants exist, in which store, since when', async () => {
  const folder = join(await temporaryFolder(), 'state')
  const index = indexIn(folder)
  const [one, two] = [keyOf('one'), keyOf('two')]
  expect(await index.list('grants')).toEqual([])
  await index.remove('grants', one, 'keychain')
  await index.add('grants', one, 'keychain')
  await index.add('grants', one, 'keychain')
  await index.add('grants', two, 'file')
  expect(await indexIn(folder).list('grants')).toEqual([
    { ...one, store: 'keychain', since: 1234 },
    { ...two, store: 'file', since: 1234 },
  ])
  expect(await index.since('grants', one, 'keychain')).toBeDefined()
  expect(await index.since('grants', one, 'file')).toBeUndefined()
  expect(await index.since('grants', { ...one, issuer: two.issuer }, 'keychain')).toBeUndefined()
  await index.remove('grants', one, 'keychain')
  expect(await index.since('grants', one, 'keychain')).toBeUndefined()
  expect((await stat(join(folder, 'index.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

test('tells the accounts of a server apart', async () => {
  const folder = await temporaryFolder()
  const index = indexIn(folder)
  const one = keyOf('one')
  const work = { ...one, slot: clean('work') }
  await index.add('grants', one, 'file')
  await index.add('grants', work, 'file')
  await index.add('grants', work, 'file')
  await index.signOut(one, 'file')
  expect(await indexIn(folder).list('grants')).toEqual([{ ...work, store: 'file', since: 1234 }])
  expect(await index.since('signedOut', work, 'file')).toBeUndefined()
  await index.remove('grants', one, 'file')
  expect(await index.since('grants', work, 'file')).toBe(1234)
})

test('several writers lose nothing, and no reader ever sees half a file', async () => {
  const folder = await temporaryFolder()
  const names = Array.from({ length: 30 }, (_, i) => `s${i}`)
  const writers = [indexIn(folder), indexIn(folder), indexIn(folder)]
  let writing = true
  const done = Promise.all(
    names.map((name, i) => writers[i % 3]?.add('grants', keyOf(name), 'keychain')),
  ).finally(() => {
    writing = false
  })
  await writers[0]?.add('grants', keyOf('first'), 'keychain')
  while (writing) JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))
  await done
  expect((await indexIn(folder).list('grants')).length).toBe(31)
  expect(await readdir(folder)).toEqual(['index.json', 'locks'])
})

test.each([
  ['empty', ''],
  ['cut', '{"v":1,"grants":[{"server"'],
  ['a list', '[]'],
  ['without entries', '{"v":1}'],
  ['too large', `{"v":1,"grants":[],"x":"${'x'.repeat(1024 * 1024)}"}`],
])('a file that is %s counts as empty and is replaced', async (_, text) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'index.json'), text)
  const index = indexIn(folder)
  expect(await index.list('grants')).toEqual([])
  await index.add('grants', keyOf('one'), 'keychain')
  expect(await index.since('grants', keyOf('one'), 'keychain')).toBeDefined()
})

test('a bad entry does not hide the good ones', async () => {
  const folder = await temporaryFolder()
  const good = { ...keyOf('one'), store: 'keychain', since: 1 }
  const grants = [
    null,
    3,
    {},
    { ...good, slot: ' x' },
    { ...good, store: 'elsewhere' },
    { ...good, server: 'x'.repeat(3000) },
    good,
  ]
  await writeFile(join(folder, 'index.json'), JSON.stringify({ v: 1, grants }))
  expect(await indexIn(folder).list('grants')).toEqual([good])
})

test('the file of a newer version is read as far as possible and never written', async () => {
  const folder = await temporaryFolder()
  const text = JSON.stringify({
    v: 2,
    grants: [{ ...keyOf('one'), store: 'keychain', since: 1 }],
    more: true,
  })
  await writeFile(join(folder, 'index.json'), text)
  const index = indexIn(folder)
  expect(await index.since('grants', keyOf('one'), 'keychain')).toBeDefined()
  await index.add('grants', keyOf('two'), 'keychain')
  await index.remove('grants', keyOf('one'), 'keychain')
  expect(await readFile(join(folder, 'index.json'), 'utf8')).toBe(text)
})

test('a change that cannot be written rejects', async () => {
  const folder = join(await temporaryFolder(), 'state')
  await writeFile(folder, '')
  await expect(indexIn(folder).add('grants', keyOf('one'), 'keychain')).rejects.toThrow()
})

test('what cannot be understood is said, and kept beside the next one', async () => {
  const folder = await temporaryFolder()
  const lock = createLock({ folder: join(folder, 'locks'), warn: () => {} })
  const warn = vi.fn()
  const index = openIndex({ folder, lock, now: () => 1, warn })
  await writeFile(join(folder, 'index.json'), '{"v":1,"grants":[')
  await index.add('grants', keyOf('one'), 'keychain')
  expect(warn).toHaveBeenCalledWith(
    `the file ${join(folder, 'index.json')} cannot be understood: it counts as empty`,
  )
  expect(await readFile(join(folder, 'index.json.damaged'), 'utf8')).toBe('{"v":1,"grants":[')
  expect(await indexIn(folder).list('grants')).toHaveLength(1)
})

test('grants, clients and sign-outs are lists of their own; a new grant ends a sign-out', async () => {
  const folder = await temporaryFolder()
  const index = indexIn(folder)
  const [one, two] = [keyOf('one'), keyOf('two')]
  await index.add('clients', one, 'keychain')
  await index.add('grants', one, 'keychain')
  await index.add('grants', two, 'keychain')
  await index.signOut(one, 'keychain')
  await index.signOut(one, 'keychain')
  const entry = { ...one, store: 'keychain', since: 1234 }
  expect(await index.list('signedOut')).toEqual([entry])
  expect(await index.list('clients')).toEqual([entry])
  expect(await index.list('grants')).toEqual([{ ...entry, ...two }])
  await index.add('grants', one, 'file')
  expect(await index.list('signedOut')).toEqual([entry])
  await index.add('grants', one, 'keychain')
  expect(await index.list('signedOut')).toEqual([])
  await index.signOut(one, 'keychain')
  await index.remove('grants', one, 'keychain')
  expect(await index.list('signedOut')).toEqual([])
  expect(await index.list('clients')).toEqual([entry])
})

test('remembers the last issuer of a server and since when', async () => {
  const folder = await temporaryFolder()
  let time = 1
  const lock = createLock({ folder: join(folder, 'locks'), warn: () => {} })
  const index = openIndex({ folder, lock, now: () => time })
  const [one, two] = [keyOf('one'), keyOf('two')]
  expect(await index.knownIssuer(one.server)).toBeUndefined()
  await index.setIssuer(one, 'a')
  time = 2
  await index.setIssuer(two, 'b')
  await index.setIssuer(one, 'a')
  expect(await index.knownIssuer(one.server)).toEqual({ issuer: one.issuer, clientId: 'a', since: 1 })
  await index.setIssuer(one, 'c')
  expect(await indexIn(folder).knownIssuer(one.server)).toEqual({
    issuer: one.issuer,
    clientId: 'c',
    since: 1,
  })
  time = 3
  await index.setIssuer({ server: one.server, issuer: two.issuer }, 'a')
  expect(await index.knownIssuer(one.server)).toEqual({ issuer: two.issuer, clientId: 'a', since: 3 })
  expect(await index.knownIssuer(two.server)).toEqual({ issuer: two.issuer, clientId: 'b', since: 2 })
})

test('without a folder it lasts as long as the process', async () => {
  const index = openIndex({ lock: createLock({ warn: () => {} }), now: () => 1 })
  await index.add('grants', keyOf('one'), 'keychain')
  await index.setIssuer(keyOf('one'), 'a')
  expect(await index.list('grants')).toHaveLength(1)
  expect(await index.knownIssuer(keyOf('one').server)).toMatchObject({ clientId: 'a' })
})

test('no file at all makes reading throw', async () => {
  const folder = await temporaryFolder()
  const index = indexIn(folder)
  const lists = fc.record({ v: fc.jsonValue(), grants: fc.jsonValue(), issuers: fc.jsonValue() })
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.json(),
        lists.map(each => JSON.stringify(each)),
      ),
      async text => {
        await writeFile(join(folder, 'index.json'), text)
        expect(await index.list('grants')).toEqual([])
        expect(await index.knownIssuer(keyOf('one').server)).toBeUndefined()
      },
    ),
  )
})
