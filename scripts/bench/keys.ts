import { randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestTerminal } from '../../test/support/terminal.ts'

/** Milliseconds from a key to its echo on the screen: so many keys, one after the other. */
export async function keyTimes(chat: TestTerminal, keys: number): Promise<number[]> {
  const times: number[] = []
  for (let at = 0; at < keys; at += 1) {
    const key = String.fromCharCode('a'.charCodeAt(0) + (at % 26))
    const began = performance.now()
    await chat.keys(key)
    await chat.until(() =>
      chat
        .screen()
        .split('\n')
        .findLast(row => row.startsWith('› '))
        ?.endsWith(key),
    )
    times.push(performance.now() - began)
    if (at % 26 < 25) continue
    await chat.keys('\u0015')
    await chat.until(
      () =>
        chat
          .screen()
          .split('\n')
          .findLast(row => row.startsWith('›')) === '›',
    )
  }
  return times
}

/** The value below which this part of the values lies. */
export function percentile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN
}

const OF_A_TURN = new Set(['user.message', 'assistant.turn_start', 'assistant.message', 'assistant.turn_end'])

/** Makes the only session in this `COPILOT_HOME` so many messages long: its one turn again and again. */
export async function lengthen(copilotHome: string, messages: number): Promise<void> {
  const folder = join(copilotHome, 'session-state')
  const [id = ''] = await readdir(folder)
  const file = join(folder, id, 'events.jsonl')
  const log = await readFile(file, 'utf8')
  const events = log.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
  const turn = events.filter(event => OF_A_TURN.has(event.type))
  let parentId = events.at(-1)?.id
  for (let count = 2; count < messages; count += 2) {
    for (const event of turn) {
      const messageId = `${event.data.messageId ?? ''}${count}`
      events.push({ ...event, data: { ...event.data, messageId }, id: randomUUID(), parentId })
      parentId = events.at(-1).id
    }
  }
  await writeFile(file, events.map(event => `${JSON.stringify(event)}\n`).join(''))
}
