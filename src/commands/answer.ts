import { BlockCleaner } from '../text.ts'
import type { ConversationEvent } from './conversation.ts'

/** The replies of a run as one text: given on as they stream, cleaned over the joined text, each ended by a line feed. */
export function createAnswer(write: (text: string, messageId: string) => void) {
  const streamed = new Map<string, { cleaner: BlockCleaner; raw: number }>()
  /** The reply whose line is not ended yet. */
  let open: string | undefined
  const put = (text: string, messageId: string) => {
    if (text === '') return
    write(text, messageId)
    open = text.endsWith('\n') ? undefined : messageId
  }
  function piece(messageId: string, whole: string | undefined, delta = ''): void {
    const reply = streamed.get(messageId) ?? { cleaner: new BlockCleaner(), raw: 0 }
    streamed.set(messageId, reply)
    const text = whole === undefined ? delta : whole.slice(reply.raw)
    reply.raw += text.length
    put(reply.cleaner.push(text), messageId)
  }
  return {
    take(event: ConversationEvent): void {
      if (event.type === 'reply-delta') piece(event.messageId, undefined, event.text)
      if (event.type !== 'reply') return
      piece(event.messageId, event.text)
      streamed.delete(event.messageId)
      this.end()
    },
    /** Ends a line that was left open. */
    end(): void {
      if (open !== undefined) put('\n', open)
    },
    get open(): boolean {
      return open !== undefined
    },
  }
}
