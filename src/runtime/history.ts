import type { Connection } from './connection.ts'
import { hostEvent } from './events.ts'
import { methods } from './protocol.ts'
import type { HostEvent } from './types.ts'

/** Events of one page: small enough that a page of long tool results is still a message of a bounded size. */
const PAGE = 100

/** What a transcript shows. System prompts and snapshots of the conversation are not even asked for. */
const TYPES = [
  'user.message',
  'assistant.message',
  'tool.execution_start',
  'tool.execution_complete',
  'session.error',
  'abort',
]

/** Reads the past of a session from its end backward, page by page: at most `limit` events, oldest first. */
export async function readHistory(
  connection: Connection,
  sessionId: string,
  limit: number,
): Promise<HostEvent[]> {
  let events: HostEvent[] = []
  let cursor: string | undefined
  for (let more = true; more && events.length < limit; ) {
    const page = await connection.call(methods.readEvents, {
      sessionId,
      cursor,
      max: PAGE,
      direction: 'backward',
      includeEphemeral: false,
      agentScope: 'primary',
      types: TYPES,
    })
    events = [...page.events.flatMap(event => hostEvent(event) ?? []), ...events]
    more = page.hasMore && page.cursor !== undefined && page.cursor !== cursor
    cursor = page.cursor
  }
  return settled(events.slice(-limit))
}

/**
 * Nothing of the past is still running, and no end stands without its beginning. The end of a call that was cut off comes
 * before what the person said next: the runtime writes it down only then, if at all.
 */
export function settled(events: readonly HostEvent[]): HostEvent[] {
  const ends = new Map(
    events.flatMap(event => (event.type === 'tool-end' ? [[event.id, event] as const] : [])),
  )
  const open = new Set<string>()
  const kept: HostEvent[] = []
  const cutOff = (id: string) => (ends.get(id)?.end ?? 'cancelled') === 'cancelled'
  const close = (id: string) => {
    if (open.delete(id)) kept.push(ends.get(id) ?? { type: 'tool-end', id, end: 'cancelled', text: '' })
  }
  for (const event of events) {
    if (event.type === 'user') for (const id of [...open].filter(cutOff)) close(id)
    if (event.type === 'tool-start') open.add(event.id)
    if (event.type === 'tool-end') close(event.id)
    else kept.push(event)
  }
  for (const id of [...open]) close(id)
  return kept
}
