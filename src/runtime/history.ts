import type { Connection } from './connection.ts'
import { hostEvent } from './events.ts'
import { methods } from './protocol.ts'
import type { HostEvent, ToolEnd } from './types.ts'

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

export function settled(events: readonly HostEvent[]): HostEvent[] {
  const settler = createSettler(endsOf(events))
  return [...events.flatMap(event => settler.take(event)), ...settler.end()]
}

/** How each tool call of the past ended. */
function endsOf(events: readonly HostEvent[]): Map<string, ToolEnd> {
  const ends = new Map<string, ToolEnd>()
  for (const event of events) if (event.type === 'tool-end') ends.set(event.id, event.end)
  return ends
}

/**
 * Gives each tool call of the past one end, and none without a beginning. That of a call that was cut off comes before what
 * the person said next: the runtime writes it down only then, if at all.
 */
export function createSettler(ends: ReadonlyMap<string, ToolEnd>): {
  take(event: HostEvent): HostEvent[]
  end(): HostEvent[]
} {
  const open = new Set<string>()
  const cut = (ids: readonly string[]): HostEvent[] =>
    ids.filter(id => open.delete(id)).map(id => ({ type: 'tool-end', id, end: 'cancelled', text: '' }))
  return {
    take(event) {
      if (event.type === 'tool-start') open.add(event.id)
      if (event.type === 'tool-end') return open.delete(event.id) ? [event] : []
      if (event.type !== 'user') return [event]
      return [...cut([...open].filter(id => (ends.get(id) ?? 'cancelled') === 'cancelled')), event]
    },
    end: () => cut([...open]),
  }
}
