import type { ChatEvent } from '../types.ts'

/** Longest piece of a reply that is read at once, in characters. */
const PIECE = 4000
/** How long events are handled before keys get their turn, in milliseconds. */
const TURN = 15

/** Events in the order in which they came. */
export interface Backlog {
  /** Handles the event at once, unless there is too much before it, or in it, for keys to wait so long. */
  take(event: ChatEvent): void
  /** Handles all that is left. */
  flush(): void
}

/** `begun`: whether this reply was streamed. `later`: runs something after so many milliseconds. */
export function openBacklog(
  handle: (event: ChatEvent) => void,
  begun: (messageId: string) => boolean,
  now: () => number,
  later: (work: () => void, ms: number) => () => void,
): Backlog {
  let queue: ChatEvent[] = []
  let parts: Iterator<ChatEvent> | undefined
  let waiting = false

  /** The event, with its text in small pieces in front of it where nobody has seen that yet. */
  function* partsOf(event: ChatEvent): Generator<ChatEvent> {
    const long = (event.type === 'reply-delta' || event.type === 'reply') && event.text.length > PIECE
    if (long && (event.type === 'reply-delta' || !begun(event.messageId))) {
      const { messageId, text } = event
      for (let at = 0; at < text.length; at += PIECE)
        yield { type: 'reply-delta', messageId, text: text.slice(at, at + PIECE) }
    }
    if (!(long && event.type === 'reply-delta')) yield event
  }

  function work(until: number): void {
    let at = 0
    try {
      while (parts !== undefined || at < queue.length) {
        if (parts === undefined) {
          const event = queue[at]
          at += 1
          if (event === undefined) continue
          parts = partsOf(event)
        }
        const { value, done } = parts.next()
        if (done) parts = undefined
        else handle(value)
        if (now() >= until) break
      }
    } finally {
      queue = at > 0 ? queue.slice(at) : queue
    }
    if (parts === undefined && queue.length === 0) return
    waiting = true
    later(() => {
      waiting = false
      work(now() + TURN)
    }, 0)
  }

  return {
    take(event) {
      queue.push(event)
      if (!waiting) work(now() + TURN)
    },
    flush: () => work(Number.POSITIVE_INFINITY),
  }
}
