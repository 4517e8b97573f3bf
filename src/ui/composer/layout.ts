import { cells, graphemeBefore, graphemes, visible } from '../width.ts'
import { markText, type Pastes } from './pastes.ts'

/** What is laid out: a text with the pastes that its marks stand for. */
interface Draft {
  readonly text: string
  readonly caret: number
  readonly pastes: Pastes
}

/** A piece of the text that is drawn as one row. Offsets are UTF-16 units of the whole text. */
export interface Row {
  readonly start: number
  readonly end: number
  /** What is drawn: see {@link visible}. */
  readonly shown: string
  /** True if a line ends here; otherwise the caret at `end` stands in the next row. */
  readonly last: boolean
}

/** The row of the caret and its neighbours. */
export interface Surroundings {
  rows: Row[]
  /** Index in `rows` of the row with the caret. */
  index: number
  /** Cells in front of the caret. */
  column: number
}

interface Piece {
  start: number
  end: number
  last: boolean
}

/** Longer lines are laid out in pieces of this many units, so that a key in a huge line costs no more than in a short one. */
const LONGEST_PIECE = 4096

/** Lays out what is near the caret: up to `count` rows before its row and up to `count` after it. */
export function around(draft: Draft, width: number, count: number): Surroundings {
  const { text, caret } = draft
  const pieces = piecesOf(text)
  const at = pieces.findIndex(piece => holds(piece, caret))
  const rows = wrap(draft, pieces[at], width)
  let index = rows.findIndex(row => holds(row, caret))
  for (let above = at - 1; above >= 0 && index < count; above -= 1) {
    const more = wrap(draft, pieces[above], width)
    rows.unshift(...more)
    index += more.length
  }
  for (let below = at + 1; below < pieces.length && rows.length - 1 - index < count; below += 1) {
    rows.push(...wrap(draft, pieces[below], width))
  }
  const first = Math.max(0, index - count)
  const row = rows[index]
  return {
    rows: rows.slice(first, index + count + 1),
    index: index - first,
    column: row
      ? graphemes(text.slice(row.start, caret)).reduce(
          (sum, part) => sum + cells(shownAs(part, draft, width)),
          0,
        )
      : 0,
  }
}

/** The offset in a row that is nearest to a column (cells), not past it. */
export function offsetAt(draft: Draft, row: Row, column: number): number {
  let offset = row.start
  let x = 0
  for (const part of graphemes(draft.text.slice(row.start, row.end))) {
    x += cells(shownAs(part, draft))
    if (x > column || (!row.last && offset + part.length === row.end)) break
    offset += part.length
  }
  return offset
}

/** The lines of the text, without their line ends; very long ones in pieces. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  for (let start = 0; ; ) {
    const feed = text.indexOf('\n', start)
    const stop = feed < 0 ? text.length : feed
    const end = feed > start && text[feed - 1] === '\r' ? feed - 1 : stop
    while (end - start > LONGEST_PIECE) {
      const near = text.slice(start, start + LONGEST_PIECE + 64)
      const cut = start + (graphemeBefore(near, LONGEST_PIECE + 1) || LONGEST_PIECE)
      pieces.push({ start, end: cut, last: false })
      start = cut
    }
    pieces.push({ start, end, last: true })
    if (feed < 0) return pieces
    start = feed + 1
  }
}

function holds(part: { start: number; end: number; last: boolean }, caret: number): boolean {
  return caret >= part.start && (part.last ? caret <= part.end : caret < part.end)
}

/** Breaks after spaces where possible. One space may stand past the edge, in the column that is kept for the caret. */
function wrap(draft: Draft, piece: Piece | undefined, width: number): Row[] {
  if (!piece) return []
  const rows: Row[] = []
  let row: { at: number; shown: string; space: boolean }[] = []
  let x = 0
  let at = piece.start
  const finish = (count: number, last: boolean) => {
    const done = row.slice(0, count)
    row = row.slice(count)
    x = row.reduce((sum, part) => sum + cells(part.shown), 0)
    const start = done[0]?.at ?? at
    rows.push({ start, end: row[0]?.at ?? at, shown: done.map(part => part.shown).join(''), last })
  }
  for (const part of graphemes(draft.text.slice(piece.start, piece.end))) {
    const shown = shownAs(part, draft, width)
    const space = part === ' '
    const room = width + (space ? 1 : 0)
    if (x + cells(shown) > room && row.length > 0) {
      const broken = row.findLastIndex(each => each.space) + 1
      finish(broken > 0 ? broken : row.length, false)
      // What was carried over may itself fill the row (a narrow window, a wide character).
      if (x + cells(shown) > room && row.length > 0) finish(row.length, false)
    }
    row.push({ at, shown, space })
    x += cells(shown)
    at += part.length
  }
  finish(row.length, piece.last)
  return rows
}

/** A mark is cut where it is wider than a row. */
function shownAs(part: string, { pastes }: Draft, width = Number.POSITIVE_INFINITY): string {
  return markText(part, pastes)?.slice(0, width) ?? visible(part)
}
