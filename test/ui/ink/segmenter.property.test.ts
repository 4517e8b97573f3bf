import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { LateSegmenter } from '../../../src/ui/ink/segmenter.ts'
import { LONGEST_TRIAL, TRIALS } from '../../support/trials.ts'

/** What it cuts by itself, and what changes where a character ends. */
const OWN = [...Array.from({ length: 127 }, (_, code) => String.fromCharCode(code)), ...'·›…•─│╭╮╰╯✓✗']
const OTHER = [
  ...['\r', '\r\n', '\u007f', '\u0085', '\u00a0', '\u0301', '\u0308', '\u200b', '\u200d', '\ufe0e', '\ufe0f'],
  ...['\u20e3', '\u0e33', '\u0903', '\u0600', '\u0d4e', '\u1100', '\u1161', '\u11a8', '가', '한', 'क्ष', '日'],
  ...['😀', '👩‍💻', '👍🏽', '❤️', '🇩🇪', '🇩', '\ud83d', '\ude00', '\u{e0020}', '©', '✔', 'é', 'ß', '\u2028'],
]
const own = fc.string({ unit: fc.constantFrom(...OWN), maxLength: 30 })
const text = fc.oneof(
  own,
  fc.array(fc.constantFrom(...OWN, ...OTHER), { maxLength: 30 }).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const options = fc.constantFrom(undefined, {}, { granularity: 'grapheme' }, { granularity: 'word' } as const)
const index = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.double())

/** All that a segmenter says about a text, and about these indices. */
function said(segmenter: Pick<LateSegmenter, 'segment'>, text: string, indices: readonly number[]) {
  const segments = segmenter.segment(text)
  return {
    all: [...segments],
    again: [...segments].length,
    first: segments.containing(),
    containing: indices.map(at => segments.containing(at)),
  }
}

test(
  'the same characters and words as those of Intl.Segmenter, wherever one looks',
  () => {
    fc.assert(
      fc.property(text, options, fc.array(index, { maxLength: 5 }), (text, options, odd) => {
        const indices = [...Array.from(text, (_, at) => at), text.length, ...odd]
        expect(said(new LateSegmenter('en', options), text, indices)).toEqual(
          said(new Intl.Segmenter('en', options), text, indices),
        )
      }),
      TRIALS,
    )
  },
  LONGEST_TRIAL,
)

test('what it cuts by itself is a character of its own beside all others of them, and nothing else is', () => {
  const real = new Intl.Segmenter()
  const late = new LateSegmenter()
  const asked = vi.spyOn(Intl.Segmenter.prototype, 'segment')
  const isOwn = (character: string) => {
    asked.mockClear()
    late.segment(character)
    return asked.mock.calls.length === 0
  }
  const single = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(isOwn)
  asked.mockRestore()
  expect(single.toSorted()).toEqual(OWN.filter(character => character !== '\r').toSorted())
  const joined = single.flatMap(one =>
    single.filter(other => [...real.segment(one + other)].length !== 2).map(other => one + other),
  )
  expect(joined).toEqual([])
})
