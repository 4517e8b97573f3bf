import { expect, test } from 'vitest'
import {
  cells,
  graphemeAfter,
  graphemeBefore,
  graphemes,
  keepEnd,
  steady,
  visible,
} from '../../src/ui/width.ts'

test.each([
  ['a', 1],
  ['日本', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['😀', 2],
  ['', 0],
])('%j is %i cells wide', (text, width) => {
  expect(cells(text)).toBe(width)
})

test.each([
  ['family', '👨‍👩‍👧', '👨👩👧'],
  ['skin tone', '👍🏽', '👍'],
  ['skin tone and joiner', '👩🏽‍💻', '👩💻'],
  ['heart', '❤️', '❤'],
  ['heart on fire', '❤️‍🔥', '❤🔥'],
  ['keycap', '1️⃣', '1'],
  ['Persian keeps its joiner', 'می‌خواهم', 'می‌خواهم'],
])('%s: drawn alike by all terminals', (_name, text, drawn) => {
  expect(steady(text)).toBe(drawn)
})

test.each([
  ['escape', '\u001b', '␛'],
  ['NUL', '\0', '␀'],
  ['DEL', '\u007f', '␡'],
  ['C1', '\u009b', '\ufffd'],
  ['tab', '\t', '    '],
  ['right-to-left override', '\u202e', '·'],
  ['zero width space', '\u200b', '·'],
  ['line separator', '\u2028', ' '],
  ['mark without a letter', '\u0301', '◌\u0301'],
  ['letter with mark', 'e\u0301', 'e\u0301'],
])('%s is visible', (_name, grapheme, drawn) => {
  expect(visible(grapheme)).toBe(drawn)
})

test('characters as a person counts them', () => {
  const text = 'a👨‍👩‍👧e\u0301\r\nz'
  expect(graphemes(text)).toEqual(['a', '👨‍👩‍👧', 'e\u0301', '\r\n', 'z'])
  expect(graphemeAfter(text, 1)).toBe(9)
  expect(graphemeBefore(text, 9)).toBe(1)
  expect(graphemeBefore(text, 0)).toBe(0)
  expect(graphemeAfter(text, text.length)).toBe(text.length)
})

test('of a host the end stays', () => {
  expect(keepEnd('login.example.com', 20)).toBe('login.example.com')
  expect(keepEnd('a.very.long.name.example.com', 12)).toBe('…example.com')
  expect(keepEnd('日本語', 4)).toBe('…語')
})
