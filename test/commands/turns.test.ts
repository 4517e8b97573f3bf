import { expect, onTestFinished, test } from 'vitest'
import { type ConversationEvent, converse } from '../../src/commands/conversation.ts'
import { createOutbox } from '../../src/commands/outbox.ts'
import { HostError } from '../../src/errors.ts'
import { createEngine } from '../support/engine.ts'
import { scriptedSession } from '../support/session.ts'

/** A conversation that is ready for its first message. */
async function begin(early: readonly string[] = []) {
  const session = scriptedSession()
  const sent: { prompt: string; now?: boolean; shown?: string }[] = []
  session.send = async (prompt, _attachments, how = {}) => {
    sent.push({ prompt, ...how })
    return `message ${sent.length}`
  }
  const events: ConversationEvent[] = []
  const lines: string[] = []
  const outbox = createOutbox(event => events.push(event))
  for (const text of early) outbox.add({ text })
  const conversation = converse({
    ...{ session, outbox, asks: false, log: () => {}, refused: () => {} },
    authenticator: createEngine(),
    show: event => events.push(event),
    permit: async () => ({ kind: 'no' }),
    tell: line => lines.push(line.text),
  })
  onTestFinished(() => conversation.end())
  await settled()
  const drafts = () => events.flatMap(event => (event.type === 'draft' ? [event.text] : []))
  return { session, sent, events, lines, outbox, conversation, drafts }
}

/** Everything that waits for nothing outside has happened. */
const settled = () => new Promise(resolve => setImmediate(resolve))

test('what was said before there was a session goes first, in order', async () => {
  const { session, sent, conversation } = await begin(['one', 'two'])
  conversation.say('three')
  session.tell({ type: 'idle', aborted: false })
  await settled()
  session.tell({ type: 'idle', aborted: false })
  await settled()
  expect(sent.map(({ prompt }) => prompt)).toEqual(['one', 'two', 'three'])
})

test('a message that steers is printed when the model has it', async () => {
  const { session, sent, events, outbox, conversation } = await begin()
  conversation.say('go')
  await settled()
  await conversation.steer('faster')
  expect(sent).toEqual([{ prompt: 'go' }, { prompt: 'faster', now: true }])
  expect(outbox.steering).toEqual(['faster'])
  expect(events.some(event => event.type === 'user')).toBe(false)
  session.tell({ type: 'user', messageId: 'message 2', text: 'faster' })
  expect(outbox.steering).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'user', text: 'faster' })
})

test('without a turn it is a message like any other', async () => {
  const { sent, conversation } = await begin()
  await conversation.steer('hello')
  await settled()
  expect(sent).toEqual([{ prompt: 'hello' }])
})

test('an interrupt gives back what waits and what the model has not read', async () => {
  const { session, conversation, drafts, outbox } = await begin()
  conversation.say('go')
  await settled()
  await conversation.steer('faster')
  conversation.say('later')
  await conversation.interrupt()
  session.tell({ type: 'interrupted' })
  session.tell({ type: 'idle', aborted: true })
  expect(drafts()).toEqual(['later', 'faster'])
  expect([outbox.waiting, outbox.steering]).toEqual([[], []])
})

test('a message that steers and cannot be sent is given back', async () => {
  const { session, conversation, drafts, lines } = await begin()
  conversation.say('go')
  await settled()
  session.send = async () => {
    throw new HostError('runtime-refused', 'no')
  }
  await conversation.steer('faster')
  expect(drafts()).toEqual(['faster'])
  expect(lines).toEqual(['the Copilot runtime refused: no'])
})

test('a turn that the runtime begins by itself is one: what is said waits', async () => {
  const { session, sent, conversation } = await begin()
  session.tell({ type: 'turn-start' })
  expect(conversation.busy).toBe(true)
  conversation.say('hello')
  await settled()
  expect(sent).toEqual([])
  session.tell({ type: 'idle', aborted: false })
  await settled()
  expect(sent).toEqual([{ prompt: 'hello' }])
})

test('work between turns comes when the turn is over, and messages wait for it', async () => {
  const { session, sent, conversation, lines } = await begin()
  conversation.say('go')
  await settled()
  const order: string[] = []
  const done = Promise.withResolvers<void>()
  conversation.between(async () => {
    order.push('first')
    await done.promise
  })
  conversation.between(async () => {
    throw new HostError('runtime-refused', 'no')
  })
  conversation.say('then')
  session.tell({ type: 'idle', aborted: false })
  await settled()
  expect([order, sent.length, conversation.busy]).toEqual([['first'], 1, true])
  done.resolve()
  await settled()
  expect(lines).toEqual(['the Copilot runtime refused: no'])
  expect(sent.at(-1)).toEqual({ prompt: 'then' })
})

test('work that can be stopped looks like a turn, and an interrupt stops it', async () => {
  const { events, conversation } = await begin()
  const stopped = Promise.withResolvers<void>()
  conversation.between(
    () => stopped.promise,
    async () => stopped.resolve(),
  )
  await settled()
  expect(events.at(-1)).toEqual({ type: 'turn-start' })
  await conversation.interrupt()
  await settled()
  expect(events.filter(event => event.type === 'idle')).toEqual([{ type: 'idle', aborted: false }])
  expect(conversation.busy).toBe(false)
})

test('what stands for a prompt of the runtime is shown, and the prompt is sent', async () => {
  const { sent, events, conversation } = await begin()
  conversation.say({ text: 'Review: a', prompt: 'a long prompt' })
  await settled()
  expect(sent).toEqual([{ prompt: 'a long prompt', shown: 'Review: a' }])
  expect(events.find(event => event.type === 'sent')).toEqual({ type: 'sent', text: 'Review: a' })
})
