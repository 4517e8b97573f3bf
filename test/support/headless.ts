import { PassThrough } from 'node:stream'
import { frameOf } from '../../src/ui/frame.ts'
import { palette } from '../../src/ui/palette.ts'
import { openPlainChat } from '../../src/ui/plain/chat.ts'
import { openQuestions, type Questions } from '../../src/ui/questions.ts'
import { type Action, newView, reduce, type View } from '../../src/ui/state.ts'
import { statusLine } from '../../src/ui/status-line.tsx'
import { liveRows } from '../../src/ui/tools.ts'
import { openHighlighter } from '../../src/ui/transcript/highlighter.ts'
import { type Line, paint, plain, truncate } from '../../src/ui/transcript/line.ts'
import { openStream } from '../../src/ui/transcript/stream.ts'
import { tailRows } from '../../src/ui/transcript/tail.tsx'
import type { Chat } from '../../src/ui/types.ts'
import { fakeClock } from './clock.ts'

/** A chat that nobody draws: what it prints, and what it would draw. */
export interface Headless {
  chat: Pick<Chat, 'show' | 'tell' | 'ask' | 'askPermission' | 'signIn'>
  /** What was printed, as text, and as it goes to the terminal. */
  printed: string[]
  painted: string[]
  /** Time passes. */
  until(time: number): void
}

export interface HeadlessScreen extends Headless {
  view(): View
  /** The rows of the live region, less panel and composer, in a window of so many columns. */
  live(columns: number): Line[]
  questions: Questions
}

/** What must never get out: controls that are not of our own looks and links, and what reorders or hides text. */
const FORBIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]|[\u{e0000}-\u{e0fff}]/u
const OURS = /\u001b\[[0-9;]*m|\u001b\]8;;(?:https?:\/\/[!-~]+)?\u001b\\/g

/** The first character in a printed row that should not be there. */
export function uncleanIn(row: string): string | undefined {
  return FORBIDDEN.exec(row.replaceAll(OURS, ''))?.[0]
}

const highlighter = openHighlighter()

/** The screen without Ink: events go through its stream and reducer, and what is finished is printed and forgotten. */
export function openHeadlessScreen(columns = 80): HeadlessScreen {
  const colours = palette({})
  const printed: string[] = []
  const painted: string[] = []
  const timers = new Set<{ at: number; work: () => void }>()
  let time = 0
  let view = newView({ model: 'demo', folder: '~/shop', prompts: [], columns })

  const print = (line: Line) => {
    printed.push(plain(line))
    painted.push(paint(line, colours))
  }
  function dispatch(action: Action): void {
    view = reduce(frozen(view), action, time)
    while (view.ready.length > 0) {
      view = reduce(view, { type: 'release' }, time)
      for (const block of view.done) block.lines.forEach(print)
      view = reduce(view, { type: 'printed', count: view.done.length }, time)
    }
  }
  const stream = openStream(
    dispatch,
    () => time,
    (work, ms) => {
      const timer = { at: time + ms, work }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    { columns: () => columns, links: true, highlighter },
  )
  const questions = openQuestions(dispatch, () => view)
  return {
    ...{ printed, painted, questions, view: () => view },
    live(columns) {
      const { width, tail, tools } = frameOf(view, 24, columns)
      const calls = liveRows(view, time, width)
        .slice(-tools)
        .map(row => truncate(row, width))
      return [...tailRows(view.tail.lines, width, tail), ...calls, statusLine(view, width, 0)]
    },
    chat: {
      show: stream.take,
      tell: ({ level, text }) => stream.take({ type: 'line', level, text }),
      ...{ ask: questions.ask, askPermission: questions.askPermission, signIn: questions.signIn },
    },
    until(now) {
      time = Math.max(time, now)
      for (const timer of timers) {
        if (timer.at > time) continue
        timers.delete(timer)
        timer.work()
      }
    },
  }
}

/** The chat of plain lines, with a person who types nothing. */
export function openHeadlessLines(): Headless & { chat: Chat } {
  const clock = fakeClock(0)
  let written = ''
  const chat = openPlainChat({
    ...{ stdin: new PassThrough(), clock, version: '1', model: 'demo', folder: '~/shop', prompts: [] },
    stdout: {
      write(text) {
        written += text
      },
    },
    interrupts: () => () => undefined,
    onSubmit: () => undefined,
    onInterrupt: () => undefined,
  })
  const lines = () => written.split('\n').slice(0, -1)
  return {
    chat,
    get printed() {
      return lines()
    },
    get painted() {
      return lines()
    },
    until: now => clock.advance(Math.max(0, now - clock.now())),
  }
}

/** Nothing that the reducer is given may it change. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}
