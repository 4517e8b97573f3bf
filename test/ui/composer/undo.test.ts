import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createEditor,
  type Editor,
  edit,
  paste,
  prepend,
  replace,
  written,
} from '../../../src/ui/composer/editor.ts'
import type { Key } from '../../../src/ui/keys.ts'
import { graphemes } from '../../../src/ui/width.ts'
import { TRIALS } from '../../support/trials.ts'

fc.configureGlobal(TRIALS)

const UNDO: Key = { name: 'ctrl', letter: '_' }
const REDO: Key = { name: 'meta', letter: 'z' }
const LONG = Array.from({ length: 12 }, (_, at) => `row ${at}\r\n`).join('')

const press = (editor: Editor, ...keys: Key[]) => keys.reduce((now, key) => edit(now, key, 20).editor, editor)
const char = (text: string): Key => ({ name: 'char', text })
const ctrl = (letter: string): Key => ({ name: 'ctrl', letter })
const letters = (text: string): Key[] => text.split('').map(char)

const named = (
  [
    'newline',
    'left',
    'right',
    'word-left',
    'word-right',
    'home',
    'end',
    'up',
    'down',
    'backspace',
    'delete',
    'backspace-word',
    'delete-word',
  ] as const
).map((name): Key => ({ name }))

const key: fc.Arbitrary<Key> = fc.oneof(
  fc
    .constantFrom(
      'a',
      'b ',
      ' ',
      'é',
      'e\u0301',
      '\u0301',
      '日本',
      '👨\u200d👩',
      '\u200d',
      '🇩🇪',
      '\r',
      '\u{e0201}',
    )
    .map(char),
  fc.constantFrom(...named),
  fc.constantFrom(...'abdefknpuwy'.split('').map(ctrl)),
  fc
    .constantFrom('x', 'one\rtwo', LONG, `\u0301${LONG}`, `${LONG}\u{e0202}`)
    .map((text): Key => ({ name: 'paste', text })),
)

const start = createEditor(['an old prompt', 'two\nlines'], 'begun')

describe('undo and redo', () => {
  test('of random keys restore every text exactly, and the caret', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), keys => {
        const end = press(start, ...keys)
        let back = end
        const seen = [written(end)]
        while (back.past.length > 0) {
          back = press(back, UNDO)
          seen.push(written(back))
        }
        expect(written(back)).toBe(written(start))
        expect(back.at).toBe(start.at)
        let again = back
        while (again.future.length > 0) {
          expect(written(again)).toBe(seen.pop())
          again = press(again, REDO)
        }
        expect(written(again)).toBe(written(end))
        expect(again.text).toBe(end.text)
      }),
    )
  })

  test('the caret is always between characters', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(key, fc.constantFrom(UNDO, REDO)), { maxLength: 60 }), keys => {
        let now = start
        for (const each of keys) {
          now = press(now, each)
          let at = 0
          const places = new Set([0, ...graphemes(now.text).map(part => (at += part.length))])
          expect(places).toContain(now.caret)
        }
      }),
    )
  })

  test('typing is taken back word by word, deleting in one go', () => {
    const typed = press(createEditor([]), ...letters('one two three'))
    expect(press(typed, UNDO).text).toBe('one two ')
    expect(press(typed, UNDO, UNDO).text).toBe('one ')
    expect(press(typed, UNDO, UNDO, REDO).text).toBe('one two ')
    const erased = press(typed, { name: 'backspace' }, { name: 'backspace' }, { name: 'backspace' })
    expect(press(erased, UNDO).text).toBe('one two three')
  })

  test('a change after undo ends what could be redone', () => {
    const typed = press(createEditor([]), ...letters('a b'), UNDO, char('c'))
    expect(press(typed, REDO)).toBe(typed)
    expect(press(createEditor([]), UNDO)).toEqual(createEditor([]))
  })

  test('brings back what another prompt, the host or an editor replaced', () => {
    const draft = press(createEditor(['old']), ...letters('draft'))
    expect(press(draft, { name: 'up' }, UNDO)).toMatchObject({ text: 'draft', at: 1 })
    expect(press(replace(draft, ''), UNDO).text).toBe('draft')
    expect(press(prepend(draft, 'given'), UNDO).text).toBe('draft')
  })
})

describe('kill and yank', () => {
  test.each([
    ['Ctrl+U', 'one two', [ctrl('u')], 'one two'],
    ['Ctrl+W twice is one text', 'one two three', [ctrl('w'), ctrl('w')], 'two three'],
    [
      'Alt+D and Ctrl+K behind it',
      'one two three',
      [ctrl('a'), { name: 'delete-word' }, ctrl('k')],
      'one two three',
    ],
    [
      'two that were apart',
      'one two three',
      [ctrl('w'), { name: 'left' }, { name: 'right' }, ctrl('w')],
      'two ',
    ],
  ] as [string, string, Key[], string][])('%s', (_name, text, keys, killed) => {
    const cut = press(createEditor([], text), ...keys)
    expect(cut.killed).toBe(killed)
    expect(press(replace(cut, ''), ctrl('y')).text).toBe(killed)
  })

  test('what was killed outlives sending, with the paste in it', () => {
    const cut = press(paste(createEditor([], 'see '), LONG), ctrl('u'), char('x'), { name: 'enter' })
    expect(cut.pastes.size).toBe(1)
    const yanked = press(cut, ctrl('y'))
    expect(written(yanked)).toBe(`see ${LONG}`)
    expect(edit(yanked, { name: 'enter' }).submit).toBe(`see ${LONG}`)
  })

  test('with nothing killed, Ctrl+Y means nothing', () => {
    const editor = createEditor([], 'a')
    expect(press(editor, ctrl('y'))).toBe(editor)
  })
})

describe('long pastes', () => {
  test.each([
    ['ten lines stay', 'x\n'.repeat(10), 'x\n'.repeat(10)],
    ['eleven do not', 'x\n'.repeat(11), '\u{e0201}'],
    ['the last line needs no line end', `${'x\n'.repeat(10)}y`, '\u{e0201}'],
    ['a very long line', 'x'.repeat(10_001), '\u{e0201}'],
    ['what looks like a mark', 'a\u{e0201}b', '\u{e0201}'],
  ])('%s', (_name, text, shown) => {
    const pasted = paste(createEditor([]), text)
    expect(pasted.text).toBe(shown)
    expect(edit(pasted, { name: 'enter' }).submit).toBe(text)
  })

  test('any text, pasted anywhere and edited round, is sent byte for byte', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.array(fc.string(), { minLength: 11, maxLength: 30 }).map(lines => lines.join('\n')),
      fc.constantFrom(LONG, '\u0301\n'.repeat(12), `\u200d${'\n'.repeat(12)}\u200d`, '\u{e0201}\u{e0fff}'),
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), texts => {
        const given = texts.map(each => each.replaceAll(/\r(?!\n)/gu, '\n'))
        let editor = createEditor([], '<')
        for (const each of given) editor = press(paste(editor, each), char('|'))
        editor = press(editor, { name: 'left' }, char('!'), { name: 'backspace' })
        expect(written(editor)).toBe(`<${given.map(each => `${each}|`).join('')}`)
      }),
    )
  })

  test('deleting the mark deletes the paste, undo brings it back', () => {
    const pasted = press(paste(createEditor([], 'a'), LONG), char('b'), { name: 'left' })
    const without = press(pasted, { name: 'backspace' })
    expect(written(without)).toBe('ab')
    expect(written(press(without, UNDO))).toBe(`a${LONG}b`)
    expect(written(press(pasted, { name: 'left' }, { name: 'delete' }))).toBe('ab')
  })

  test('marks have numbers of their own, and survive an editor that leaves them whole', () => {
    const two = paste(press(paste(createEditor([]), LONG), char(' and ')), `${LONG}!`)
    expect(Array.from(two.pastes.values(), each => each.number)).toEqual([1, 2])
    const edited = replace(two, written(two).replace(' and ', ' or '))
    expect(edited.text).toBe(two.text.replace(' and ', ' or '))
    const torn = replace(two, written(two).replace('row 3', 'row three'))
    expect(written(torn)).toBe(written(two).replace('row 3', 'row three'))
    expect(replace(two, written(two))).toBe(two)
  })
})
