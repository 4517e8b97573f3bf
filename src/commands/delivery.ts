import { HostError } from '../errors.ts'
import type { Attachment, HostEvent, Session } from '../runtime/types.ts'
import type { Message, Outbox } from './outbox.ts'

export interface DeliveryPorts {
  session: Pick<Session, 'send'>
  outbox: Pick<Outbox, 'gone' | 'steer'>
  /** The files that a message names; at once if it names none. */
  attach?(text: string): Promise<readonly Attachment[]> | undefined
}

/** The way of the messages to the runtime, one at a time, each with the files that it names. */
export interface Delivery {
  /** `shown`: its words for the person. Rejects with `cancelled` after {@link stop}, else as {@link Session.send} does. */
  send(message: Message, shown: string): Promise<void>
  /** Into the running turn. Rejects as {@link Session.send} does; `back` is called where the text is not with the model. */
  steer(text: string, back: () => void): Promise<void>
  /** Whether the runtime tells of a message that was sent here. */
  isEcho(event: Extract<HostEvent, { type: 'user' }>): boolean
  /** Calls a message back whose files are still looked for; false if there is none. */
  stop(): boolean
}

export function createDelivery({ session, outbox, attach }: DeliveryPorts): Delivery {
  const sent = new Set<string>()
  let sending: string | undefined
  let looking: ((stopped: HostError) => void) | undefined

  async function filesOf(finding: Promise<readonly Attachment[]>): Promise<readonly Attachment[]> {
    const stopped = Promise.withResolvers<never>()
    looking = stopped.reject
    try {
      return await Promise.race([finding, stopped.promise])
    } finally {
      looking = undefined
    }
  }

  return {
    async send({ text, prompt: given }, shown) {
      const prompt = given ?? shown
      sending = shown
      try {
        const finding = attach?.(text)
        const files = finding && (await filesOf(finding))
        outbox.gone()
        sent.add(await session.send(prompt, files, prompt === shown ? {} : { shown }))
      } finally {
        outbox.gone()
        sending = undefined
      }
    },
    async steer(text, back) {
      const steering = outbox.steer(text)
      try {
        const files = await attach?.(text)
        steering.handed()
        steering.sent(await session.send(text, files, { now: true }))
      } catch (thrown) {
        if (steering.failed()) back()
        throw thrown
      }
    },
    // The event may come before the reply that names it.
    isEcho: ({ messageId, text }) => sent.delete(messageId) || text === sending,
    stop() {
      looking?.(new HostError('cancelled', 'stopped'))
      return looking !== undefined
    },
  }
}
