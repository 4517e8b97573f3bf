import type { Writable } from 'node:stream'
import * as v from 'valibot'
import {
  ErrorCodes,
  Message,
  type MessageReader,
  type MessageStrategy,
  type MessageWriter,
  type ResponseMessage,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node'
import type { BoundedFrames } from './framing.ts'
import { maybe } from './protocol.ts'

/** So many messages may be read and not worked on, or written and not taken: then nothing is read for a while. */
const MOST = 1000

export interface Flow {
  reader: MessageReader
  writer: MessageWriter
  strategy: MessageStrategy
}

const Answer = v.object({
  id: v.number(),
  error: maybe(v.object({ code: v.number(), message: v.fallback(v.string(), '') })),
})

/** What the library says itself of a lost connection: nobody on the other side may say it. */
const ITS_OWN = new Set<number | undefined>([
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.MessageWriteError,
])

/**
 * A message as the library takes it well; undefined for one that is none, which it would set out in lines for its log, however long that
 * takes. An answer that it would not take for one becomes a refusal, so that its call does not wait.
 */
function usable(message: Message): Message | undefined {
  if (Message.isRequest(message) || Message.isNotification(message)) return message
  const judged = v.safeParse(Answer, message)
  if (!judged.success) return undefined
  const { id, error } = judged.output
  if (Message.isResponse(message) && !ITS_OWN.has(error?.code)) return message
  const text = error?.message || 'the answer is empty'
  const refusal: ResponseMessage = {
    ...{ jsonrpc: '2.0', id },
    error: { code: ErrorCodes.InternalError, message: text },
  }
  return refusal
}

/**
 * Reader and writer of JSON-RPC that hold the other side back when it sends faster than it is worked on, or asks and does not
 * read the answers: the library itself would keep all of that in memory. What is no message is skipped.
 */
export function createFlow(input: BoundedFrames, output: Writable, log: (line: string) => void): Flow {
  const reader = new StreamMessageReader(input)
  const writer = new StreamMessageWriter(output)
  const waiting: Message[] = []
  let work: (message: Message) => void = () => {}
  let busy = false
  let unsent = 0
  let skipped = false

  function pace(): void {
    const load = waiting.length + unsent
    if (load > MOST) input.pause()
    else if (load < MOST / 2 && input.isPaused()) input.resume()
  }

  /** One message at a time: what the library has in its hands it counts no more. */
  function next(): void {
    while (!busy) {
      const message = waiting.shift()
      if (message === undefined) break
      busy = true
      try {
        work(message)
      } catch {
        busy = false
      }
    }
    pace()
  }

  const listen = reader.listen.bind(reader)
  reader.listen = callback => {
    work = callback
    reader.onError(() => input.wasRead())
    return listen(read => {
      input.wasRead()
      const message = usable(read)
      if (message === undefined) {
        // Once: there may be thousands.
        if (!skipped) log('runtime: what is neither a request nor a notification nor an answer was skipped')
        skipped = true
        return
      }
      // Messages about messages: nothing that is asked of this host takes so long that it could be cancelled.
      if (Message.isNotification(message) && message.method.startsWith('$/')) return
      waiting.push(message)
      next()
    })
  }
  // In one piece and at once: the library's own way takes two, and turns of the event loop in which a frame may be drawn.
  writer.write = message =>
    new Promise((resolve, reject) => {
      unsent += 1
      const text = JSON.stringify(message)
      output.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`, error => {
        unsent -= 1
        pace()
        if (error) reject(error)
        else resolve()
      })
    })
  return {
    reader,
    writer,
    strategy: {
      handleMessage(message, handle) {
        busy = false
        const handled = handle(message)
        next()
        return handled
      },
    },
  }
}
