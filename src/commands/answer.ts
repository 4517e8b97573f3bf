import { BlockCleaner, cleanBlock } from '../text.ts'
import type { ConversationEvent } from './conversation.ts'

/** The replies of a run as one text, cleaned over the joined text, each ended by a line feed. */
export interface Answer {
  take(event: ConversationEvent): void
  /** Ends a line that was left open; what is there of an unfinished reply is not lost. */
  end(): void
  readonly open: boolean
}

/**
 * `live`: replies are given on as they stream. Otherwise each one comes when it is whole: what breaks off and begins anew is
 * no answer.
 */
export function createAnswer(write: (text: string, messageId: string) => void, live = true): Answer {
  const streamed = new Map<string, { cleaner: BlockCleaner; raw: string }>()
  /** The reply whose line is not ended yet. */
  let open: string | undefined

  function put(text: string, messageId: string): void {
    if (text === '') return
    write(text, messageId)
    open = text.endsWith('\n') ? undefined : messageId
  }

  function endLine(): void {
    if (open !== undefined) put('\n', open)
  }

  return {
    take(event) {
      if (event.type === 'reply-delta') {
        const reply = streamed.get(event.messageId) ?? { cleaner: new BlockCleaner(), raw: '' }
        streamed.set(event.messageId, reply)
        reply.raw += event.text
        if (live) put(reply.cleaner.push(event.text), event.messageId)
      } else if (event.type === 'reply') {
        const reply = live ? streamed.get(event.messageId) : undefined
        const { cleaner, raw } = reply ?? { cleaner: new BlockCleaner(), raw: '' }
        put(cleaner.push(event.text.slice(raw.length)), event.messageId)
        streamed.delete(event.messageId)
        endLine()
      } else if (event.type === 'retry') {
        streamed.clear()
        endLine()
      }
    },
    end() {
      if (!live) for (const [id, { raw }] of streamed) put(cleanBlock(raw), id)
      streamed.clear()
      endLine()
    },
    get open() {
      return open !== undefined
    },
  }
}
