import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { palette } from '../../../src/ui/palette.ts'
import { type Line, paint, plain, width } from '../../../src/ui/transcript/line.ts'
import { openReply } from '../../../src/ui/transcript/reply.ts'
import type { Sheet } from '../../../src/ui/transcript/sheet.ts'
import { UNSPACED } from '../../../src/ui/transcript/units.ts'
import { uncleanIn } from '../../support/headless.ts'
import { TRIALS } from '../../support/trials.ts'
import { sheetOf } from './sheet.ts'

fc.configureGlobal(TRIALS)

const colours = palette({})
const ready = sheetOf()
await ready.highlighter.load()

const escapes = fc.constantFrom(
  '\u001b[2J',
  '\u001b[31m',
  '\u001b]0;title\u0007',
  '\u001b]8;;https://evil.example\u001b\\',
  '\u001bP1$r\u001b\\',
  '\u009b3J',
  '\u009d52;c;aGk=\u009c',
  '\u202e',
  '\u200b',
  '\r',
  '\u0008',
  '\ud83d',
  '\u{e0041}',
)

/** The text of a reply: blocks of all kinds with words that are there once each, and things to trip over. */
function markdown(): fc.Arbitrary<{ text: string; words: string[] }> {
  const block = fc.record({ kind: fc.nat(), size: fc.nat(30), evil: escapes })
  return fc.array(block, { maxLength: 12 }).map(blocks => {
    const words: string[] = []
    const word = () => {
      words.push(`w${String(words.length).padStart(4, '0')}`)
      return words.at(-1) ?? ''
    }
    const prose = (many: number) => Array.from({ length: many + 1 }, word).join(' ')
    const kinds: ((size: number, evil: string) => string)[] = [
      size => prose(size * 3),
      size => `- ${prose(size)}\n${size}. [x] ${prose(size)}`,
      size => `${' '.repeat(size * 2)}- ${prose(size)}`,
      size => `> ${prose(size)}\n${'> '.repeat(size)}${prose(size)}`,
      size => `${'#'.repeat((size % 6) + 1)} ${prose(size)} #`,
      size =>
        `\`\`\`${['ts', '', 'diff', 'none'][size % 4]}\n${prose(size)}\n\n\t${prose(size)}${size % 5 === 0 ? '' : '\n```'}`,
      size =>
        `| a | b |\n|--:|---|\n${Array.from({ length: size }, () => `| ${word()} | ${prose(size % 7)} |`).join('\n')}`,
      size =>
        `**${prose(size)}** *${word()} \`${prose(size)}\` ~~${word()}~~ [${prose(3)}](https://example.com/${size}) _${word()} [${word()}`,
      (size, evil) => `${prose(size)}${evil}${word()}${evil} ${prose(size)}`,
      size => `${word()}${'x'.repeat(size * 20)} ${word()}`,
    ]
    const text = blocks.map(({ kind, size, evil }) => kinds[kind % kinds.length]?.(size, evil) ?? '')
    return { text: text.join('\n\n'), words }
  })
}

/** Cuts a text at any place, also between the halves of a character. */
function cut(text: string, cuts: readonly number[]): string[] {
  const places = cuts.map(at => (text.length === 0 ? 0 : at % text.length)).toSorted((a, b) => a - b)
  return [...places, text.length].map((at, index) => text.slice(places[index - 1] ?? 0, at))
}

function stream(deltas: readonly string[], sheet: Sheet, full?: string): Line[] {
  const reply = openReply('1', sheet)
  const lines: Line[] = []
  for (const [at, delta] of deltas.entries()) {
    reply.push(delta)
    reply.tail(1500)
    if (at % 3 > 0) lines.push(...reply.take())
  }
  return [...lines, ...reply.end(full)]
}

const sheet = fc
  .record({ columns: fc.integer({ min: 20, max: 200 }), links: fc.boolean() })
  .map(({ columns, links }): Sheet => ({ columns: () => columns, links, highlighter: ready.highlighter }))
const cuts = fc.array(fc.nat(), { maxLength: 60 })
const wordsIn = (lines: readonly Line[]) =>
  lines
    .map(plain)
    .join('\n')
    .match(/w\d{4}/g) ?? []

function expectClean(lines: readonly Line[]): void {
  for (const line of lines) expect(uncleanIn(paint(line, colours))).toBeUndefined()
}

describe('Markdown, cut into deltas anywhere', () => {
  test('nothing is lost or repeated, the order is kept, nothing dangerous gets out', () => {
    fc.assert(
      fc.property(markdown(), cuts, sheet, fc.boolean(), ({ text, words }, places, sheet, whole) => {
        const lines = stream(cut(text, places), sheet, whole ? text : undefined)
        expect(wordsIn(lines)).toEqual(words)
        expectClean(lines)
      }),
    )
  })
  test('looks the same as if it had come at once', () => {
    fc.assert(
      fc.property(markdown(), cuts, sheet, ({ text }, places, sheet) => {
        expect(stream(cut(text, places), sheet).map(plain)).toEqual(stream([text], sheet).map(plain))
      }),
    )
  })
  test('no line of prose is wider than the window, unless it is one word', () => {
    fc.assert(
      fc.property(markdown(), cuts, sheet, ({ text }, places, sheet) => {
        const source = text.replaceAll(/^(```|~~~|\t| {4}).*$/gm, '')
        for (const line of stream(cut(source, places), sheet)) {
          const words = plain(line).trim().split(/\s+/)
          if (words.length > 1) expect(width(line)).toBeLessThan(sheet.columns())
        }
      }),
    )
  })
  test('in a window that changes its size all the time nothing is lost either', () => {
    fc.assert(
      fc.property(
        markdown(),
        cuts,
        fc.array(fc.integer({ min: 10, max: 200 }), { minLength: 1 }),
        ({ text, words }, places, sizes) => {
          let at = 0
          const columns = () => {
            at += 1
            return sizes[at % sizes.length] ?? 80
          }
          const lines = stream(cut(text, places), { ...ready, columns })
          expect(wordsIn(lines)).toEqual(words)
        },
      ),
    )
  })
  test('deltas that were lost: what is missing comes at the end', () => {
    fc.assert(
      fc.property(markdown(), cuts, fc.nat(), sheet, ({ text, words }, places, lost, sheet) => {
        const deltas = cut(text, places)
        const kept = deltas.filter((_, at) => at !== lost % deltas.length)
        // Halves of two words may look like another one.
        const seen = new Set(wordsIn(stream(kept, sheet, text)))
        expect(words.filter(word => !seen.has(word))).toEqual([])
      }),
    )
  })
})

describe('any text at all', () => {
  const soup = fc
    .array(
      fc.oneof(
        escapes,
        fc.constantFrom(
          '\u001b',
          '*',
          '**',
          '_',
          '`',
          '```',
          '~~',
          '[',
          '](',
          ')',
          '![',
          '<',
          '>',
          '> ',
          '\n',
          '\n\n',
          ' ',
          '  ',
          '# ',
          '- ',
          '1. ',
          '|',
          '|---|',
          '\\',
          '&amp;',
          '://',
          'https://a.example',
          'javascript:',
          'www.',
          '@',
          'word',
          'word word',
          '漢字',
          'ไทย',
          '👩‍👩‍👧',
          'é',
          '\t',
        ),
        fc.string({ unit: 'binary', maxLength: 5 }),
      ),
      { maxLength: 120 },
    )
    .map(parts => parts.join(''))

  test('is printed, and nothing dangerous gets out', () => {
    fc.assert(
      fc.property(soup, cuts, sheet, fc.boolean(), (text, places, sheet, whole) => {
        expectClean(stream(cut(text, places), sheet, whole ? text : undefined))
      }),
    )
  })
  test('looks the same as if it had come at once', () => {
    fc.assert(
      fc.property(soup, cuts, sheet, (text, places, sheet) => {
        const [streamed, whole] = [stream(cut(text, places), sheet), stream([text], sheet)].map(lines =>
          lines.map(plain),
        )
        // Where scripts without spaces have a word's end may depend on what comes next; a quote has a bar for each row.
        if (UNSPACED.test(text))
          expect(streamed?.join('').replaceAll(/[\s│]/g, '')).toBe(whole?.join('').replaceAll(/[\s│]/g, ''))
        else expect(streamed).toEqual(whole)
      }),
    )
  })
})
