import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mendLog, readStoredEvents, type StoredEvent } from '../../src/runtime/stored-events.ts'
import { temporaryFolder } from '../support/folder.ts'

const user = (content: string) =>
  JSON.stringify({
    type: 'user.message',
    timestamp: '2026-11-21T07:00:00.000Z',
    data: { content, messageId: 'm' },
  })

async function log(...lines: (string | Buffer)[]): Promise<{ home: string; folder: string }> {
  const home = await temporaryFolder()
  const folder = join(home, 'session-state', 'one')
  await mkdir(folder, { recursive: true })
  const parts = lines.flatMap(line => [
    typeof line === 'string' ? Buffer.from(line) : line,
    Buffer.from('\n'),
  ])
  await writeFile(join(folder, 'events.jsonl'), Buffer.concat(parts))
  return { home, folder }
}

async function all(home: string, id = 'one'): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const event of readStoredEvents(home, id)) events.push(event)
  return events
}

const kinds = (events: readonly StoredEvent[]) =>
  events.map(each => (each.kind === 'event' ? each.event.type : 'damaged'))

test('events in order, with their time; what means nothing to us is left out', async () => {
  const { home } = await log(
    user('one'),
    '{"type":"system.message","data":{}}',
    '',
    user('two').replace('"timestamp":"2026-11-21T07:00:00.000Z",', ''),
  )
  expect(await all(home)).toEqual([
    { kind: 'event', time: '2026-11-21T07:00:00.000Z', event: { type: 'user', messageId: 'm', text: 'one' } },
    { kind: 'event', time: '', event: { type: 'user', messageId: 'm', text: 'two' } },
  ])
})

test.each([
  ['half a line', '{"type":"user.mess'],
  ['no JSON', 'garbage'],
  ['no object', '7'],
  ['no type', '{"data":{}}'],
  ['half a character', Buffer.from([0x7b, 0xff, 0x7d])],
  ['a line that is too long', `"${'x'.repeat(33 * 1024 * 1024)}"`],
])('%s is damaged, and hides nothing behind it', async (_, line) => {
  const { home } = await log(user('before'), line, user('after'))
  expect(kinds(await all(home))).toEqual(['user', 'damaged', 'user'])
})

test('the last line may have no end, and a line may be longer than a read', async () => {
  const { home, folder } = await log(user('x'.repeat(300_000)))
  await writeFile(join(folder, 'events.jsonl'), user('cut'), { flag: 'a' })
  expect(kinds(await all(home))).toEqual(['user', 'user'])
})

test.each(['../one', 'one/..', '', '.', '..', 'a\u0000b', '.hidden', 'x'.repeat(300)])(
  'id %j never becomes a path',
  async id => {
    const { home } = await log(user('one'))
    await expect(all(home, id)).rejects.toMatchObject({ kind: 'session-unknown' })
    await expect(mendLog(home, id, () => false)).rejects.toMatchObject({ kind: 'session-unknown' })
  },
)

test('a session without a log is told in one line', async () => {
  const { home } = await log()
  await expect(all(home, 'another')).rejects.toMatchObject({
    kind: 'session-unknown',
    message: 'the log of session another cannot be read (ENOENT)',
  })
})

test('mending takes the damaged lines out, byte by byte the rest, and keeps the log as it was', async () => {
  const { home, folder } = await log(user('é 👋'), 'garbage', user('two'))
  const before = await readFile(join(folder, 'events.jsonl'))
  expect(await mendLog(home, 'one', () => false)).toBe(1)
  expect(await readFile(join(folder, 'events.jsonl'), 'utf8')).toBe(`${user('é 👋')}\n${user('two')}\n`)
  expect(await readFile(join(folder, 'events.damaged.jsonl'))).toEqual(before)
})

test.each([
  ['with nothing damaged', [user('one')], undefined],
  ['open in another process', ['garbage'], 'inuse.42.lock'],
])('a log %s is left alone', async (_, lines, lock) => {
  const { home, folder } = await log(...lines)
  if (lock) await writeFile(join(folder, lock), '')
  expect(await mendLog(home, 'one', pid => pid === 42)).toBe(0)
  expect(await readFile(join(folder, 'events.jsonl'), 'utf8')).toBe(`${lines.join('\n')}\n`)
  expect(await readdir(folder)).not.toContain('events.damaged.jsonl')
})
