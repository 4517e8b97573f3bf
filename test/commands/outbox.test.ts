import { expect, test } from 'vitest'
import { createOutbox } from '../../src/commands/outbox.ts'

function open() {
  const told: { messages: readonly string[]; steering: readonly string[] }[] = []
  const outbox = createOutbox(({ messages, steering }) => told.push({ messages, steering }))
  return { outbox, told }
}

test('messages wait in order, and each one can be taken out', () => {
  const { outbox, told } = open()
  for (const text of ['a', 'b', 'c']) outbox.add({ text })
  expect(told).toEqual([])
  outbox.tell()
  expect(outbox.remove(1)).toEqual({ text: 'b' })
  expect(outbox.remove(7)).toBeUndefined()
  expect(outbox.remove(0)).toEqual({ text: 'a' })
  expect(outbox.clear()).toEqual([{ text: 'c' }])
  expect(outbox.clear()).toEqual([])
  expect(told.map(({ messages }) => messages.join(''))).toEqual(['abc', 'ac', 'c', ''])
})

test('what steers a turn is there until the model has it', () => {
  const { outbox, told } = open()
  outbox.steer('a').sent('1')
  outbox.steer('b').sent('2')
  expect(outbox.taken('b', '2')).toBe(true)
  expect(outbox.taken('b', '2')).toBe(false)
  expect(outbox.taken('a', 'another')).toBe(false)
  expect(outbox.steering).toEqual(['a'])
  expect(told.at(-1)?.steering).toEqual(['a'])
})

test('it may be taken up before the runtime has named it', () => {
  const { outbox } = open()
  const steering = outbox.steer('a')
  expect(outbox.taken('a', '1')).toBe(true)
  steering.sent('1')
  expect(outbox.steering).toEqual([])
  expect(outbox.dropped()).toEqual([])
})

test('an interrupt drops what the runtime had, not what is still on its way', () => {
  const { outbox } = open()
  outbox.steer('had').sent('1')
  const late = outbox.steer('on its way')
  expect(outbox.dropped()).toEqual(['had'])
  expect(outbox.steering).toEqual(['on its way'])
  expect(late.failed()).toBe(true)
  expect(late.failed()).toBe(false)
  expect(outbox.steering).toEqual([])
})

test('one that is preferred goes first', () => {
  const { outbox, told } = open()
  for (const text of ['a', 'b', 'c']) outbox.add({ text })
  outbox.prefer(2)
  outbox.prefer(7)
  expect(told.at(-1)?.messages).toEqual(['c', 'a', 'b'])
})

test('one that was taken out to be sent is unsent until it is gone', () => {
  const { outbox } = open()
  for (const text of ['a', 'b']) outbox.add({ text })
  outbox.steer('s')
  outbox.next()
  expect(outbox.unsent).toEqual(['a', 's', 'b'])
  outbox.gone()
  expect(outbox.unsent).toEqual(['s', 'b'])
})

test('what was handed over before an abort is dropped with the turn, also where its name comes later', () => {
  const { outbox } = open()
  const before = outbox.steer('before')
  outbox.steer('looking')
  before.handed()
  outbox.aborting()
  const after = outbox.steer('after')
  after.handed()
  expect(outbox.dropped()).toEqual(['before'])
  before.sent('1')
  after.sent('2')
  expect(outbox.steering).toEqual(['looking', 'after'])
})
