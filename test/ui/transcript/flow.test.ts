import { describe, expect, test } from 'vitest'
import { flow, proseWidth } from '../../../src/ui/transcript/flow.ts'
import { line, plain } from '../../../src/ui/transcript/line.ts'
import { unitsOf } from '../../../src/ui/transcript/units.ts'

const rows = (text: string, width: number, hang = 0, lead = '') =>
  flow({ lead: lead === '' ? [] : line(lead), hang, words: line(text) }, width).map(plain)

describe('prose is broken between words', () => {
  test.each([
    ['what fits', 'one two', 10, ['one two']],
    ['to the last cell', 'one two three', 7, ['one two', 'three']],
    ['spaces at a break go, others stay', 'one  two   three', 8, ['one  two', 'three']],
    [
      'a word that is too long stays whole',
      'see https://example.com/a/long/path now',
      12,
      ['see', 'https://example.com/a/long/path', 'now'],
    ],
    ['wide characters', '漢字かな交じり文。', 8, ['漢字かな', '交じり', '文。']],
    ['a mark does not begin a row', '漢字、漢字', 4, ['漢', '字、', '漢字']],
    ['words without spaces that need a dictionary', 'ภาษาไทยไม่มี', 8, ['ภาษาไทย', 'ไม่มี']],
    ['nothing', '', 8, ['']],
  ])('%s', (_, text, width, expected) => expect(rows(text, width)).toEqual(expected))

  test('rows hang below the first, but never by more than half of the room', () => {
    expect(rows('one two three', 8, 2, '• ')).toEqual(['• one', '  two', '  three'])
    expect(rows('one two', 8, 20, '')).toEqual(['one two'])
    expect(rows('one two three', 8, 20)).toEqual(['one two', '    three'])
  })

  test('a word that changes its look in the middle is one word', () => {
    const words = [{ text: 'an ' }, { text: 'import', styles: ['strong'] as const }, { text: 'ant, word' }]
    expect(flow({ lead: [], hang: 0, words }, 10).map(plain)).toEqual(['an', 'important,', 'word'])
  })
})

test('the width of prose', () => {
  expect([200, 80, 40, 3].map(proseWidth)).toEqual([100, 79, 39, 8])
})

test.each(['foo bar-baz', '（注）本', 'foo漢字bar。', 'ภาษาไทย, ok', '  two  spaces ', '👩‍👩‍👧 é'])(
  'units are the whole text: %s',
  text => expect(unitsOf(text).join('')).toBe(text),
)
