import { describe, expect, test } from 'vitest'
import { palette } from '../../../src/ui/palette.ts'
import { chop, line, paint, plain, truncate, untab, width, wrap } from '../../../src/ui/transcript/line.ts'

const texts = (lines: readonly Parameters<typeof plain>[0][]) => lines.map(plain)

describe('wrap', () => {
  test.each([
    ['nothing', '', 10, ['']],
    ['what fits', 'one two', 10, ['one two']],
    ['between words', 'one two three', 8, ['one two ', 'three']],
    ['a word that is too long', 'abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['wide characters', '漢字漢字', 5, ['漢字', '漢字']],
    ['indentation', '    code here', 20, ['    code here']],
    ['one column', 'ab', 1, ['a', 'b']],
  ])('%s', (_, text, size, rows) => {
    expect(texts(wrap(line(text), size))).toEqual(rows)
  })

  test('keeps looks', () => {
    expect(wrap([{ text: 'one ' }, { text: 'two', styles: ['strong'] }], 4)).toEqual([
      [{ text: 'one' }, { text: ' ' }],
      [{ text: 'two', styles: ['strong'] }],
    ])
  })
})

describe('truncate', () => {
  test.each([
    ['fits', 'abc', 3, 'abc'],
    ['is cut', 'abcdef', 4, 'abc…'],
    ['wide characters', '漢字漢字', 4, '漢…'],
    ['joined emoji become steady', '👩‍👩‍👧', 10, '👩👩👧'],
  ])('%s', (_, text, size, shown) => {
    const row = truncate(line(text), size)
    expect(plain(row)).toBe(shown)
    expect(width(row)).toBeLessThanOrEqual(size)
  })
})

test('tabs become spaces up to the next stop', () => {
  expect(untab('\tx\tyyyy\tz')).toBe('    x   yyyy    z')
})

test('very long lines are printed in pieces, and nothing is lost or cut in half', () => {
  const text = `${'x'.repeat(7999)}😀${'y'.repeat(20_000)}`
  const pieces = texts(chop(line(text)))
  expect(pieces.length).toBeGreaterThan(2)
  expect(pieces.join('')).toBe(text)
  for (const piece of pieces) expect(piece.isWellFormed()).toBe(true)
})

test('NO_COLOR leaves weights, a dumb terminal has no colours either', () => {
  const spans = [{ text: 'a', styles: ['accent', 'strong'] as const }]
  expect(paint(spans, palette({}))).toContain('\u001b[36m')
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    expect(paint(spans, palette(env))).not.toMatch(/\u001b\[3\dm/)
  }
})
