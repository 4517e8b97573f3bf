import { describe, expect, test } from 'vitest'
import { clean } from '../../src/text.ts'
import { type Effect, pasteInto, press } from '../../src/ui/input.ts'
import type { Key } from '../../src/ui/keys.ts'
import { createPermission } from '../../src/ui/panels/permission-state.ts'
import { createSignIn } from '../../src/ui/panels/sign-in-state.ts'
import { type Action, newView, reduce, type View } from '../../src/ui/state.ts'
import { signInView } from './panels/view.ts'

const start = newView({ folder: '~', prompts: [] })
const busy: View = { ...start, busy: true }
const char = (text: string): Key => ({ name: 'char', text })
const ctrl = (letter: string): Key => ({ name: 'ctrl', letter })
const esc: Key = { name: 'escape' }
const enter: Key = { name: 'enter' }
const panel = (key: number): Action => ({
  type: 'panel',
  panel: {
    key,
    kind: 'permission',
    state: createPermission({ id: 'p', kind: 'command', title: clean('Run?'), body: 'ls', names: [] }),
  },
})

/** Presses reads of keys at given times; gives the last view and all effects. */
function type(
  view: View,
  ...reads: readonly [at: number, ...keys: Key[]][]
): { view: View; effects: Effect[] } {
  const effects: Effect[] = []
  let next = view
  for (const [at, ...keys] of reads) {
    const pressed = press(next, keys, at, 50)
    next = pressed.view
    effects.push(...pressed.effects)
  }
  return { view: next, effects }
}

describe('Ctrl+C', () => {
  test('takes the text; the second one leaves and gives it back', () => {
    const once = type(start, [0, char('draft'), ctrl('c')])
    expect(once.effects).toEqual([])
    expect(once.view).toMatchObject({ editor: { text: '' }, leaving: { until: 2000 } })
    expect(type(once.view, [1999, ctrl('c')]).effects).toEqual([
      { type: 'leave', by: 'interrupt', draft: 'draft' },
    ])
  })
  test('interrupts a running turn', () => {
    expect(type(busy, [0, ctrl('c')]).effects).toEqual([{ type: 'interrupt' }])
  })
  test('twice in one read leaves', () => {
    expect(type(start, [0, ctrl('c'), ctrl('c')]).effects).toEqual([
      { type: 'leave', by: 'interrupt', draft: '' },
    ])
  })
  test('after two seconds, or after another key, it counts from one again', () => {
    expect(type(start, [0, ctrl('c')], [2000, ctrl('c')]).effects).toEqual([])
    expect(type(start, [0, ctrl('c')], [10, char('a')], [20, ctrl('c')]).effects).toEqual([])
  })
  test('takes the panel first', () => {
    const { effects, view } = type({ ...reduce(busy, panel(1), 0) }, [0, ctrl('c')])
    expect(effects).toEqual([{ type: 'decision', panel: 1, decision: { kind: 'no' } }])
    expect(view.leaving).toBeDefined()
  })
})

describe('Ctrl+D', () => {
  test('leaves when nothing is written', () => {
    expect(type(start, [0, ctrl('d')]).effects).toEqual([{ type: 'leave', by: 'end', draft: '' }])
  })
  test('otherwise it is a key of the composer, and of a panel', () => {
    expect(type(start, [0, char('ab'), { name: 'home' }, ctrl('d')]).view.editor.text).toBe('b')
    expect(type(reduce(start, panel(1), 0), [0, ctrl('d')]).effects).toEqual([])
  })
})

describe('Esc', () => {
  test('stops the turn, and gives back what waits behind it', () => {
    expect(type(busy, [0, esc]).effects).toEqual([{ type: 'interrupt' }])
    expect(type({ ...start, queued: ['x'] }, [0, esc]).effects).toEqual([{ type: 'interrupt' }])
    expect(type(start, [0, char('text'), esc])).toMatchObject({
      effects: [],
      view: { editor: { text: 'text' } },
    })
  })
  test('goes to the panel at once; a double one does not reach the next panel or the turn', () => {
    const two = reduce(reduce(busy, panel(1), 0), panel(2), 0)
    expect(type(two, [0, esc, esc]).effects).toEqual([
      { type: 'decision', panel: 1, decision: { kind: 'no' } },
    ])
    expect(type(two, [0, char('a'), esc]).effects).toHaveLength(1)
  })
})

describe('a panel that appears while somebody types', () => {
  const view = reduce({ ...start, editor: { ...start.editor, text: 'run', caret: 3 } }, panel(1), 1000)

  test('takes nothing until nobody has typed for 500 ms', () => {
    const typed = type(view, [1100, char('y')], [1590, char('s')], [1600, enter])
    expect(typed.effects).toEqual([{ type: 'submit', text: 'runys' }])
    expect(type(typed.view, [2099, char('y')]).effects).toEqual([])
    expect(type(typed.view, [2100, char('y')]).effects).toEqual([
      { type: 'decision', panel: 1, decision: { kind: 'once' } },
    ])
  })
  test('never takes a paste, or keys that come as one', () => {
    expect(pasteInto(view, 'y', 9000).editor.text).toBe('runy')
    const joined = type(view, [9000, char('yes'), enter])
    expect(joined).toMatchObject({ effects: [], view: { editor: { text: 'runyes' } } })
  })
  test('a key that means nothing to it begins a sentence: what follows, Enter too, is no answer', () => {
    const shown = reduce(start, panel(1), 0)
    const typed = type(shown, [600, char('w')], [650, char('y')], [700, char('n')], [750, enter])
    expect(typed.effects).toEqual([{ type: 'submit', text: 'wyn' }])
    expect(type(typed.view, [1300, char('y')]).effects).toMatchObject([{ type: 'decision' }])
  })
  test('Enter alone, where it means nothing, does not send the text that the panel hides', () => {
    expect(type(view, [9000, enter])).toMatchObject({ effects: [], view: { editor: { text: 'run' } } })
    expect(type(view, [9000, enter], [9001, char('y')]).effects).toHaveLength(1)
  })
  test('keys without text begin no sentence: Up and Enter do not send the last prompt once more', () => {
    const asked = reduce(newView({ folder: '~', prompts: ['deploy to production'] }), panel(1), 0)
    for (const key of [{ name: 'up' }, ctrl('p'), ctrl('r'), ctrl('g'), { name: 'tab' }] as const) {
      const typed = type(asked, [600, key], [650, enter], [700, key, key, enter], [750, enter])
      expect(typed).toMatchObject({ effects: [], view: { editor: asked.editor } })
      expect(type(typed.view, [760, char('y')]).effects).toMatchObject([{ type: 'decision' }])
    }
  })
  test.each([
    ['a search', [ctrl('r'), char('dep')]],
    ['a list', [char('/mo')]],
  ])('Esc ends %s that was open before it, then it is an answer', (_name, keys) => {
    const there = { ...newView({ folder: '~', prompts: ['deploy'] }), busy: true }
    const commands = reduce(
      there,
      { type: 'commands', commands: [{ name: 'model', what: '', words: [] }] },
      0,
    )
    const shown = reduce(type(commands, [0, ...keys]).view, panel(1), 1000)
    const open = ({ editor, mentions }: View) => editor.search !== undefined || mentions.open !== undefined
    expect(open(shown)).toBe(true)
    const closed = type(shown, [1400, esc])
    expect(closed.effects).toEqual([])
    expect(open(closed.view)).toBe(false)
    const no = [{ type: 'decision', panel: 1, decision: { kind: 'no' } }]
    expect(type(closed.view, [1410, esc]).effects).toEqual(no)
    expect(type(shown, [1500, esc]).effects).toEqual(no)
  })
  test('keeps the text of the composer', () => {
    const answered = type(view, [9000, char('n')])
    expect(answered.effects).toEqual([{ type: 'decision', panel: 1, decision: { kind: 'no' } }])
    expect(answered.view.editor.text).toBe('run')
  })
})

describe('several sign-ins', () => {
  const signIn = (key: number, server: string): Action => ({
    type: 'panel',
    panel: { key, kind: 'sign-in', state: createSignIn(signInView({ server: clean(server) })) },
  })
  const row = (...actions: Action[]) => actions.reduce((view, action) => reduce(view, action, 0), start)
  const keys = (view: View) => view.panels.map(panel => panel.key)

  test('n: the next one, at once and as often as wanted; nothing is answered', () => {
    const view = row(signIn(1, 'a'), signIn(2, 'b'), signIn(3, 'c'))
    const once = type(view, [600, char('n')])
    expect(once.effects).toEqual([])
    expect(keys(once.view)).toEqual([2, 3, 1])
    expect(keys(type(once.view, [610, char('n')], [620, char('n')]).view)).toEqual([1, 2, 3])
    expect(type(once.view, [610, enter]).effects).toMatchObject([{ panel: 2, choice: { route: 'browser' } }])
  })
  test('n: a permission that was behind takes no key of that haste', () => {
    const view = row(signIn(1, 'a'), panel(2), signIn(3, 'b'))
    const skipped = type(view, [600, char('n')])
    expect(keys(skipped.view)).toEqual([2, 3, 1])
    expect(type(skipped.view, [610, char('y')]).effects).toEqual([])
    expect(type(skipped.view, [1200, char('y')]).effects).toMatchObject([{ type: 'decision', panel: 2 }])
  })
  test('a: one is opened, the others follow, permissions are left alone', () => {
    const view = row(signIn(1, 'a'), panel(2), signIn(3, 'b'))
    const all = type(view, [600, char('a')])
    expect(all.effects).toEqual([
      { type: 'choice', panel: 1, choice: { kind: 'route', route: 'browser' } },
      { type: 'choice', panel: 3, choice: { kind: 'follow' } },
    ])
    expect(keys(all.view)).toEqual([1, 2, 3])
    // A second time it is no key any more, but the beginning of a sentence.
    expect(type(all.view, [610, char('a')])).toMatchObject({ effects: [], view: { editor: { text: 'a' } } })
  })
  test('of one alone both are letters of a sentence', () => {
    expect(type(row(signIn(1, 'a'), panel(2)), [600, char('n')], [610, char('a')])).toMatchObject({
      effects: [],
      view: { editor: { text: 'na' } },
    })
  })
})

test('a paste is text, with or without its marks', () => {
  expect(pasteInto(start, 'a\nb\n', 0).editor.text).toBe('a\nb\n')
  expect(type(start, [0, { name: 'paste', text: 'a\nb\n' }])).toMatchObject({
    effects: [],
    view: { editor: { text: 'a\nb\n' } },
  })
})

test('keys keep their order in one read', () => {
  const { view, effects } = type(start, [0, char('one'), enter, char('two'), ctrl('z'), char('!')])
  expect(effects).toEqual([{ type: 'submit', text: 'one' }, { type: 'suspend' }])
  expect(view.editor.text).toBe('two!')
})
