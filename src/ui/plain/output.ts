import type { HostEvent } from '../../runtime/types.ts'
import { isSaid } from '../said.ts'
import { BROKEN_OFF } from '../status-words.ts'
import type { ChatEvent } from '../types.ts'
import { eventLines, NOTHING_TOLD } from './event-lines.ts'
import { openReply, type Reply } from './reply.ts'

/** Everything that happens in a chat, as lines in the order in which it happens. */
export interface Output {
  take(event: ChatEvent): void
  /** What was said and done earlier: as it ended. */
  past(events: readonly HostEvent[]): void
  /** The person has typed this line, so their terminal shows it. */
  typed(text: string): void
  /** How many messages wait to be sent. */
  readonly queued: number
  /** Ends a reply that is still running as it is. */
  end(): void
}

/** `now`: milliseconds since the epoch. */
export function openOutput(write: (line: string) => void, now: () => number): Output {
  let told = NOTHING_TOLD
  let reply: Reply | undefined
  /** The last reply that is printed to its end: what comes for it later is there already. */
  let ended: string | undefined

  function finish(full?: string): void {
    reply?.end(full).forEach(write)
    ended = reply?.id ?? ended
    reply = undefined
  }

  function replyOf(id: string): Reply {
    if (reply?.id !== id) finish()
    reply ??= openReply(id)
    return reply
  }

  function take(event: ChatEvent): void {
    switch (event.type) {
      case 'reply-delta':
        if (event.messageId !== ended) replyOf(event.messageId).push(event.text).forEach(write)
        return
      case 'reply':
        if (event.messageId === ended) return
        replyOf(event.messageId)
        finish(event.text)
        return
      case 'retry':
        // What is not printed of it never is.
        if (reply !== undefined) write(BROKEN_OFF)
        ended = reply?.id ?? ended
        reply = undefined
        break
      case 'sent':
      case 'user':
      case 'interrupted':
      case 'idle':
      case 'stopped':
        finish()
    }
    const next = eventLines(told, event, now())
    told = next.told
    next.lines.forEach(write)
  }

  return {
    take,
    past(events) {
      // A call is told by how it ended.
      let quiet = false
      const earlier = openOutput(
        line => quiet || write(line),
        () => 0,
      )
      for (const event of events.filter(isSaid)) {
        quiet = event.type === 'tool-start'
        earlier.take(event)
      }
      quiet = false
      earlier.end()
    },
    typed(text) {
      told = { ...told, typed: text }
    },
    get queued() {
      return told.queued.length
    },
    end: () => finish(),
  }
}
