import { describe, expect, test } from 'vitest'
import { compose, take } from '../../../src/ui/composer/compose.ts'
import { createEditor } from '../../../src/ui/composer/editor.ts'
import { nameAt } from '../../../src/ui/composer/mention.ts'
import type { Key, NamedKey } from '../../../src/ui/keys.ts'
import { newView, reduce, type View } from '../../../src/ui/state.ts'

const commands = [
  { name: 'login', what: 'sign in', words: ['notes'] },
  { name: 'mode', what: 'how', words: ['interactive', 'plan', 'autopilot'] },
  { name: 'model', what: 'which', words: [] },
]
const start = take(newView({ folder: '~', prompts: ['old'] }), { type: 'commands', commands })
const key = (name: NamedKey): Key => ({ name })
const ctrlS: Key = { name: 'ctrl', letter: 's' }
const type = (view: View, ...keys: (string | Key)[]) =>
  compose(
    view,
    keys.map(each => (typeof each === 'string' ? { name: 'char', text: each } : each)),
    40,
  )
const typed = (...keys: (string | Key)[]) => type(start, ...keys).view

describe('commands', () => {
  test.each([
    ['/', 'command', ''],
    ['/mo', 'command', 'mo'],
    ['/mode ', 'word', ''],
    ['/mode pl', 'word', 'pl'],
    ['/mode plan ', 'word', 'plan '],
    [' /mo', undefined, undefined],
    ['say /mo', undefined, undefined],
    ['/etc/x', undefined, undefined],
    ['/Mo', undefined, undefined],
    ['/now see @src', 'file', 'src'],
  ])('%j: %s', (text, kind, query) => {
    expect(nameAt(createEditor([], text))).toEqual(
      kind === undefined ? undefined : expect.objectContaining({ kind, query }),
    )
  })

  test('are asked for when a slash begins a message, and files are not', () => {
    expect(type(start, '/').effects).toEqual([{ type: 'commands' }])
    expect(type(start, 'a/').effects).toEqual([])
    expect(type(start, '@').effects).toEqual([{ type: 'files' }])
  })

  test('Tab takes the marked one, then the words that may follow', () => {
    const first = typed('/mo')
    expect(first.mentions.open?.items).toEqual(['mode', 'model'])
    const second = type(first, key('tab')).view
    expect(second.editor.text).toBe('/mode ')
    expect(second.mentions.open?.items).toEqual(['interactive', 'plan', 'autopilot'])
    const third = type(second, 'p', key('tab')).view
    expect(third.editor.text).toBe('/mode plan ')
    expect(third.mentions.open).toBeUndefined()
  })

  test('what stands behind one is asked for with its name', () => {
    expect(type(start, '/', 'model', ' ').effects).toEqual([
      { type: 'commands' },
      { type: 'commands', behind: 'model' },
    ])
    expect(type(start, '/now see', ' @').effects.at(-1)).toEqual({ type: 'files' })
  })

  test('names of several words, in any case; a second word only behind the first', () => {
    const words = ['gpt-5', 'gpt-5 low', 'gpt-5 high', 'First talk', 'first things']
    const known = take(start, { type: 'commands', commands: [{ name: 'model', what: '', words }] })
    const offered = (text: string) => type(known, text).view.mentions.open?.items
    expect(offered('/model ')).toEqual(['gpt-5', 'First talk', 'first things'])
    expect(offered('/model g')).toEqual(['gpt-5'])
    expect(offered('/model gpt-5')).toBeUndefined()
    expect(offered('/model gpt-5 ')).toEqual(['gpt-5 low', 'gpt-5 high'])
    expect(offered('/model first t')).toEqual(['First talk', 'first things'])
    expect(type(known, '/model first ta', key('tab')).view.editor.text).toBe('/model First talk ')
  })

  test('nothing is offered for what is there as a whole, or is none', () => {
    expect(typed('/login').mentions.open).toBeUndefined()
    expect(typed('/xyz').mentions.open).toBeUndefined()
    expect(typed('/model ').mentions.open).toBeUndefined()
    expect(typed('/xyz a').mentions.open).toBeUndefined()
  })

  test('Enter sends as it is, unless another one was marked; Esc closes the list', () => {
    expect(type(typed('/lo'), key('enter')).effects).toEqual([{ type: 'submit', text: '/lo' }])
    const marked = type(typed('/mo'), key('down'), key('enter'))
    expect(marked.effects).toEqual([])
    expect(marked.view.editor.text).toBe('/model ')
    expect(type(typed('/lo'), key('escape')).view.mentions.open).toBeUndefined()
  })

  test('the list fits when it comes late', () => {
    const early = type(newView({ folder: '~', prompts: [] }), '/lo').view
    expect(early.mentions.open).toBeUndefined()
    expect(take(early, { type: 'commands', commands }).mentions.open?.items).toEqual(['login'])
  })
})

describe('what waits', () => {
  const waiting = reduce(start, { type: 'queued', messages: ['one', 'two'] }, 0)

  test('Up on an empty line takes it back, and prompts of the past where nothing waits', () => {
    const { effects, view } = type(waiting, key('up'))
    expect(effects).toEqual([{ type: 'queue', what: 'take-back' }])
    expect(view).toBe(waiting)
    expect(typed(key('up')).editor.text).toBe('old')
    expect(type(waiting, 'x', key('up')).effects).toEqual([])
  })

  test('Ctrl+S sends a text into the turn, and without one what waits first', () => {
    expect(type(waiting, 'hurry', ctrlS).effects).toEqual([{ type: 'submit', text: 'hurry', now: true }])
    expect(type(waiting, 'hurry', ctrlS).view.editor.text).toBe('')
    expect(type(waiting, ctrlS).effects).toEqual([{ type: 'queue', what: 'now' }])
    expect(type(start, ctrlS).effects).toEqual([])
  })

  test('in a search Ctrl+S stays what it is there', () => {
    const { effects } = type(waiting, { name: 'ctrl', letter: 'r' }, 'ol', ctrlS)
    expect(effects).toEqual([])
  })
})
