import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskSecrets } from '../src/mask.ts'
import { BlockCleaner, clean, cleanBlock, shellWord, visible } from '../src/text.ts'
import { SOON } from './support/patience.ts'
import { TRIALS } from './support/trials.ts'

/** No control character (C0, DEL, C1), lone surrogate, separator of lines, and nothing without a glyph but joiners and variants of emoji. */
const FORBIDDEN =
  /[[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\ufff9-\ufffb\p{Cs}\p{Default_Ignorable_Code_Point}]--[\u200c\u200d\ufe0e\ufe0f]]/v

const PIECES = [
  ...[
    '\u001b',
    '\u001b[',
    '\u001b]',
    '\u001bP',
    '\u001b_',
    '\u001b\\',
    '\u0007',
    '\u009b',
    '\u009d',
    '\u009c',
  ],
  ...[
    '52;c;YQ==',
    '31m',
    '2J',
    '?1049h',
    '8;;https://evil.example',
    '\u0018',
    '\u001a',
    '\u001b(B',
    '\u001b c',
  ],
  ...[
    '\ud83d',
    '\ude00',
    '😀',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u200d',
    '\u200c',
    '\u{e0041}',
    '\u{e0fff}',
    '\u034f',
    '\ufe00',
    '\ufe0f',
    '\ufff0',
    '\ufeff',
  ],
  ...[
    '\n',
    '\r',
    '\r\n',
    '\t',
    '\u0085',
    '\u2028',
    ' ',
    '\u00a0',
    '\u3000',
    'e\u0301',
    '日本',
    'نص',
    'plain text',
    '\u0000',
  ],
]

const text = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 8 })), {
      maxLength: 30,
    })
    .map(parts => parts.join('')),
  fc.constantFrom('\u001b]', '\u001bP', '\u009f').map(start => `${start}${'x'.repeat(5000)}\u001b[2Jend`),
)

test('clean: one line, of bounded length, with nothing that moves, hides or reorders; cleaning twice changes nothing', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 300 }), (dirty, max) => {
      const line = clean(dirty, max)
      expect(line).not.toMatch(FORBIDDEN)
      expect(line).not.toMatch(/\p{Default_Ignorable_Code_Point}|[\n\t]|^\s|\s\s/u)
      expect(Array.from(line).length).toBeLessThanOrEqual(max)
      expect(clean(line, max)).toBe(line)
    }),
    TRIALS,
  )
})

test('visible: nothing that cannot be seen is left but in emoji, and a second time changes nothing', () => {
  fc.assert(
    fc.property(text, dirty => {
      const seen = visible(dirty)
      const bare = seen.replaceAll(
        /(?<=[\p{Extended_Pictographic}--\p{C}])\ufe0f|(?<=[\p{Extended_Pictographic}--\p{C}][\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d(?=[\p{Extended_Pictographic}--\p{C}])/gv,
        '',
      )
      expect(bare).not.toMatch(/[[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\n\t]]/v)
      expect(visible(seen)).toBe(seen)
      expect(cleanBlock(seen)).toBe(seen)
    }),
    TRIALS,
  )
})

test('cleanBlock: line feeds and tabs stay, cleaning twice changes nothing, nothing gets longer', () => {
  fc.assert(
    fc.property(text, dirty => {
      const block = cleanBlock(dirty)
      expect(block).not.toMatch(FORBIDDEN)
      expect(block.length).toBeLessThanOrEqual(dirty.length)
      expect(cleanBlock(block)).toBe(block)
    }),
    TRIALS,
  )
})

test('BlockCleaner: where the text was cut makes no difference', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), (dirty, places) => {
      const at = [...places.map(place => place % (dirty.length + 1)), dirty.length].toSorted((a, b) => a - b)
      const cleaner = new BlockCleaner()
      const pieces = at.map((end, index) => cleaner.push(dirty.slice(at[index - 1] ?? 0, end)))
      for (const piece of pieces) expect(piece).not.toMatch(FORBIDDEN)
      expect(pieces.join('')).toBe(cleanBlock(dirty))
    }),
    TRIALS,
  )
})

test('shellWord: one word that no shell takes for anything else', () => {
  fc.assert(
    fc.property(text, dirty => {
      const word = shellWord(clean(dirty))
      if (word === '<name>') return
      expect(word).toMatch(/^(?:[\w.+:/][\w@.+:/-]*|"[^-"$`\\!%][^"$`\\!%]*")$/)
    }),
    TRIALS,
  )
})

test('maskSecrets: a token is masked between any texts, and nothing long takes long', () => {
  const tokens = [
    'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N',
    'ghp_0123456789abcdefABCDEF0123456789abcd',
    '3f2Ac19e0b7d48aa9c1e5d6f7a8b9c0d1e2f3a4b',
  ]
  fc.assert(
    fc.property(text, text, fc.constantFrom(...tokens), fc.nat(2000), (before, after, token, more) => {
      const masked = maskSecrets(`${before} ${token} ${after}`)
      expect(masked).not.toContain(token.slice(8, 30))
      maskSecrets(`${before}${'://a:'.repeat(more)}${'token='.repeat(more)}${after}`)
    }),
    TRIALS,
  )
  const began = performance.now()
  maskSecrets('://a:'.repeat(100_000) + 'token='.repeat(100_000))
  expect(performance.now() - began).toBeLessThan(SOON)
})
