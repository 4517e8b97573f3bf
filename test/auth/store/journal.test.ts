import { appendFile, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scopeTokens } from '../../../src/auth/scope.ts'
import { type JournalEntry, openJournal } from '../../../src/auth/store/journal.ts'
import { temporaryFolder } from '../../support/folder.ts'

const entry = (server: string, more: Partial<JournalEntry> = {}): JournalEntry => ({
  ...{ time: '2026-11-21T10:00:00.000Z', server, reason: 'initial', outcome: 'signed-in', ms: 1200 },
  ...more,
})

test('what was written is read again, the last ones, oldest first; for this user only', async () => {
  const folder = await temporaryFolder()
  const journal = openJournal(folder)
  expect(await journal.read(10)).toEqual([])
  for (const server of ['a', 'b', 'c']) await journal.write(entry(server, { route: 'device' }))
  expect((await journal.read(2)).map(({ server }) => server)).toEqual(['b', 'c'])
  expect((await stat(join(folder, 'journal.jsonl'))).mode & 0o777).toBe(0o600)
})

test('an entry with all rights that a grant may have is read again', async () => {
  const journal = openJournal(await temporaryFolder())
  const rights = Array.from({ length: 150 }, (_, at) => `${at}`.padEnd(256, 'x'))
  const scope = scopeTokens(rights.join(' ')).join(' ')
  await journal.write(entry('a', { scope }))
  expect(await journal.read(1)).toEqual([entry('a', { scope })])
})

test('that a line was added is seen also where the time of the file stays the same', async () => {
  const folder = await temporaryFolder()
  const journal = openJournal(folder)
  expect(await journal.changed()).toBeUndefined()
  const seen = new Set<string | undefined>()
  for (const server of ['a', 'b']) {
    await journal.write(entry(server))
    await utimes(join(folder, 'journal.jsonl'), 1000, 1000)
    seen.add(await journal.changed())
  }
  expect(seen.size).toBe(2)
  expect(seen).toContain(await journal.changed())
})

test('many writers at once: no line is lost or torn', async () => {
  const folder = await temporaryFolder()
  const names = Array.from({ length: 200 }, (_, at) => `server-${at}`)
  await Promise.all(names.map(name => openJournal(folder).write(entry(name))))
  const read = await openJournal(folder).read(1000)
  expect(read.map(({ server }) => server).sort()).toEqual([...names].sort())
})

test('it does not grow for ever, and the end of the old one is still read', async () => {
  const folder = await temporaryFolder()
  const journal = openJournal(folder)
  const scope = 'x'.repeat(2000)
  for (let at = 0; at < 300; at += 1) await journal.write(entry(`s${at}`, { scope }))
  for (const name of ['journal.jsonl', 'journal.old.jsonl']) {
    expect((await stat(join(folder, name))).size).toBeLessThan(300 * 1024)
  }
  expect((await journal.read(100)).at(-1)?.server).toBe('s299')
  expect(await journal.read(100)).toHaveLength(100)
})

test.each([
  ['half a line', '{"time":"2026'],
  ['another kind of line', '[]\nnull\n7\n"x"\n{}'],
  ['what a newer version may write', JSON.stringify({ ...entry('x'), reason: 'because' })],
  ['no text at all', '\0\xff\n\n'],
])('%s is left out, and what comes after it is read', async (_what, text) => {
  const folder = await temporaryFolder()
  const journal = openJournal(folder)
  await journal.write(entry('before'))
  await appendFile(join(folder, 'journal.jsonl'), `${text}\n`)
  await journal.write(entry('after'))
  expect((await journal.read(10)).map(({ server }) => server)).toEqual(['before', 'after'])
})

test('a folder that cannot be written fails nothing', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file'), '')
  await openJournal(join(folder, 'file')).write(entry('a'))
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('')
})
