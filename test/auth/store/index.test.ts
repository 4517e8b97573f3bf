import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openIndex } from '../../../src/auth/store/index.ts'
import { createLock } from '../../../src/auth/store/lock.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { keyOf } from '../../support/grants.ts'

function indexIn(folder: string) {
  const lock = createLock({ folder: join(folder, 'locks'), warn: () => {} })
  return openIndex({ folder, lock, now: () => 1234 })
}

test('remembers which grants exist, in which store, since when', async () => {
  const folder = join(await temporaryFolder(), 'state')
  const index = indexIn(folder)
  const [one, two] = [keyOf('one'), keyOf('two')]
  expect(await index.list()).toEqual([])
  await index.remove(one, 'keychain')
  await index.add(one, 'keychain')
  await index.add(one, 'keychain')
  await index.add(two, 'file')
  expect(await indexIn(folder).list()).toEqual([
    { ...one, store: 'keychain', since: 1234 },
    { ...two, store: 'file', since: 1234 },
  ])
  expect(await index.has(one, 'keychain')).toBe(true)
  expect(await index.has(one, 'file')).toBe(false)
  expect(await index.has({ ...one, issuer: two.issuer }, 'keychain')).toBe(false)
  await index.remove(one, 'keychain')
  expect(await index.has(one, 'keychain')).toBe(false)
  expect((await stat(join(folder, 'index.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

test('several writers lose nothing, and no reader ever sees half a file', async () => {
  const folder = await temporaryFolder()
  const names = Array.from({ length: 30 }, (_, i) => `s${i}`)
  const writers = [indexIn(folder), indexIn(folder), indexIn(folder)]
  let writing = true
  const done = Promise.all(names.map((name, i) => writers[i % 3]?.add(keyOf(name), 'keychain'))).finally(
    () => {
      writing = false
    },
  )
  await writers[0]?.add(keyOf('first'), 'keychain')
  while (writing) JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))
  await done
  expect((await indexIn(folder).list()).length).toBe(31)
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
  expect(await index.list()).toEqual([])
  await index.add(keyOf('one'), 'keychain')
  expect(await index.has(keyOf('one'), 'keychain')).toBe(true)
})

test('a bad entry does not hide the good ones', async () => {
  const folder = await temporaryFolder()
  const good = { ...keyOf('one'), store: 'keychain', since: 1 }
  const grants = [null, 3, {}, { ...good, store: 'elsewhere' }, { ...good, server: 'x'.repeat(3000) }, good]
  await writeFile(join(folder, 'index.json'), JSON.stringify({ v: 1, grants }))
  expect(await indexIn(folder).list()).toEqual([good])
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
  expect(await index.has(keyOf('one'), 'keychain')).toBe(true)
  await index.add(keyOf('two'), 'keychain')
  await index.remove(keyOf('one'), 'keychain')
  expect(await readFile(join(folder, 'index.json'), 'utf8')).toBe(text)
})

test('a change that cannot be written rejects', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'index.json'))
  await expect(indexIn(folder).add(keyOf('one'), 'keychain')).rejects.toThrow()
})
