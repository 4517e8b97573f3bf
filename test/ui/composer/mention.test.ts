import { describe, expect, test } from 'vitest'
import { compose, take } from '../../../src/ui/composer/compose.ts'
import { createEditor, paste } from '../../../src/ui/composer/editor.ts'
import { nameAt } from '../../../src/ui/composer/mention.ts'
import { frameOf } from '../../../src/ui/frame.ts'
import { press } from '../../../src/ui/input.ts'
import type { Key, NamedKey } from '../../../src/ui/keys.ts'
import { newView, type View } from '../../../src/ui/state.ts'

const files = ['README.md', 'src/app.tsx', 'src/input.ts', 'src/ui/app.css', 'my notes.md', 'icon@2x.png']
const start = take(newView({ folder: '~', prompts: ['old'] }), { type: 'files', files })

const key = (name: NamedKey): Key => ({ name })
const type = (view: View, ...keys: (string | Key)[]) =>
  compose(
    view,
    keys.map(each => (typeof each === 'string' ? { name: 'char', text: each } : each)),
    40,
  )
const typed = (...keys: (string | Key)[]) => type(start, ...keys).view

describe('a name behind @', () => {
  test.each([
    ['@', ''],
    ['see @src/a', 'src/a'],
    ['(@a', 'a'],
    ['line\n@a', 'a'],
    ['@"my no', 'my no'],
    ['ada@example', undefined],
    ['@a b', undefined],
    ['@@a', undefined],
    ['@"a" ', undefined],
  ])('%j', (text, query) => {
    expect(nameAt(createEditor([], text))?.query).toBe(query)
  })

  test('not in the middle of a word, nor in a search', () => {
    expect(nameAt({ ...createEditor([], '@abc'), caret: 2 })).toBeUndefined()
    expect(nameAt({ ...createEditor([], '@abc def'), caret: 4 })?.query).toBe('abc')
  })
})

describe('the list', () => {
  test('has names that begin so first, then paths, then letters in order', () => {
    expect(typed('@app').mentions.open?.items).toEqual(['src/app.tsx', 'src/ui/app.css'])
    expect(typed('@READ').mentions.open?.items).toEqual(['README.md'])
    expect(typed('@src').mentions.open?.items).toHaveLength(3)
    expect(typed('@sit').mentions.open?.items).toEqual(['src/input.ts'])
    expect(typed('@nothing').mentions.open).toBeUndefined()
  })

  test('Tab takes the chosen one, the arrows choose, round and round', () => {
    expect(typed('see @app', key('tab')).editor.text).toBe('see @src/app.tsx ')
    expect(typed('@app', key('down'), key('tab'), 'x').editor.text).toBe('@src/ui/app.css x')
    expect(typed('@app', key('down'), key('down'), key('tab')).editor.text).toBe('@src/app.tsx ')
    expect(typed('@app', key('up'), key('tab')).editor.text).toBe('@src/ui/app.css ')
    expect(typed('@my', key('tab')).editor.text).toBe('@"my notes.md" ')
    expect(typed('@icon', key('tab')).editor.text).toBe('@"icon@2x.png" ')
  })

  test('Enter sends, unless an arrow has chosen', () => {
    expect(type(start, '@app', key('enter')).effects).toContainEqual({ type: 'submit', text: '@app' })
    const chosen = type(start, '@app', key('down'), key('enter'))
    expect(chosen.effects).toEqual([{ type: 'files' }])
    expect(chosen.view.editor.text).toBe('@src/ui/app.css ')
  })

  test('Esc closes it for this name, and interrupts nothing', () => {
    const view = { ...typed('@app'), busy: true }
    const closed = press(view, [key('escape')], 0, 40)
    expect(closed.effects).toEqual([])
    expect(closed.view.mentions.open).toBeUndefined()
    expect(type(closed.view, '.t').view.mentions.open).toBeUndefined()
    expect(type(closed.view, ' @app').view.mentions.open).toBeDefined()
    expect(press(closed.view, [key('escape')], 0, 40).effects).toEqual([{ type: 'interrupt' }])
  })

  test('a caret that only comes by opens nothing: the arrows and Enter are what they are elsewhere', () => {
    const two = typed('see @app', key('tab'), key('backspace'), { name: 'newline' }, 'fix it now please')
    const by = type(two, key('up')).view
    expect([by.editor.text.slice(0, by.editor.caret), by.mentions.open]).toEqual([
      'see @src/app.tsx',
      undefined,
    ])
    expect(type(by, key('down')).view.editor.caret).toBe(by.editor.text.length)
    expect(type(by, key('enter')).effects.at(-1)).toMatchObject({ type: 'submit' })
  })

  test('neither does a prompt of the past, nor text that is given back', () => {
    const known = take(newView({ folder: '~', prompts: ['first', 'explain @app'] }), { type: 'files', files })
    const recalled = type(known, key('up')).view
    expect([recalled.editor.text, recalled.mentions.open]).toEqual(['explain @app', undefined])
    expect(take(recalled, { type: 'files', files }).mentions.open).toBeUndefined()
    expect(type(recalled, key('up')).view.editor.text).toBe('first')
    expect(take(start, { type: 'draft', text: 'explain @app' }).mentions.open).toBeUndefined()
  })

  test('there it opens when the name is written on, or with Tab', () => {
    const given = take(start, { type: 'draft', text: 'explain @ap' })
    expect(type(given, 'p').view.mentions.open?.items).toEqual(['src/app.tsx', 'src/ui/app.css'])
    expect(type(given, key('tab')).view.mentions.open?.items).toEqual(['src/app.tsx', 'src/ui/app.css'])
    expect(type(given, key('tab'), key('tab')).view.editor.text).toBe('explain @src/app.tsx ')
  })

  test('undo takes the taken name back', () => {
    expect(typed('@app', key('tab'), { name: 'ctrl', letter: '_' }).editor.text).toBe('@app')
  })

  test('the files are asked for once, when a name begins; they may come later', () => {
    const early = type(newView({ folder: '~', prompts: [] }), '@', 'a', 'p', 'p')
    expect(early.effects).toEqual([{ type: 'files' }])
    expect(early.view.mentions.open).toBeUndefined()
    expect(take(early.view, { type: 'files', files }).mentions.open?.items).toHaveLength(2)
    const moved = typed('@app', key('down'))
    expect(take(moved, { type: 'files', files }).mentions.open?.chosen).toBe(1)
  })

  test('is gone when the text is', () => {
    for (const end of [{ name: 'ctrl', letter: 'u' } as const, key('enter')])
      expect(typed('@app', end).mentions.open).toBeUndefined()
    expect(press(typed('@app'), [{ name: 'ctrl', letter: 'c' }], 0, 40).view.mentions.open).toBeUndefined()
    expect(
      take(typed('@app'), { type: 'edited', text: 'other', before: '@app' }).mentions.open,
    ).toBeUndefined()
  })

  test('leaves the live region lower than the window', () => {
    const many = take(start, { type: 'files', files: Array.from({ length: 99 }, (_, at) => `file-${at}`) })
    const view = type({ ...many, editor: paste(many.editor, 'x\n'.repeat(9)) }, '@').view
    expect(view.mentions.open?.items).toHaveLength(50)
    for (const rows of [4, 6, 8, 12, 24, 50]) {
      const { gap, tail, tools, queued, composer, panel, list } = frameOf(view, rows, 40)
      expect(gap + tail + tools + queued + composer + panel + list + 1).toBeLessThanOrEqual(
        Math.max(3, rows - 1),
      )
      if (rows >= 8) expect(list).toBeGreaterThan(2)
    }
  })
})
