import { describe, expect, test } from 'vitest'
import { take } from '../../../src/ui/composer/compose.ts'
import { createEditor, type Editor, edit, knowing, paste, prepend } from '../../../src/ui/composer/editor.ts'
import type { Key, NamedKey } from '../../../src/ui/keys.ts'
import { newView } from '../../../src/ui/state.ts'

const NAMED = /<([a-z+-]+)>/

/** Types a script: letters as they are, keys in angle brackets, `<ctrl+a>`. Gives the editor and all that was sent. */
function type(script: string, editor: Editor = createEditor([]), width?: number) {
  const sent: string[] = []
  let now = editor
  for (const part of script.split(NAMED).flatMap((each, at) => (at % 2 ? [keyOf(each)] : letters(each)))) {
    const turn = edit(now, part, width)
    now = turn.editor
    if (turn.submit !== undefined) sent.push(turn.submit)
  }
  return { editor: now, sent, shown: `${now.text.slice(0, now.caret)}|${now.text.slice(now.caret)}` }
}

function keyOf(name: string): Key {
  return name.startsWith('ctrl+') ? { name: 'ctrl', letter: name.slice(5) } : { name: name as NamedKey }
}

function letters(text: string): Key[] {
  return text === '' ? [] : [{ name: 'char', text }]
}

describe('typing', () => {
  test.each([
    ['text', 'hello', 'hello|'],
    ['in the middle', 'helo<left>l', 'hell|o'],
    ['backspace', 'abc<backspace>', 'ab|'],
    ['backspace at the start', '<backspace>a', 'a|'],
    ['delete', 'abc<home><delete>', '|bc'],
    ['delete at the end', 'abc<delete>', 'abc|'],
    ['lines', 'a<newline>b', 'a\nb|'],
    ['backslash and Enter', 'a\\<enter>b', 'a\nb|'],
    ['backslash elsewhere stays', 'a\\b<left><enter>', 'a\n|b'],
    ['home and end of a line', 'ab<newline>cd<home>x<end>y', 'ab\nxcdy|'],
    ['Ctrl+A, Ctrl+E', 'ab<ctrl+a>x<ctrl+e>y', 'xaby|'],
    ['Ctrl+U', 'ab<newline>cd ef<left><ctrl+u>', 'ab\n|f'],
    ['Ctrl+K', 'ab<newline>cd<up><ctrl+k>', 'ab|\ncd'],
    ['Ctrl+K in the line', 'ab cd<home><right><ctrl+k>', 'a|'],
    ['Ctrl+W takes up to white space', 'git log --since=2<ctrl+w>', 'git log |'],
    ['Alt+Backspace takes a word', 'git log --since=2<backspace-word>', 'git log --since=|'],
    ['Alt+d', 'one two three<home><delete-word>', '| two three'],
    ['word left', 'one two.three<word-left><word-left>', 'one |two.three'],
    ['word right', 'one two<home><word-right>', 'one| two'],
    ['word over a line end', 'one<newline>two<home><word-left>', '|one\ntwo'],
    ['unknown Ctrl', 'ab<ctrl+x>', 'ab|'],
    ['tab is no text', 'ab<tab>', 'ab|'],
  ])('%s', (_name, script, shown) => {
    expect(type(script).shown).toBe(shown)
  })

  test('keys without meaning give the same editor', () => {
    const { editor } = type('abc')
    for (const name of ['escape', 'tab', 'page-up', 'right', 'delete', 'end', 'down', 'up'] as const) {
      expect(edit(editor, { name }).editor).toBe(editor)
    }
  })
})

describe('characters as a person counts them', () => {
  test.each([
    ['CJK', '日本語<left><backspace>', '日|語'],
    ['family emoji', 'a👨‍👩‍👧<backspace>', 'a|'],
    ['flag', 'a🇩🇪🇫🇷<left>x', 'a🇩🇪x|🇫🇷'],
    ['combining mark', 'e\u0301<left>x', 'x|e\u0301'],
    ['a mark typed behind its letter', 'e<left>e<right>\u0301<backspace>', 'e|'],
    ['an emoji built in steps', '👨\u200d👩<backspace>', '|'],
    ['Thai', 'กำ<backspace>', '|'],
    ['Hangul Jamo', '\u1112\u1161\u11ab<left>x', 'x|\u1112\u1161\u11ab'],
  ])('%s', (_name, script, shown) => {
    expect(type(script).shown).toBe(shown)
  })

  test('the caret stays between characters when a deletion joins its neighbours', () => {
    const { editor } = type('👨 \u200d👩')
    const at = { ...editor, caret: '👨 '.length }
    const { editor: joined } = edit(at, { name: 'backspace' })
    expect(joined.text).toBe('👨\u200d👩')
    expect(joined.caret).toBe(joined.text.length)
  })
})

describe('sending', () => {
  test('Enter sends byte for byte and empties the editor', () => {
    const { sent, editor } = type('two words  \\n<newline><newline><enter>')
    expect(sent).toEqual(['two words  \\n\n\n'])
    expect(editor.text).toBe('')
    expect(editor.history).toEqual(sent)
  })

  test.each(['', '   ', '<newline><newline>', '\u3000'])('nothing is sent of %j', script => {
    const { sent, editor } = type(`${script}<enter>`)
    expect(sent).toEqual([])
    expect(editor.text).toBe(type(script).editor.text)
  })

  test('what begins with a space is sent, but not kept', () => {
    const { sent, editor } = type(' quiet<enter>')
    expect(sent).toEqual([' quiet'])
    expect(editor.history).toEqual([])
  })

  test('the same prompt twice is kept once', () => {
    expect(type('a<enter>a<enter>b<enter>').editor.history).toEqual(['a', 'b'])
  })
})

describe('pasting', () => {
  test.each([
    ['lines, with CR as terminals send them', 'a\rb\r', 'a\nb\n'],
    ['CR LF as it is', 'a\r\nb', 'a\r\nb'],
    [
      'control sequences as they are',
      '\u001b[2J\u001b]52;c;aGk=\u0007\0',
      '\u001b[2J\u001b]52;c;aGk=\u0007\0',
    ],
    ['invisible characters as they are', '\u202e\u200b\ufeff', '\u202e\u200b\ufeff'],
    ['half of a pair', '\ud83d', '\ud83d'],
  ])('%s', (_name, given, kept) => {
    const { sent } = type('<enter>', paste(createEditor([], 'x'), given))
    expect(sent).toEqual([`x${kept}`])
  })

  test('is never sent by itself', () => {
    expect(edit(createEditor([]), { name: 'paste', text: 'rm -rf x\rls\r' }).submit).toBeUndefined()
  })

  test('goes where the caret is', () => {
    expect(type('', paste(type('ab<left>').editor, '12')).shown).toBe('a12|b')
  })

  test('a megabyte is stored exactly', () => {
    const huge = 'Ünïcode 👨‍👩‍👧 日本\n'.repeat(40_000)
    const { sent } = type('!<enter>', paste(createEditor([]), huge))
    expect(sent[0] === `${huge}!`).toBe(true)
  })
})

describe('up and down', () => {
  test.each([
    ['over lines', 'abc<newline>de<up>x', undefined, 'abx|c\nde'],
    [
      'the column is kept over a short line',
      'abcd<newline>e<newline>fghi<up><up>x',
      undefined,
      'abcdx|\ne\nfghi',
    ],
    ['and back', 'abcd<newline>e<newline>fghi<left><up><up><down><down>x', undefined, 'abcd\ne\nfghx|i'],
    ['wide characters', '日本<newline>abcd<left><left><up>x', undefined, '日x|本\nabcd'],
    ['rows of a wrapped line', 'aaaa bbbb cccc<up>x', 5, 'aaaa bbbbx| cccc'],
    ['never between two rows', 'aaaa bb<home><end><up><end>', 5, 'aaaa bb|'],
  ])('%s', (_name, script, width, shown) => {
    expect(type(script, createEditor([]), width).shown).toBe(shown)
  })

  test('history on the first and last line; what was written is kept', () => {
    const start = createEditor(['one', 'two\nlines'])
    expect(type('draft<up>', start).shown).toBe('two\nlines|')
    expect(type('draft<up><up><up>', start).shown).toBe('one|')
    expect(type('draft<up><up><up><up><up>', start).shown).toBe('one|')
    expect(type('draft<up><down>', start).shown).toBe('draft|')
    expect(type('draft<down>', start).shown).toBe('draft|')
    expect(type('draft<up>!<down><up>', start).shown).toBe('two\nlines!|')
    expect(type('draft<up><up><up><enter>', start).sent).toEqual(['one'])
  })
})

test('text given back goes in front', () => {
  expect(prepend(createEditor([]), 'given').text).toBe('given')
  const both = prepend(type('mine<left>').editor, 'given')
  expect(both.text).toBe('given\nmine')
  expect(both.caret).toBe('given\nmin'.length)
  expect(prepend(both, '')).toEqual(both)
})

test.each([
  ['draft', 'better', 'given\nbetter'],
  ['draft', 'draft', 'given\ndraft'],
  ['draft', '', 'given'],
  ['', 'new', 'given\nnew'],
  ['', '', 'given'],
])(
  '%j that comes back from an editor as %j stands behind what was given back meanwhile',
  (before, text, shown) => {
    const view = { ...newView({ folder: '~', prompts: [] }), editor: createEditor([], before) }
    expect(take(view, { type: 'edited', text, before }).editor.text).toBe(text)
    const given = take(view, { type: 'draft', text: 'given' })
    expect(take(given, { type: 'edited', text, before }).editor.text).toBe(shown)
    const twice = take(given, { type: 'draft', text: 'more' })
    expect(take(twice, { type: 'edited', text, before }).editor.text).toBe(`more\n${shown}`)
  },
)

test('prompts of a session that is loaded behind the prompt can be recalled; who looks through the past is left alone', () => {
  const known = knowing(createEditor(['one', 'two'], 'draft'), ['two', 'three'])
  expect([known.history, known.text]).toEqual([['one', 'two', 'three'], 'draft'])
  const up = edit(known, { name: 'up' }).editor
  expect(up.text).toBe('three')
  expect(knowing(up, ['four'])).toBe(up)
})
