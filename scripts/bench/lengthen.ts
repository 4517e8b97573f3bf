import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'

const OF_A_TURN = new Set(['user.message', 'assistant.turn_start', 'assistant.message', 'assistant.turn_end'])

/** Makes a stored session so many turns long: its one turn again and again. `file`: its log. */
export async function lengthen(file: string, turns: number): Promise<void> {
  const log = await readFile(file, 'utf8')
  const events = log.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
  const turn = events.filter(event => OF_A_TURN.has(event.type))
  let parentId = events.at(-1)?.id
  for (let count = 1; count < turns; count += 1) {
    for (const event of turn) {
      const messageId = `${event.data.messageId ?? ''}${count}`
      events.push({ ...event, data: { ...event.data, messageId }, id: randomUUID(), parentId })
      parentId = events.at(-1).id
    }
  }
  await writeFile(file, events.map(event => `${JSON.stringify(event)}\n`).join(''))
}
