import { dress, type Palette, type Style } from '../palette.ts'
import { cells, graphemes, steady } from '../width.ts'
import type { Address } from './link.ts'

/** A piece of clean text of one look. */
export interface Span {
  text: string
  styles?: readonly Style[]
  /** Where it leads: an address that was judged, see `link.ts`. */
  link?: Address
}

/** One row of the transcript before the terminal wraps it: no line feeds, no tabs, no control characters. */
export type Line = readonly Span[]

const TAB = 4
/** Longest line that is printed whole, in characters; the renderer lays out a grid as wide as the longest one. */
const LONGEST = 8000

/** A line of one look. */
export function line(text: string, ...styles: Style[]): Line {
  return [{ text, styles }]
}

/** The text alone. */
export function plain(spans: Line): string {
  return spans.map(span => span.text).join('')
}

/** Width in terminal cells. */
export function width(spans: Line): number {
  return cells(plain(spans))
}

/** The line as it is written to the terminal. */
export function paint(spans: Line, colours: Palette): string {
  let out = ''
  let link: Address | undefined
  for (const span of spans) {
    if (span.link !== link) out += hyperlink(span.link)
    link = span.link
    out += dress(span.text, span.styles ?? [], colours)
  }
  return link === undefined ? out : out + hyperlink(undefined)
}

/** OSC 8: what follows leads there, or nowhere. */
function hyperlink(address: Address | undefined): string {
  return `\u001b]8;;${address ?? ''}\u001b\\`
}

/** Tabs as spaces: the renderer counts cells, and a tab has no fixed number of them. */
export function untab(text: string): string {
  if (!text.includes('\t')) return text
  const [first = '', ...more] = text.split('\t')
  let at = cells(first)
  const out = [first]
  for (const part of more) {
    const gap = TAB - (at % TAB)
    out.push(' '.repeat(gap), part)
    at += gap + cells(part)
  }
  return out.join('')
}

/** Cuts a line that is too long to be laid out at once; the pieces are printed one below the other. */
export function chop(spans: Line): Line[] {
  if (plain(spans).length <= LONGEST) return [spans]
  const lines: Span[][] = [[]]
  let room = LONGEST
  for (const span of spans) {
    let rest = span.text
    while (rest.length > room) {
      const cut = wholeAt(rest, room)
      lines.at(-1)?.push({ ...span, text: rest.slice(0, cut) })
      rest = rest.slice(cut)
      lines.push([])
      room = LONGEST
    }
    lines.at(-1)?.push({ ...span, text: rest })
    room -= rest.length
  }
  return lines
}

/** Breaks a line into rows of at most `size` cells, between words where that is possible. */
export function wrap(spans: Line, size: number): Line[] {
  const rows: Span[][] = [[]]
  let used = 0
  for (const span of spans) {
    for (const word of steady(span.text).match(/\s+|\S+/gu) ?? []) {
      if (used > 0 && used + cells(word) > size) {
        rows.push([])
        used = 0
        if (/^\s/u.test(word)) continue
      }
      for (const piece of pieces(word, size)) {
        if (used + cells(piece) > size) {
          rows.push([])
          used = 0
        }
        rows.at(-1)?.push({ ...span, text: piece })
        used += cells(piece)
      }
    }
  }
  return rows
}

/** One row of at most `size` cells; what does not fit is replaced by `…`. */
export function truncate(spans: Line, size: number): Line {
  const whole = spans.map(span => ({ ...span, text: steady(span.text) }))
  if (width(whole) <= size) return whole
  const row: Span[] = []
  let room = size - 1
  for (const span of whole) {
    let text = ''
    for (const grapheme of graphemes(span.text)) {
      room -= cells(grapheme)
      if (room < 0) return [...row, { ...span, text: `${text}…` }]
      text += grapheme
    }
    row.push({ ...span, text })
  }
  return row
}

function pieces(word: string, size: number): string[] {
  if (cells(word) <= size) return [word]
  const out = ['']
  let used = 0
  for (const grapheme of graphemes(word)) {
    const more = cells(grapheme)
    if (out.at(-1) !== '' && used + more > size) {
      out.push('')
      used = 0
    }
    out[out.length - 1] += grapheme
    used += more
  }
  return out
}

function wholeAt(text: string, at: number): number {
  const code = text.charCodeAt(at - 1)
  return at > 1 && code >= 0xd800 && code <= 0xdbff ? at - 1 : at
}
