import { expect, onTestFinished, test } from 'vitest'
import { type ConversationEvent, type ConversationPorts, converse } from '../../src/commands/conversation.ts'
import { createOutbox } from '../../src/commands/outbox.ts'
import { HostError } from '../../src/errors.ts'
import { createEngine } from '../support/engine.ts'
import { scriptedSession } from '../support/session.ts'

/** A conversation that is ready for its first message. */
async function begin(early: readonly string[] = [], more: Partial<ConversationPorts> = {}) {
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
    ...more,
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

test('a message that steers and is dropped before the runtime has named it is given back once', async () => {
  const { session, conversation, drafts } = await begin()
  conversation.say('go')
  await settled()
  const name = Promise.withResolvers<string>()
  session.send = () => name.promise
  const steered = conversation.steer('faster')
  await settled()
  await conversation.interrupt()
  session.tell({ type: 'idle', aborted: true })
  name.resolve('message 2')
  await steered
  expect(drafts()).toEqual(['faster'])
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

/** A turn runs: what is said now goes when it is over. */
async function waitsForItsEnd(
  begun: Pick<Awaited<ReturnType<typeof begin>>, 'session' | 'sent' | 'conversation'>,
) {
  const { session, sent, conversation } = begun
  expect(conversation.phase).toBe('busy')
  conversation.say('hello')
  await settled()
  expect(sent).toEqual([])
  session.tell({ type: 'idle', aborted: false })
  await settled()
  expect(sent).toEqual([{ prompt: 'hello' }])
}

test('a turn that the runtime begins by itself is one: what is said waits', async () => {
  const { session, sent, conversation } = await begin()
  session.tell({ type: 'turn-start' })
  await waitsForItsEnd({ session, sent, conversation })
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
  expect([order, sent.length, conversation.phase]).toEqual([['first'], 1, 'at-work'])
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
  expect(conversation.phase).toBe('idle')
})

test('work that nobody sees or can stop is waited for, one after the other; what looks like a turn is not', async () => {
  const { conversation } = await begin()
  const works = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  for (const { promise } of works) conversation.between(() => promise)
  let phase = ''
  const over = conversation.settled().then(() => {
    phase = conversation.phase
  })
  works[0]?.resolve()
  await settled()
  expect(phase).toBe('')
  works[1]?.resolve()
  await over
  expect(phase).toBe('idle')
  conversation.between(
    () => new Promise(() => {}),
    async () => {},
  )
  await conversation.settled()
  expect(conversation.phase).toBe('at-work')
})

test('what stands for a prompt of the runtime is shown, and the prompt is sent', async () => {
  const { sent, events, conversation } = await begin()
  conversation.say({ text: 'Review: a', prompt: 'a long prompt' })
  await settled()
  expect(sent).toEqual([{ prompt: 'a long prompt', shown: 'Review: a' }])
  expect(events.find(event => event.type === 'sent')).toEqual({ type: 'sent', text: 'Review: a' })
})

test('what is said to a runtime that has stopped is given back, and is not sent by the next one', async () => {
  const { session, conversation, outbox, drafts } = await begin()
  session.tell({ type: 'stopped', error: new HostError('runtime-died', 'SIGKILL') })
  conversation.say('one')
  await conversation.steer('two')
  expect(drafts()).toEqual(['one', 'two'])
  expect(outbox.waiting).toEqual([])
})

test('nothing goes to a session that is being left', async () => {
  const { session, sent, conversation, outbox } = await begin()
  outbox.held = true
  outbox.add({ text: 'for the next one' })
  session.tell({ type: 'idle', aborted: false })
  conversation.between(async () => {})
  await settled()
  expect([sent, outbox.waiting.length]).toEqual([[], 1])
})

test('one that begins while servers come up is one too, when they are there', async () => {
  const { session, sent, conversation } = await begin()
  const there = Promise.withResolvers<string[]>()
  session.ready = async () => there.promise.then(() => [])
  conversation.reload()
  await settled()
  expect(conversation.phase).toBe('starting')
  session.tell({ type: 'turn-start' })
  there.resolve([])
  await settled()
  await waitsForItsEnd({ session, sent, conversation })
})

test('what cannot be sent is told, then given back, then the turn is over', async () => {
  const { session, events, lines, conversation } = await begin()
  session.send = async () => {
    throw new HostError('runtime-refused', 'no')
  }
  conversation.say('go')
  await settled()
  expect(lines).toEqual(['the Copilot runtime refused: no'])
  expect(events.slice(-3)).toEqual([
    { type: 'sent', text: 'go' },
    { type: 'draft', text: 'go' },
    { type: 'idle', aborted: true },
  ])
})

test('a run that wants to know hears of it before its turn is over', async () => {
  const heard: string[] = []
  const { session, lines, conversation } = await begin([], {
    unsent: ({ kind }) => heard.push(kind),
    show: ({ type }) => heard.push(type),
  })
  session.send = async () => {
    throw new HostError('runtime-silent', 'session.send, 60 s')
  }
  conversation.say('go')
  await settled()
  expect([heard.slice(-4), lines]).toEqual([['sent', 'runtime-silent', 'draft', 'idle'], []])
})

test('when the runtime dies with a message on its way, no turn is said to be over', async () => {
  const { session, events, drafts, conversation } = await begin()
  const answer = Promise.withResolvers<string>()
  session.send = () => answer.promise
  conversation.say('go')
  await settled()
  const error = new HostError('runtime-died', 'SIGKILL')
  session.tell({ type: 'stopped', error })
  answer.reject(error)
  await settled()
  expect(drafts()).toEqual(['go'])
  expect(events.filter(({ type }) => type === 'idle')).toEqual([])
})

test.each([
  ['Esc', 'go', ['go', 'go'], ['idle']],
  ['the end', undefined, [], []],
])(
  'while its files are looked for, %s calls a message back: it is never sent',
  async (how, waits, given, ends) => {
    const files = Promise.withResolvers<[]>()
    const { sent, events, drafts, outbox, conversation } = await begin([], { attach: () => files.promise })
    conversation.say('go')
    if (waits) conversation.say(waits)
    await settled()
    expect(outbox.unsent[0]).toBe('go')
    if (how === 'Esc') await conversation.interrupt()
    else await conversation.end()
    files.resolve([])
    await settled()
    expect([sent, drafts()]).toEqual([[], given])
    expect(events.filter(({ type }) => type === 'idle').map(({ type }) => type)).toEqual(ends)
  },
)
