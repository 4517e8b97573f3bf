import { expect, test } from 'vitest'
import { clean } from '../../src/text.ts'
import { openAttention } from '../../src/ui/attention.ts'
import { AWAY, callSequence, createCaller } from '../../src/ui/notify.ts'
import { createSignIn } from '../../src/ui/panels/sign-in-state.ts'
import { newView, type Panel, type View } from '../../src/ui/state.ts'
import { openTitle } from '../../src/ui/title.ts'
import { signInView } from './panels/view.ts'

const view = newView({ folder: '~/src/shop', prompts: [] })
const TERM = 'xterm-256color'

function title(env: Record<string, string | undefined>) {
  const written: string[] = []
  return { written, ...openTitle(text => written.push(text), env) }
}

test('the title says what goes on, is written when it changes, and is given back', () => {
  const { written, show, restore } = title({ TERM })
  show(view)
  show({ ...view, context: 3 })
  show({ ...view, busy: true })
  show(view)
  restore()
  restore()
  expect(written).toEqual([
    '\u001b[22;2t\u001b]2;copilot-host ~/src/shop\u0007',
    '\u001b]2;… copilot-host ~/src/shop\u0007',
    '\u001b]2;copilot-host ~/src/shop\u0007',
    '\u001b]2;\u0007\u001b[23;2t',
  ])
})

test('nothing of a folder can end the sequence', () => {
  const { written, show } = title({ TERM })
  show({ ...view, folder: '~/a\u0007\u001b]0;b\u001b\\c' } satisfies View)
  expect(written[0]).toBe('\u001b[22;2t\u001b]2;copilot-host ~/ac\u0007')
})

test.each([{ TERM, COPILOT_HOST_NO_TITLE: '1' }, { TERM: 'dumb' }, { TERM: 'linux' }, { TERM: 'vt100' }, {}])(
  'no title with %j',
  env => {
    const { written, show, restore } = title(env)
    show(view)
    restore()
    expect(written).toEqual([])
  },
)

test.each([
  [{ TERM }, '\u0007'],
  [{ TERM, TERM_PROGRAM: 'iTerm.app' }, '\u001b]9;'],
  [{ TERM: 'xterm-kitty' }, '\u001b]9;'],
  [{ TERM: 'foot' }, '\u001b]777;notify;'],
  [{ TERM: 'foot', TMUX: '/tmp/x' }, '\u0007'],
  [{ TERM: 'foot', COPILOT_HOST_NOTIFY: 'bell' }, '\u0007'],
  [{ TERM, COPILOT_HOST_NOTIFY: 'osc777' }, '\u001b]777;notify;'],
  [{ TERM, COPILOT_HOST_NOTIFY: 'nonsense' }, '\u0007'],
])('%j calls by %j', (env, start) => {
  expect(callSequence(env).startsWith(start)).toBe(true)
})

test('switched off, nobody is called', () => {
  expect(callSequence({ TERM, COPILOT_HOST_NOTIFY: 'off' })).toBe('')
})

function caller() {
  let time = 0
  let timers: { at: number; work: () => void }[] = []
  let calls = 0
  const later = (work: () => void, ms: number) => {
    const timer = { at: time + ms, work }
    timers.push(timer)
    return () => {
      timers = timers.filter(each => each !== timer)
    }
  }
  const advance = (ms: number) => {
    time += ms
    const due = timers.filter(({ at }) => at <= time)
    timers = timers.filter(({ at }) => at > time)
    for (const { work } of due) work()
  }
  const made = createCaller(
    () => {
      calls += 1
    },
    () => time,
    later,
  )
  return { ...made, advance, calls: () => calls }
}

test('a person who does not type is called once for each question', () => {
  const { asks, typed, advance, calls } = caller()
  advance(AWAY)
  asks(1)
  advance(0)
  expect(calls()).toBe(1)
  asks(1)
  advance(AWAY * 10)
  expect(calls()).toBe(1)
  asks(undefined)
  asks(2)
  advance(0)
  expect(calls()).toBe(2)
  // Put away and called back.
  asks(undefined)
  asks(2)
  typed()
  advance(AWAY * 10)
  expect(calls()).toBe(2)
})

test('of several that wait each one calls, when it is its turn and the person has gone', () => {
  const { asks, typed, advance, calls } = caller()
  asks(1)
  advance(100)
  typed()
  asks(2)
  advance(AWAY - 1)
  expect(calls()).toBe(0)
  advance(1)
  expect(calls()).toBe(1)
})

test('a person who has just typed is given time, and who types is not called', () => {
  const { asks, typed, advance, calls } = caller()
  advance(AWAY)
  typed()
  asks(1)
  advance(AWAY - 1)
  expect(calls()).toBe(0)
  advance(1)
  expect(calls()).toBe(1)
  asks(undefined)
  typed()
  asks(2)
  for (let keys = 0; keys < 10; keys += 1) {
    advance(AWAY - 1)
    typed()
  }
  expect(calls()).toBe(1)
  // One key, and then nothing.
  advance(AWAY)
  expect(calls()).toBe(2)
})

test('the question in front is the one that calls', () => {
  const written: string[] = []
  const env = { TERM, COPILOT_HOST_NO_TITLE: '1' }
  const at: number[] = []
  const later = (work: () => void, ms: number) => {
    at.push(ms)
    work()
    return () => {}
  }
  const attention = openAttention({ write: text => written.push(text) }, env, () => 0, later)
  const panels = ['a', 'b'].map((server, key): Panel => {
    return { key, kind: 'sign-in', state: createSignIn(signInView({ server: clean(server) })) }
  })
  attention.look({ ...view, panels })
  attention.look({ ...view, panels: panels.slice(1) })
  expect(written).toEqual(['\u0007', '\u0007'])
  expect(at).toEqual([AWAY, AWAY])
})

test('a question that closes in time calls nobody', () => {
  const { asks, typed, advance, calls } = caller()
  typed()
  asks(1)
  advance(100)
  asks(undefined)
  advance(AWAY * 10)
  expect(calls()).toBe(0)
})
