import stringWidth from 'string-width'
import { cleanBlock } from '../text.ts'

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const ASCII = /^[ -~]*$/
/** Characters that are two cells wide everywhere: most of Chinese and Japanese text. */
const WIDE = /^[\u3001-\u3003\u3008-\u3011\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uff01-\uff5e]*$/

/** The width of text in terminal cells. The one measure of this program: Ink lays out by the same. */
export function cells(text: string): number {
  if (ASCII.test(text)) return text.length
  return WIDE.test(text) ? text.length * 2 : stringWidth(text)
}

/** What a person takes for single characters, in order. */
export function graphemes(text: string): string[] {
  return ASCII.test(text) ? text.split('') : Array.from(segmenter.segment(text), part => part.segment)
}

/** The start of the character that ends at or surrounds `at` from the left; 0 at the start. */
export function graphemeBefore(text: string, at: number): number {
  return at <= 0 ? 0 : (segmenter.segment(text).containing(at - 1)?.index ?? 0)
}

/** The end of the character that starts at or surrounds `at`; the end of the text at its end. */
export function graphemeAfter(text: string, at: number): number {
  const part = segmenter.segment(text).containing(at)
  return part ? part.index + part.segment.length : text.length
}

/**
 * Text for rows that are drawn again and again, less what terminals disagree about in width: variation selectors,
 * keycap marks, skin tones and the joiners of emoji. A row that is wider than Ink believes leaves a copy of itself.
 */
export function steady(text: string): string {
  if (ASCII.test(text)) return text
  return text
    .replaceAll(/[\ufe0e\ufe0f\u20e3]|[\u{1f3fb}-\u{1f3ff}]/gu, '')
    .replaceAll(/(?<=\p{Extended_Pictographic})\u200d/gu, '')
}

/**
 * How one character of the person's own text is drawn in the live region. Control and invisible characters get a
 * visible sign, since they are part of what will be sent.
 */
export function visible(grapheme: string): string {
  if (grapheme.length === 1) {
    const code = grapheme.charCodeAt(0)
    if (code >= 0x20 && code < 0x7f) return grapheme
    if (code === 0x09) return '    '
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    if (code === 0x7f) return '\u2421'
    if (code < 0xa0) return '\ufffd'
  }
  const shown = cleanBlock(steady(grapheme)).replaceAll(/\s/gu, ' ')
  if (shown === '') return '\u00b7'
  return cells(shown) === 0 ? `\u25cc${shown}` : shown
}

/** One line cut to a width in cells, keeping its end: of a host name the end is what counts. */
export function keepEnd(text: string, width: number): string {
  if (cells(text) <= width) return text
  let kept = ''
  for (const part of graphemes(text).reverse()) {
    if (cells(part + kept) >= width) break
    kept = part + kept
  }
  return `…${kept}`
}

/** Rows of texts as lines whose columns stand below each other. */
export function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map(row => cells(row[at] ?? '')))) ?? []
  return rows.map(row =>
    row
      .map((text, at) => padCells(text, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** The text with spaces behind it, up to so many cells. */
export function padCells(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)))
}
