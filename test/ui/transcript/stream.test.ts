import { describe, expect, test } from 'vitest'
import { clean } from '../../../src/text.ts'
import { unfold } from '../../../src/ui/folded.ts'
import { type Action, newView, reduce, type View } from '../../../src/ui/state.ts'
import { liveRows } from '../../../src/ui/tools.ts'
import { plain } from '../../../src/ui/transcript/line.ts'
import { openStream } from '../../../src/ui/transcript/stream.ts'
import { sheetOf } from './sheet.ts'

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
    sheetOf(),
  )
  return {
    stream,
    actions,
    view: () => view,
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

test('the first delta is published at once, the next ones together, at most every 80 ms', () => {
  const { stream, actions, pass, tail, printed } = open()
  stream.take(delta('one '))
  expect([printed(), tail()]).toEqual([[], ['one ']])
  for (const text of ['two\n', 'thr']) stream.take(delta(text))
  expect(actions).toEqual(['stream'])
  pass(79)
  expect(tail()).toEqual(['one '])
  pass(1)
  expect([printed(), tail()]).toEqual([['', 'one two'], ['thr']])
  stream.take(delta('ee'))
  pass(80)
  expect(tail()).toEqual(['three'])
})

test('a reply that breaks off and begins anew: what is not printed never is, the rest is marked', () => {
  const { stream, pass, printed, tail, view } = open()
  const retry = { type: 'retry', text: clean('trying again') } as const
  stream.take(delta('unfinished'))
  pass(0)
  stream.take(retry)
  expect([printed(), tail(), view().retry]).toEqual([[], [], 'trying again'])
  stream.take(delta('late', 'a'))
  stream.take(delta('one\n\ntwo', 'b'))
  pass(80)
  stream.take(delta(' three', 'b'))
  stream.take(retry)
  pass(80)
  expect(printed()).toEqual(['', 'one', '', '○ the reply broke off here and begins anew'])
  stream.take(delta('whole', 'c'))
  stream.take({ type: 'reply', messageId: 'c', text: 'whole' })
  expect(printed().slice(-2)).toEqual(['', 'whole'])
  expect(view().retry).toBeUndefined()
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

describe('what the model thinks', () => {
  const think = (text: string, id = 'r') => ({ type: 'reasoning-delta', id, text }) as const

  test('is one live row, and one line before the reply', () => {
    const { stream, view, printed, pass } = open()
    stream.take(think('**Looking** at the '))
    stream.take(think('cart\n\nIt rounds'))
    pass(80)
    expect(liveRows(view(), 3000, 60).map(plain)).toEqual(['○ thinking  2.0s  It rounds'])
    stream.take(think(' each line.'))
    pass(2000)
    stream.take(delta('Done.'))
    stream.take({ type: 'reply', messageId: 'a', text: 'Done.' })
    stream.take({ type: 'reasoning', id: 'r', text: 'Looking at the cart' })
    expect(printed()).toEqual(['', '○ thought for 2.1s: Looking at the cart (Ctrl+O)', '', 'Done.'])
    expect(liveRows(view(), 3000, 60)).toEqual([])
  })
  test('is shown as a whole by Ctrl+O, once', () => {
    const { stream, view } = open()
    stream.take(think(`one \u001b[2Jtwo\n${'words '.repeat(30)}`))
    stream.take({ type: 'idle', aborted: false })
    const opened = unfold(view())
    const lines = opened.ready.flatMap(block => block.lines.map(plain))
    expect(lines.slice(1, 6)).toEqual([
      '○ thought: one two (Ctrl+O)',
      '',
      '○ all of its thoughts:',
      '  one two',
      `  ${'words '.repeat(13).trim()}`,
    ])
    expect(unfold(opened)).toBe(opened)
  })
  test('which was not streamed, is told all the same; a short thought is not folded', () => {
    const { stream, view, printed } = open()
    stream.take({ type: 'reasoning', id: 'r', text: 'Short.' })
    stream.take({ type: 'reasoning', id: 'r', text: 'Short.' })
    stream.take({ type: 'reasoning', id: 's', text: ' ' })
    expect(printed()).toEqual(['', '○ thought: Short.'])
    expect(view().folded).toEqual([])
  })
  test('is cleaned over the joined text', () => {
    const { stream, printed } = open()
    for (const text of 'a\u001b]52;c;x\u0007b') stream.take(think(text))
    stream.take({ type: 'idle', aborted: false })
    expect(printed()).toEqual(['', '○ thought: ab'])
  })
})

describe('live output of a tool', () => {
  const tool = { type: 'tool-start', id: 't', name: clean('bash'), summary: clean('command=make') } as const
  const output = (text: string, cumulative = false) =>
    ({ type: 'tool-output', id: 't', text, cumulative }) as const

  test('is folded to its newest line; the key opens it to several and folds it again', () => {
    const { stream, view, pass } = open()
    stream.take(tool)
    for (let at = 0; at < 20; at += 1) stream.take(output(`line ${at}\n`))
    pass(80)
    const rows = (seen: View) => liveRows(seen, 1000, 60).map(plain)
    expect(rows(view())).toEqual(['○ bash  command=make  line 19'])
    expect(rows(unfold(view())).slice(1)).toEqual(Array.from({ length: 8 }, (_, at) => `  line ${at + 12}`))
    expect(rows(unfold(unfold(view())))).toHaveLength(1)
  })
  test('that says all of itself each time', () => {
    const { stream, view, pass } = open()
    stream.take(tool)
    stream.take(output('a\n', true))
    stream.take(output('a\nb\n', true))
    pass(80)
    expect(view().tools[0]?.progress).toBe('a\nb')
  })
  test('without end costs no memory, and what was there when it was cut off stays', () => {
    const { stream, view, printed, pass } = open()
    stream.take(tool)
    for (let at = 0; at < 200; at += 1) stream.take(output(`${at} ${'x'.repeat(10_000)}\n`))
    stream.take(output('the last line\n'))
    pass(80)
    expect(view().tools[0]?.progress?.length).toBeLessThan(7000)
    stream.take({ type: 'interrupted' })
    expect(printed().slice(1)).toContain('○ bash  command=make  cancelled')
    expect(printed()).toContain('  the last line')
  })
})
