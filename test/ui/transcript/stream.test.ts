import { expect, test } from 'vitest'
import { clean } from '../../../src/text.ts'
import { type Action, newView, reduce } from '../../../src/ui/state.ts'
import { plain } from '../../../src/ui/transcript/line.ts'
import { openStream } from '../../../src/ui/transcript/stream.ts'

/** A stream over a real view, with a clock that stands until it is told to move. */
function open() {
  let time = 1000
  let view = newView({ folder: '~', prompts: [] })
  const actions: Action['type'][] = []
  const timers: { at: number; work: () => void }[] = []
  const stream = openStream(
    action => {
      actions.push(action.type)
      view = reduce(view, action, time)
    },
    () => time,
    (work, ms) => {
      const timer = { at: time + ms, work }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), 1)
    },
  )
  return {
    stream,
    actions,
    tail: () => view.tail.lines.map(plain),
    printed: () => view.ready.flatMap(block => block.lines.map(plain)),
    pass(ms: number) {
      time += ms
      for (const timer of timers.filter(timer => timer.at <= time)) {
        timers.splice(timers.indexOf(timer), 1)
        timer.work()
      }
    },
  }
}
const delta = (text: string, messageId = 'a') => ({ type: 'reply-delta', messageId, text }) as const

test('deltas are published together, at most every 50 ms', () => {
  const { stream, actions, pass, tail, printed } = open()
  for (const text of ['one ', 'two\n', 'thr']) stream.take(delta(text))
  pass(0)
  expect(actions).toEqual(['stream'])
  expect([printed(), tail()]).toEqual([['', 'one two'], ['thr']])
  stream.take(delta('ee'))
  pass(49)
  expect(tail()).toEqual(['thr'])
  pass(1)
  expect(tail()).toEqual(['three'])
})

test('the order of events is the order in the transcript', () => {
  const { stream, printed } = open()
  stream.take({ type: 'sent', text: 'hello' })
  stream.take(delta('first\nsec'))
  stream.take({ type: 'line', level: 'warning', text: 'careful' })
  stream.take(delta('ond'))
  stream.take({ type: 'reply', messageId: 'a', text: 'first\nsecond' })
  stream.take({ type: 'idle', aborted: false })
  expect(printed()).toEqual(['', '› hello', '', 'first', '', '! careful', '', 'second'])
})

test('a reply is printed once: late deltas and a repeated end change nothing', () => {
  const { stream, printed, pass } = open()
  stream.take(delta('text'))
  stream.take({ type: 'reply', messageId: 'a', text: 'text' })
  stream.take(delta('text'))
  stream.take({ type: 'reply', messageId: 'a', text: 'text' })
  pass(100)
  stream.end()
  expect(printed()).toEqual(['', 'text'])
})

test('an interrupted reply keeps its text and is marked', () => {
  const { stream, printed } = open()
  const tool = { type: 'tool-start', id: 't', name: clean('sleep'), summary: clean('') } as const
  stream.take({ type: 'sent', text: 'go' })
  stream.take(delta('half a sen'))
  stream.take(tool)
  stream.take({ type: 'interrupted' })
  stream.take({ type: 'idle', aborted: true })
  expect(printed().slice(3)).toEqual(['half a sen', '', '○ sleep  cancelled', '', '○ interrupted'])
})

test('a reply without deltas, and one with tools only', () => {
  const { stream, printed } = open()
  stream.take({ type: 'reply', messageId: 'a', text: '' })
  stream.take({ type: 'reply', messageId: 'b', text: 'whole' })
  expect(printed()).toEqual(['', 'whole'])
})
