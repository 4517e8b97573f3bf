import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { lateWidth } from '../../../src/ui/ink/string-width.ts'
import { LONGEST_TRIAL, TRIALS } from '../../support/trials.ts'

const NARROW = [...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)), ...'·›…•─│╭╮╰╯✓✗']
const STYLES = ['\u001b[m', '\u001b[0m', '\u001b[1m', '\u001b[38;5;214m', '\u001b[38;2;1;2;3m', '\u001b[;m']
/** Escapes that are none, or others; halves of one, and what might complete them. */
const ESCAPES = [
  ...[
    '\u001b',
    '\u001b[',
    '\u001b[3',
    '\u001b[1;',
    '1m',
    'm',
    '\u001b[12345678901m',
    '\u001b[1:2m',
    '\u001b[ m',
  ],
  ...[
    '\u001b[2K',
    '\u001b[?25l',
    '\u001b]8;;https://a.example\u0007',
    '\u001b]',
    '\u0007',
    '\u001b\\',
    '\u001bP',
  ],
  ...['\u009b31m', '\u009b', '\u009c', '\u001b(B', '\u001b7', '\u001b\u001b[1m'],
]
const OTHER = [
  ...[
    '\n',
    '\t',
    '\r\n',
    '\0',
    '\u007f',
    '\u0301',
    '\u200b',
    '\u200d',
    '\ufe0f',
    '\u20e3',
    '\u00ad',
    '\ud83d',
  ],
  ...[
    '日',
    '本',
    '한',
    '\u1100',
    '\u1161',
    'ｱ',
    'ﾞ',
    '😀',
    '👩‍💻',
    '👍🏽',
    '❤️',
    '1️⃣',
    '🇩🇪',
    '©',
    '✔',
    '±',
    'ä',
  ],
]
const text = fc.oneof(
  fc.array(fc.constantFrom(...NARROW, ...STYLES), { maxLength: 30 }).map(parts => parts.join('')),
  fc
    .array(fc.constantFrom(...NARROW, ...STYLES, ...ESCAPES, ...OTHER), { maxLength: 30 })
    .map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const options = fc.option(
  fc.record({ countAnsiEscapeCodes: fc.boolean(), ambiguousIsNarrow: fc.boolean() }, { requiredKeys: [] }),
  { nil: undefined },
)
const never = () => expect.fail('string-width was loaded')

test(
  'the same cells as those of string-width, whatever the text',
  () => {
    fc.assert(
      fc.property(text, options, (text, options) => {
        const late = lateWidth(() => stringWidth)
        expect(late(text, options)).toBe(stringWidth(text, options))
      }),
      TRIALS,
    )
  },
  LONGEST_TRIAL,
)

test('what the chat draws with is one cell wide beside all others of it, and loads nothing', () => {
  const late = lateWidth(never)
  for (const one of NARROW) {
    expect([one, late(one), stringWidth(one)]).toEqual([one, 1, 1])
    for (const other of NARROW)
      expect([one, other, late(one + other), stringWidth(one + other)]).toEqual([one, other, 2, 2])
  }
  expect(late('')).toBe(0)
  for (const style of STYLES) expect([style, late(`${style}› a${style}`)]).toEqual([style, 3])
})

test('string-width is loaded once, with the first text that needs it', () => {
  let loads = 0
  const late = lateWidth(() => {
    loads += 1
    return stringWidth
  })
  expect([late('plain'), loads, late('日本'), loads, late('plain'), late('한'), loads]).toEqual([
    ...[5, 0, 4, 1, 5, 2, 1],
  ])
})
