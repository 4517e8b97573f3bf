import { cells } from '../width.ts'
import type { Line, Span } from './line.ts'
import { UNSPACED, unitsOf } from './units.ts'

/** Rows of prose are no longer than this, however wide the window is: they are easier to read, and stay whole if it shrinks. */
const WIDEST = 100
const NARROWEST = 8

/** Cells of a row of prose in a window of so many columns. The last one stays free: not all terminals agree about it. */
export function proseWidth(columns: number): number {
  return Math.max(NARROWEST, Math.min(WIDEST, columns - 1))
}

/** What is laid out: the first row begins with `lead`, the others with `hang` spaces. */
export interface Flow {
  lead: Line
  hang: number
  words: Line
}

/** A row, and which span of the words its first word begins. */
interface Row {
  line: Span[]
  first?: Span
}

/**
 * Rows of at most `width` cells, broken between words. These are line feeds for the terminal, so only prose is laid out
 * like this, never code. A word that is wider stays whole, since it may be an address: the terminal breaks it.
 */
export function flow(prose: Flow, width: number): Line[] {
  return flowRows(prose, width).map(row => row.line)
}

/** The same, with the span that each row begins with: whoever cuts the words into spans finds the place again. */
export function flowRows({ lead, hang, words }: Flow, width: number): Row[] {
  const indent = Math.min(hang, Math.floor(width / 2))
  const rows: Row[] = [{ line: [...lead] }]
  let used = lead.reduce((sum, span) => sum + cells(span.text), 0)
  let empty = true
  let gap: Span[] = []
  for (const word of wordsOf(words)) {
    if (word.space) {
      gap = word.spans
      continue
    }
    const room = gap.reduce((sum, span) => sum + cells(span.text), 0)
    if (!empty && used + room + word.cells > width) {
      rows.push({ line: indent > 0 ? [{ text: ' '.repeat(indent) }] : [], first: word.spans[0] })
      used = indent + word.cells
    } else {
      append(rows, gap)
      used += room + word.cells
    }
    append(rows, word.spans)
    gap = []
    empty = false
  }
  return rows
}

function append(rows: readonly Row[], spans: readonly Span[]): void {
  const line = rows.at(-1)?.line
  for (const span of spans) {
    const last = line?.at(-1)
    if (line !== undefined && last !== undefined && last.styles === span.styles && last.link === span.link)
      line[line.length - 1] = { ...last, text: last.text + span.text }
    else line?.push(span)
  }
}

interface Word {
  spans: Span[]
  cells: number
  space: boolean
}

/** Words and the spaces between them. A word may change its look in the middle. */
function wordsOf(line: Line): Word[] {
  const words: Word[] = []
  for (const span of line) {
    for (const [at, text] of unitsOf(span.text).entries()) {
      const space = /^\s/.test(text)
      const last = words.at(-1)
      const piece = text === span.text ? span : { ...span, text }
      if (at === 0 && last !== undefined && last.space === space && (space || !UNSPACED.test(text))) {
        last.spans.push(piece)
        last.cells += cells(text)
      } else words.push({ spans: [piece], cells: cells(text), space })
    }
  }
  return words
}
