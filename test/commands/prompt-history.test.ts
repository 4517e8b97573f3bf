import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPromptHistory } from '../../src/commands/prompt-history.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prompts-'))
})
afterEach(() => rm(folder, { recursive: true }))

const file = () => join(folder, 'prompts.jsonl')

test('prompts are there again in another process, byte for byte, newest last, each once', async () => {
  const history = openPromptHistory(folder)
  for (const text of ['one', 'two\r\nlines \u001b[2J 日本\u2028', 'one', '/mcp']) await history.add(text)
  expect(await openPromptHistory(folder).read()).toEqual(['two\r\nlines \u001b[2J 日本\u2028', 'one', '/mcp'])
})

test('nobody else can read them, whatever the file was like before', async () => {
  const deep = join(folder, 'state', 'deep')
  await openPromptHistory(deep).add('one')
  expect((await stat(deep)).mode & 0o777).toBe(0o700)
  expect((await stat(join(deep, 'prompts.jsonl'))).mode & 0o777).toBe(0o600)
  await writeFile(file(), '', { mode: 0o644 })
  await chmod(file(), 0o644)
  await openPromptHistory(folder).add('one')
  expect((await stat(file())).mode & 0o777).toBe(0o600)
})

test('what begins with a space, or is huge, is not kept', async () => {
  const history = openPromptHistory(folder)
  await history.add(' quiet')
  await history.add('x'.repeat(64 * 1024 + 1))
  expect(await readdir(folder)).toEqual([])
  expect(await history.read()).toEqual([])
})

test('it does not grow without end, and the newest stay', async () => {
  const history = openPromptHistory(folder)
  const text = (at: number) => `${at} ${'x'.repeat(60_000)}`
  for (let at = 0; at < 60; at += 1) await history.add(text(at))
  const sizes = await Promise.all(
    (await readdir(folder)).map(async name => (await stat(join(folder, name))).size),
  )
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2.5 * 1024 * 1024)
  const kept = await history.read()
  expect(kept.at(-1)).toBe(text(59))
  expect(kept.length).toBeGreaterThan(17)
})

test('many at once lose nothing', async () => {
  const histories = Array.from({ length: 8 }, () => openPromptHistory(folder))
  await Promise.all(
    histories.flatMap((each, one) => Array.from({ length: 20 }, (_, at) => each.add(`${one}-${at}`))),
  )
  expect(await openPromptHistory(folder).read()).toHaveLength(160)
})

test('damaged lines are left out, the line behind them is not', async () => {
  const bad = [
    '{',
    '"text"',
    '{"text":1}',
    '{"text":""}',
    'null',
    '\u0000',
    JSON.stringify({ text: 'x'.repeat(70_000) }),
  ]
  await writeFile(file(), bad.join('\n'))
  await appendFile(file(), '{"text":"cut o')
  const history = openPromptHistory(folder)
  await history.add('whole')
  expect(await history.read()).toEqual(['whole'])
})

test('a link is neither read nor written, and a folder in its place harms nobody', async () => {
  const other = join(folder, 'other')
  await writeFile(other, '{"text":"theirs"}\n')
  await symlink(other, file())
  const history = openPromptHistory(folder)
  await history.add('mine')
  expect(await history.read()).toEqual([])
  expect(await readFile(other, 'utf8')).toBe('{"text":"theirs"}\n')
  await rm(file())
  await mkdir(file())
  await history.add('mine')
  expect(await history.read()).toEqual([])
})
