import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openReply } from '../../../src/ui/plain/reply.ts'
import { TRIALS } from '../../support/trials.ts'

fc.configureGlobal(TRIALS)

function read(text: string, cuts: readonly number[] = [], full: string | undefined = text): string[] {
  const reply = openReply('1')
  const places = [0, ...cuts.map(cut => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length]
  const pieces = places.slice(1).map((end, at) => text.slice(places[at], end))
  return [...pieces.flatMap(piece => reply.push(piece)), ...reply.end(full)]
}

const LONG = 'This is a sentence that is long enough to be heard by itself, and a bit more than that.'

test('a line comes when it is whole, the last one at the end', () => {
  const reply = openReply('1')
  expect(reply.push('\n\nHello, wor')).toEqual([])
  expect(reply.push('ld.\nSecond')).toEqual(['Hello, world.'])
  expect(reply.push(' line  \n\n')).toEqual(['Second line', ''])
  expect(reply.push('Third')).toEqual([])
  expect(reply.end()).toEqual(['Third'])
})

test('a long paragraph comes in sentences, short ones stay on one line', () => {
  expect(read(`${LONG} ${LONG} Short. Short.`)).toEqual([LONG, LONG, 'Short. Short.'])
  expect(read('One. Two. Three! Four?')).toEqual(['One. Two. Three! Four?'])
  expect(read(`${'語'.repeat(90)}。${'語'.repeat(10)}。`)).toEqual([
    `${'語'.repeat(90)}。`,
    `${'語'.repeat(10)}。`,
  ])
  // What looks like an end in the middle of a word is none.
  expect(read(`${'x'.repeat(90)}.example.com/a?b and on`)).toHaveLength(1)
})

test('code and tables are never cut', () => {
  for (const text of [`    ${LONG} ${LONG}`, `| ${LONG} | ${LONG} |`, `\`\`\`sh\n${LONG} ${LONG}\n\`\`\``]) {
    expect(read(text)).toEqual(text.split('\n'))
  }
  expect(read(`\`\`\`\nx\n\`\`\`\n${LONG} ${LONG}`)).toHaveLength(5)
})

test('a line without an end is printed between words; a word is never broken', () => {
  const words = Array.from({ length: 1000 }, (_, at) => `w${at}`).join(' ')
  const lines = read(words)
  expect(lines.length).toBeGreaterThan(3)
  expect(lines.join(' ')).toBe(words)
  expect(read('x'.repeat(7000))).toEqual(['x'.repeat(7000)])
  expect(read('😀'.repeat(5000)).join('')).toBe('😀'.repeat(5000))
})

test('what comes out does not depend on where the deltas were cut, and nothing is lost', () => {
  const word = fc.constantFrom(
    'a',
    'word',
    LONG,
    '. ',
    '.',
    '? ',
    ' ',
    '  ',
    '\n',
    '```',
    '| ',
    '。',
    '    ',
    '☃',
    '\u001b[31m',
    '…”',
  )
  const texts = fc.array(word, { maxLength: 60 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 30 }), (text, cuts) => {
      const whole = read(text)
      expect(read(text, cuts)).toEqual(whole)
      expect(read(text, cuts, undefined)).toEqual(whole)
      const letters = (all: string) => all.replaceAll('\u001b[31m', '').replaceAll(/\s/g, '')
      expect(letters(whole.join(''))).toBe(letters(text))
    }),
    { numRuns: 2000 },
  )
})

test('sequences never come out, wherever they are cut', () => {
  const evil = 'a\u001b]0;owned\u0007b\r\u001b[2Jc\u009b31md\u202e\n'
  for (let cut = 0; cut < evil.length; cut++) expect(read(evil, [cut])).toEqual(['abcd'])
})

test('deltas that were lost: the whole reply comes', () => {
  const reply = openReply('1')
  reply.push('one\nthree\n')
  expect(reply.end('one\ntwo\nthree')).toEqual([
    '(parts were lost on the way; the whole reply:)',
    'one',
    'two',
    'three',
  ])
  expect(openReply('2').end('all\nat once')).toEqual(['all', 'at once'])
})

test('a reply of ten megabytes on one line, in small pieces', () => {
  for (const [first, piece] of [
    ['', 'word '.repeat(10)],
    ['', 'x'.repeat(50)],
    ['    ', 'y'.repeat(50)],
  ] as const) {
    const reply = openReply('1')
    let length = reply.push(first).length
    for (let at = 0; at < 200_000; at++) length += reply.push(piece).join(' ').length
    expect(length + reply.end().join(' ').length).toBeGreaterThan(9_900_000)
  }
})
