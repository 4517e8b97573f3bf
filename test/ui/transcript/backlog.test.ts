import { expect, test } from 'vitest'
import { openBacklog } from '../../../src/ui/transcript/backlog.ts'
import type { ChatEvent } from '../../../src/ui/types.ts'

/** A backlog in which each event takes so many milliseconds; `turn` lets the next turn of it come. */
function open(ms: number, begun = false) {
  let time = 0
  const handled: ChatEvent[] = []
  const later: (() => void)[] = []
  const backlog = openBacklog(
    event => {
      handled.push(event)
      time += ms
    },
    () => begun,
    () => time,
    work => {
      later.push(work)
      return () => undefined
    },
  )
  return { ...backlog, handled, later, turn: () => later.shift()?.() }
}

const textOf = (events: readonly ChatEvent[]) =>
  events.map(event => (event.type === 'reply-delta' ? event.text : '')).join('')
const idle: ChatEvent = { type: 'idle', aborted: false }

test('what is little is handled at once', () => {
  const { take, handled, later } = open(1)
  take({ type: 'reply-delta', messageId: '1', text: 'a' })
  take(idle)
  expect(handled).toHaveLength(2)
  expect(later).toEqual([])
})

test('what is much comes in pieces, in order, with turns for others in between', () => {
  const { take, handled, later, turn } = open(10)
  const text = Array.from({ length: 20_000 }, (_, at) => `${at} `).join('')
  take({ type: 'reply-delta', messageId: '1', text })
  take(idle)
  expect(handled).toHaveLength(2)
  expect(later).toHaveLength(1)
  while (later.length > 0) turn()
  expect(textOf(handled)).toBe(text)
  expect(handled.at(-1)).toEqual(idle)
})

test('a whole reply that was not streamed is read in pieces first; one that was is not read again', () => {
  const reply: ChatEvent = { type: 'reply', messageId: '1', text: 'word '.repeat(2000) }
  const fresh = open(0)
  fresh.take(reply)
  expect(textOf(fresh.handled)).toBe(reply.text)
  expect(fresh.handled.at(-1)).toEqual(reply)
  const streamed = open(0, true)
  streamed.take(reply)
  expect(streamed.handled).toEqual([reply])
})

test('at the end all of it is handled', () => {
  const { take, handled, flush, later, turn } = open(100)
  take({ type: 'reply-delta', messageId: '1', text: 'x'.repeat(50_000) })
  take(idle)
  flush()
  expect(textOf(handled)).toHaveLength(50_000)
  expect(handled.at(-1)).toEqual(idle)
  while (later.length > 0) turn()
  expect(textOf(handled)).toHaveLength(50_000)
})
