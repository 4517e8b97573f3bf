import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTrusted } from '../../src/commands/trusted.ts'
import type { Brought } from '../../src/config/project.ts'
import { temporaryFolder } from '../support/folder.ts'

const item = (key: string, command = 'x'): Brought => ({
  ...{ file: '.mcp.json', kind: 'server', key, value: { command } },
})

test('consent is for a folder and a content, takes the place of an earlier one, and can be taken back', async () => {
  const state = join(await temporaryFolder(), 'state')
  const trusted = openTrusted(state)
  expect((await trusted.for('/r'))(item('a'))).toBe(false)
  await trusted.agree('/r', [item('a'), item('b')], 'now')
  const trusts = await openTrusted(state).for('/r')
  expect([trusts(item('a')), trusts(item('b')), trusts(item('c')), trusts(item('a', 'y'))]).toEqual([
    ...[true, true, false, false],
  ])
  expect((await trusted.for('/r/sub'))(item('a'))).toBe(false)
  expect((await trusted.for('__proto__'))(item('a'))).toBe(false)
  await trusted.agree('/other', [item('a')], 'now')
  await trusted.agree('/r', [item('b')], 'now')
  expect((await trusted.for('/r'))(item('a'))).toBe(false)
  expect(await trusted.folders()).toEqual(['/r', '/other'])
  expect(await trusted.revoke('/r')).toBe(true)
  expect(await trusted.revoke('/r')).toBe(false)
  expect(await trusted.folders()).toEqual(['/other'])
  const file = join(state, 'trusted.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).not.toContain('command')
})

test.each(['', '{', '[]', '{"version":1,"folders":{"/r":true}}'])(
  'a file that holds %j is no consent',
  async text => {
    const state = await temporaryFolder()
    await writeFile(join(state, 'trusted.json'), text)
    expect((await openTrusted(state).for('/r'))(item('a'))).toBe(false)
    await openTrusted(state).agree('/r', [item('a')], 'now')
    expect((await openTrusted(state).for('/r'))(item('a'))).toBe(true)
  },
)

test('K-06 the file of a newer version is no consent, and left as it is', async () => {
  const state = await temporaryFolder()
  const file = join(state, 'trusted.json')
  await writeFile(file, '{"version":2,"folders":{}}')
  expect((await openTrusted(state).for('/r'))(item('a'))).toBe(false)
  await expect(openTrusted(state).agree('/r', [item('a')], 'now')).rejects.toMatchObject({
    message: expect.stringContaining('trusted.json, which a newer version has made'),
  })
  expect(await readFile(file, 'utf8')).toBe('{"version":2,"folders":{}}')
})

test('what cannot be kept is told', async () => {
  const state = join(await temporaryFolder(), 'file')
  await writeFile(state, '')
  await chmod(state, 0o600)
  await expect(openTrusted(state).agree('/r', [item('a')], 'now')).rejects.toMatchObject({ kind: 'folder' })
})
