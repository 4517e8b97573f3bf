import { describe, expect, test } from 'vitest'
import { clean } from '../../../src/text.ts'
import { frameOf } from '../../../src/ui/frame.ts'
import { press } from '../../../src/ui/input.ts'
import type { Key } from '../../../src/ui/keys.ts'
import { createAsk } from '../../../src/ui/panels/ask-state.ts'
import { awayRow } from '../../../src/ui/panels/away.tsx'
import { createPermission } from '../../../src/ui/panels/permission-state.ts'
import { createSignIn } from '../../../src/ui/panels/sign-in-state.ts'
import { newView, type Panel, reduce, type View } from '../../../src/ui/state.ts'
import { plain, width } from '../../../src/ui/transcript/line.ts'
import { signInView } from './view.ts'

const start = newView({ folder: '~', prompts: [] })
const char = (text: string): Key => ({ name: 'char', text })
const later: Key = { name: 'ctrl', letter: 'l' }
const choices = ['red', 'blue'].map(value => ({ value, title: clean(value) }))
const ask = (key: number, text = 'Which colour?'): Panel => ({
  ...{ key, kind: 'ask' },
  state: createAsk({ kind: 'question', id: String(key), text, choices, freeform: true }),
})
const permission = (key: number): Panel => ({
  ...{ key, kind: 'permission' },
  state: createPermission({ id: 'p', kind: 'command', title: clean('Run?'), body: 'ls', names: [] }),
})
const signIn = (key: number): Panel => ({ key, kind: 'sign-in', state: createSignIn(signInView()) })

const asked = (...panels: Panel[]): View =>
  panels.reduce((view, panel) => reduce(view, { type: 'panel', panel }, 0), start)

/** One read of keys after the other, with what they come to. */
function type(view: View, at: number, ...keys: Key[]) {
  const effects: string[] = []
  let next = view
  for (const key of keys) {
    const pressed = press(next, [key], at, 50)
    next = pressed.view
    effects.push(...pressed.effects.map(effect => effect.type))
  }
  return { view: next, effects }
}
const keys = (panels: readonly Panel[]) => panels.map(({ key }) => key)

describe('a question that is put away', () => {
  test('leaves the keys to the composer, and comes back as it was', () => {
    const moved = type(asked(ask(1)), 1000, { name: 'down' }, later, char('meanwhile'), char('1'))
    expect(moved.effects).toEqual([])
    expect(moved.view).toMatchObject({ panels: [], editor: { text: 'meanwhile1' } })
    expect(keys(moved.view.away)).toEqual([1])
    const back = type(moved.view, 2000, later)
    expect(back.view.panels[0]).toMatchObject({ state: { cursor: 1 } })
    expect(back.view.away).toEqual([])
    expect(type(back.view, 2001, char('2')).effects).toEqual(['answer'])
  })

  test('can be put away before it takes keys, and is not answered by what is typed then', () => {
    const { view } = type(asked(ask(1)), 10, later)
    expect(keys(view.away)).toEqual([1])
    expect(type(view, 2000, char('1'), { name: 'enter' }).effects).toEqual(['submit'])
  })

  test('goes where it was withdrawn: nothing comes back', () => {
    const { view } = type(asked(ask(1)), 1000, later)
    const gone = reduce(view, { type: 'panel-gone', key: 1 }, 2000)
    expect(gone.away).toEqual([])
    expect(type(gone, 2000, later).view).toEqual(gone)
  })

  test('makes room for the next one, which has a guard of its own; all come back in order', () => {
    const first = type(asked(ask(1), permission(2)), 1000, later)
    expect(keys(first.view.panels)).toEqual([2])
    expect(type(first.view, 1001, char('y')).effects).toEqual([])
    const none = type(first.view, 2000, later)
    expect(keys(none.view.away)).toEqual([1, 2])
    expect(keys(type(none.view, 3000, later).view.panels)).toEqual([1, 2])
  })

  test('a permission that is called back waits like a new one', () => {
    const { view } = type(asked(permission(1)), 1000, later, later)
    expect(type(view, 1001, char('y')).effects).toEqual([])
    expect(type(view, 1600, char('y')).effects).toEqual(['decision'])
  })

  test('a sign-in has its own key; it stays behind what is called back', () => {
    expect(keys(type(asked(signIn(1)), 1000, later).view.panels)).toEqual([1])
    const { view } = type(asked(ask(1)), 1000, later)
    const both = reduce(view, { type: 'panel', panel: signIn(2) }, 2000)
    expect(keys(type(both, 3000, later).view.panels)).toEqual([1, 2])
  })

  test('Ctrl+C stops the turn, as without it', () => {
    const { view } = type({ ...asked(ask(1)), busy: true }, 1000, later)
    expect(type(view, 2000, { name: 'escape' }).effects).toEqual(['interrupt'])
    expect(type(view, 2000, { name: 'ctrl', letter: 'c' }).effects).toEqual(['interrupt'])
  })
})

test.each([
  [[ask(1)], 60, '? 1 question waits · Ctrl+L · Which colour?'],
  [[ask(1), ask(2)], 60, '? 2 questions wait · Ctrl+L · Which colour?'],
  [[permission(1)], 60, '? 1 question waits · Ctrl+L · Run?'],
  [[ask(1, 'Which\u001b[2J\ncolour?')], 60, '? 1 question waits · Ctrl+L · Which colour?'],
  [[ask(1)], 39, '? 1 question waits · Ctrl+L · Which co…'],
])('the row of what was put away (%#)', (away, room, expected) => {
  const row = awayRow(away, room)
  expect(plain(row)).toBe(expected)
  expect(width(row)).toBeLessThanOrEqual(room)
})

describe('the rows of a window', () => {
  const written = type(start, 0, char('half a thought')).view
  test('what was written keeps a row while a panel takes the keys', () => {
    const panel = reduce(written, { type: 'panel', panel: ask(1) }, 0)
    expect(frameOf(reduce(panel, { type: 'quiet' }, 600), 24, 80).composer).toBe(1)
    const empty = reduce(asked(ask(1)), { type: 'quiet' }, 600)
    expect(frameOf(empty, 24, 80).composer).toBe(0)
  })
  test.each([4, 6, 8, 12, 24, 50])('with a question put away all of it fits %d rows', rows => {
    const { view } = type(asked(ask(1)), 1000, later)
    const { gap, tail, tools, queued, away, panel, composer } = frameOf(view, rows, 80)
    expect(gap + tail + tools + queued + away + panel + composer + 1).toBeLessThan(rows)
    expect(away).toBe(1)
  })
})
