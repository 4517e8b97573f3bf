import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { changeJson, readSmall } from '../../src/commands/small-file.ts'
import { readProgram } from '../../src/spawn.ts'
import { temporaryFolder } from '../support/folder.ts'

test('a plain file of a usual size is read; a pipe, a folder and a huge file are not waited for', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'file')
  await writeFile(path, '{}')
  expect(await readSmall(path)).toBe('{}')
  await truncate(path, 1024 * 1024 + 1)
  await expect(readSmall(path)).rejects.toMatchObject({ code: 'EFBIG' })
  await expect(readSmall(folder)).rejects.toMatchObject({ code: 'EISDIR' })
  await expect(readSmall(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
  const env = { PATH: process.env.PATH ?? '' }
  const pipe = join(folder, 'pipe')
  await readProgram({ program: 'mkfifo', args: [pipe], env }, { most: 10, ms: 5000 })
  await expect(readSmall(pipe)).rejects.toMatchObject({ code: 'EINVAL' })
})

test('a file of a project keeps its mode, one with secrets is for its owner; nothing is left beside it', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'file.json')
  const options = { state: join(folder, 'state'), judge() {} }
  const set = (value: unknown, secret: boolean) =>
    changeJson(path, () => ({ path: ['a'], value }), { ...options, secret })
  await set(1, false)
  expect((await stat(path)).mode & 0o777).toBe(0o644)
  await writeFile(path, '{"b": 2}')
  await set(1, true)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ b: 2, a: 1 })
  expect((await readdir(folder)).sort()).toEqual(['file.json', 'state'])
})

test('what the judge does not pass is not written, nor where nothing can be written', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'file.json')
  await writeFile(path, '{"a": 1}')
  const judge = (content: unknown) => {
    if (JSON.stringify(content) !== '{"a":1}') throw new Error('no')
  }
  const options = { state: join(folder, 'state'), secret: true, judge }
  await expect(changeJson(path, () => ({ path: ['a'], value: 2 }), options)).rejects.toThrow('no')
  expect(await readFile(path, 'utf8')).toBe('{"a": 1}')
  await mkdir(`${path}.new`)
  const free = { ...options, judge() {} }
  await expect(changeJson(path, () => ({ path: ['a'], value: 2 }), free)).rejects.toMatchObject({
    kind: 'config',
  })
  expect(await readFile(path, 'utf8')).toBe('{"a": 1}')
})
