import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLog } from '../src/log.ts'
import { temporaryFolder } from './support/folder.ts'

async function written(...lines: string[]): Promise<string> {
  const path = join(await temporaryFolder(), 'debug.log')
  const log = openLog(path)
  for (const line of lines) log.write(line)
  log.close()
  return readFile(path, 'utf8')
}

test('without a path nothing happens', () => {
  for (const path of [undefined, '']) {
    const log = openLog(path)
    log.write('x')
    log.close()
  }
})

test('a line has a time, and a text of several lines becomes one', async () => {
  expect(await written('first', 'a\nb\u001b[2J\u202ec')).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z first\n\d{4}-\d\d-\d\dT[\d:.]+Z a bc\n$/,
  )
})

test('what looks like a secret is masked, also at the end of a long line', async () => {
  const text = await written('Authorization: Bearer abcdef.ghi', `${'x '.repeat(4000)} token=abcsecret`)
  expect(text).not.toMatch(/abcdef|abcsecret/)
})

test('only its owner can read it, also where it was there before', async () => {
  const path = join(await temporaryFolder(), 'debug.log')
  await writeFile(path, 'old\n')
  await chmod(path, 0o644)
  const log = openLog(path)
  log.write('new')
  log.close()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toMatch(/^old\n.*new\n$/)
})

test('it stays bounded: one older file, then over again', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'debug.log')
  const log = openLog(path)
  const line = 'word '.repeat(390)
  for (let count = 0; count < 8500; count += 1) log.write(`${count} ${line}`)
  log.close()
  expect((await readdir(folder)).sort()).toEqual(['debug.log', 'debug.log.1'])
  for (const name of ['debug.log', 'debug.log.1']) {
    const { size, mode } = await stat(join(folder, name))
    expect(size).toBeLessThanOrEqual(5 * 1024 * 1024)
    expect(mode & 0o777).toBe(0o600)
  }
  expect(await readFile(path, 'utf8')).toContain(' 8499 word')
})

test('writing after the end, or where no file can follow, is no error', async () => {
  const path = join(await temporaryFolder(), 'debug.log')
  await mkdir(`${path}.1`)
  const log = openLog(path)
  for (let count = 0; count < 3000; count += 1) log.write('word '.repeat(399))
  log.close()
  log.write('late')
  log.close()
})

test('a folder, a link, a device and a missing folder are refused in one line that says why', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'target'), '')
  await symlink(join(folder, 'target'), join(folder, 'link'))
  for (const [path, why] of [
    [folder, 'it is a folder'],
    [join(folder, 'link'), 'it must be a file of your own'],
    ['/dev/null', 'it must be a file of your own'],
    ['a\0b', 'it must be a file of your own'],
    [join(folder, 'none', 'debug.log'), 'there is no such folder'],
    [join(folder, 'target', 'debug.log'), 'what should be its folder is a file'],
  ] as const) {
    expect(() => openLog(path)).toThrow(new RegExp(`^cannot write the debug log .*: ${why}$`))
  }
})
