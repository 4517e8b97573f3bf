import { describe, expect, test } from 'vitest'
import { plain } from '../../../src/ui/transcript/line.ts'
import { openReply } from '../../../src/ui/transcript/reply.ts'
import { sheetOf } from './sheet.ts'

const TEXT = [
  '# Title',
  '',
  'First *paragraph* with words.',
  '',
  '```js',
  'const a = 1',
  '',
  'call(a)',
  '```',
  '| a | b |',
  '|---|---|',
  '| one | two |',
  '',
  '- last item',
].join('\n')
const SHOWN = [
  'Title',
  '',
  'First paragraph with words.',
  '',
  '```js',
  'const a = 1',
  '',
  'call(a)',
  '```',
  'a    b',
  '───  ───',
  'one  two',
  '',
  '• last item',
]

function stream(deltas: readonly string[], full?: string): string[] {
  const reply = openReply('1', sheetOf())
  const lines = deltas.flatMap(delta => {
    reply.push(delta)
    return reply.take()
  })
  return [...lines, ...reply.end(full)].map(plain)
}

const cut = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size))

describe('every line once, however the text is cut', () => {
  test.each([1, 2, 3, 7, 50, 1000])('pieces of %i', size => {
    expect(stream(cut(TEXT, size))).toEqual(SHOWN)
    expect(stream(cut(TEXT, size), TEXT)).toEqual(SHOWN)
  })
})

describe('lost deltas', () => {
  const pieces = cut(TEXT, 5)
  test('all of them', () => expect(stream([], TEXT)).toEqual(SHOWN))
  test('the last ones', () => {
    for (let kept = 0; kept < pieces.length; kept += 1)
      expect(stream(pieces.slice(0, kept), TEXT)).toEqual(SHOWN)
  })
  test('of a line that is not printed yet', () => {
    expect(stream(['one\ntwo thr'], 'one\ntwo and three\nfour')).toEqual(['one', 'two and three', 'four'])
  })
  test('of lines before printed ones: what is missing follows, nothing is repeated', () => {
    const lines = stream(['one\n', 'four\n', 'fi'], 'one\ntwo\n\nthree\nfour\nfive')
    expect(lines).toEqual(['one', 'four', '(missed while it was streamed:)', 'two', 'three', 'five'])
  })
  test('white space round the whole is no loss', () => {
    expect(stream(['\n\nHello\n', 'you\n\n'], 'Hello\nyou')).toEqual(['Hello', 'you'])
    expect(stream(['Hello'], '\nHello\n')).toEqual(['Hello'])
  })
})

test('a reply that is broken off keeps what there is', () => {
  expect(stream(['one\ntw'])).toEqual(['one', 'tw'])
  expect(stream(['| a | b |\n', '|---|---|'])).toEqual(['a  b', '─  ─'])
  expect(stream([])).toEqual([])
})

test('the tail is what was not taken', () => {
  const reply = openReply('1', sheetOf())
  reply.push('done\n\nnot **yet**')
  expect(reply.take().map(plain)).toEqual(['done'])
  expect(reply.tail(100).map(plain)).toEqual(['', 'not yet'])
  expect(reply.tail(3).map(plain)).toEqual(['', 't**'])
})

test('an endless line is printed in pieces', () => {
  const words = Array.from({ length: 20_000 }, (_, at) => `w${at}`)
  const reply = openReply('1', sheetOf())
  for (const word of words) reply.push(`${word} `)
  expect(reply.take().length).toBeGreaterThan(5)
  const lines = stream(
    words.map(word => `${word} `),
    words.join(' '),
  )
  expect(lines.join(' ').trim().split(/\s+/)).toEqual(words)
})

describe('hostile text', () => {
  test.each([
    ['clipboard', 'a\u001b]52;c;aGk=\u0007b', 'ab'],
    ['clear', 'a\u001b[2J\u001b[3Jb', 'ab'],
    ['8-bit', 'a\u009b2Jb\u009d0;t\u009cc', 'abc'],
    ['overwriting', 'safe\r\u0008\u0008evil', 'safeevil'],
    ['bidi', 'a\u202eb', 'ab'],
    ['link', '\u001b]8;;https://evil.example\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ])('%s, cut anywhere', (_, text, shown) => {
    for (const size of [1, 2, 3, 100]) expect(stream(cut(text, size), text)).toEqual([shown])
  })
})
