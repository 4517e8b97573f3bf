import { HostError } from '../../errors.ts'
import { clean } from '../../text.ts'
import type { ChatSession } from '../chat-session-types.ts'
import type { SlashCommand, SlashPorts } from './command.ts'
import { say } from './command.ts'

type QueuePorts = Pick<SlashPorts, 'chat' | 'outbox'> & { current: Pick<ChatSession, 'conversation'> }

/** `/queue` and `/now`: what was said while a turn runs. */
export const QUEUE_COMMANDS: readonly SlashCommand[] = [
  {
    name: 'queue',
    input: '[edit | drop | now] [n]',
    what: 'what waits; take back, drop, send into the turn',
    run(input, ports) {
      const [verb, number, ...more] = input.split(/\s+/u).filter(Boolean)
      if (verb === undefined) return list(ports)
      if (more.length > 0) throw usage()
      const at = placeOf(number, ports)
      if (verb === 'edit') takeBack(at, ports)
      else if (verb === 'drop') drop(at, ports)
      else if (verb === 'now') sendNow(at, ports)
      else throw usage()
    },
    words: () => ['edit', 'drop', 'now'],
  },
  {
    name: 'now',
    input: '[text]',
    what: 'send into the running turn: this, or what waits first',
    run: (input, ports) => (input === '' ? sendNow(placeOf('1', ports), ports) : ports.submit(input, true)),
  },
]

/** Keys of the composer: the last message comes back to be edited, or the first one goes at once. */
export function queueKey(what: 'take-back' | 'now', ports: QueuePorts): void {
  const last = ports.outbox.waiting.length - 1
  if (last < 0) return
  if (what === 'take-back') takeBack(last, ports)
  else sendNow(0, ports)
}

function list(ports: SlashPorts): void {
  const { waiting, steering } = ports.outbox
  if (waiting.length + steering.length === 0) say(ports, 'no message waits')
  for (const text of steering) say(ports, `sent into this turn, not read yet: ${clean(text, 200)}`)
  for (const [at, { text }] of waiting.entries()) say(ports, `${at + 1}: ${clean(text, 200)}`)
}

/** Without a number the last one is meant. */
function placeOf(number: string | undefined, { outbox }: QueuePorts): number {
  const count = outbox.waiting.length
  if (count === 0) throw new HostError('usage', 'no message waits')
  if (number === undefined) return count - 1
  const at = /^\d{1,6}$/.test(number) ? Number(number) - 1 : -1
  if (at >= 0 && at < count) return at
  throw new HostError('usage', `the messages that wait have the numbers 1 to ${count}`)
}

function takeBack(at: number, { outbox, chat }: QueuePorts): void {
  const message = outbox.remove(at)
  if (message) chat.show({ type: 'draft', text: message.text })
}

function drop(at: number, ports: QueuePorts): void {
  const message = ports.outbox.remove(at)
  if (message) say(ports, `dropped: ${clean(message.text, 200)}`)
}

function sendNow(at: number, ports: QueuePorts): void {
  const { conversation } = ports.current
  if (conversation === undefined) throw new HostError('usage', 'the session is still being opened')
  // Without a turn it goes as soon as it can, before all others.
  if (conversation.phase !== 'busy') return void ports.outbox.prefer(at)
  const message = ports.outbox.remove(at)
  // What stands for a prompt of the runtime is a task of its own.
  if (message?.prompt !== undefined) conversation.say(message)
  else if (message) void conversation.steer(message.text)
}

function usage(): HostError {
  return new HostError('usage', '/queue takes edit, drop or now, and the number of a message')
}
