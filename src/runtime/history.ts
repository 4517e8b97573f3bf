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

/** Nothing of the past is still running, and no end stands without its beginning. */
function settled(events: readonly HostEvent[]): HostEvent[] {
  const open = new Set<string>()
  const kept = events.filter(event => {
    if (event.type === 'tool-start') open.add(event.id)
    return event.type !== 'tool-end' || open.delete(event.id)
  })
  return [...kept, ...[...open].map(id => ({ type: 'tool-end', id, end: 'cancelled', text: '' }) as const)]
}
