import type { WebUrl } from '../../auth/types.ts'
import type { Style } from '../palette.ts'
import { type Line, line, truncate, width as widthOf, wrap } from '../transcript/line.ts'
import { cells } from '../width.ts'

/** One row of a panel. Where room is short, rows of the lowest rank go first. */
export interface Row {
  rank: number
  line: Line
  /** The whole row is a link to this address. */
  link?: WebUrl
  /** Goes on from the row above. */
  more?: boolean
}

/** A panel's place in the queue and its room. */
export interface PanelSize {
  index: number
  total: number
  width: number
  maxRows: number
}

/** Below this many columns a panel says everything in fewer words. */
const NARROW = 50
const GAP = '   '

/** The title, with the place in the queue where there is one: `── Sign in to billing ── 1 of 2`. */
export function titleRow(title: string, index: number, total: number, width: number): Row {
  const place = total > 1 ? ` ── ${index} of ${total}` : ''
  const [text] = truncate(line(title), width - 3 - cells(place))
  return {
    rank: 9,
    line: [
      { text: '── ', styles: ['accent'] },
      { text: text?.text ?? '', styles: ['strong'] },
      { text: place, styles: ['dim'] },
    ],
  }
}

/** Words that are wrapped; at most `most` rows, the last of them cut. */
export function prose(rank: number, text: string, width: number, most = 3, ...styles: Style[]): Row[] {
  const rows = wrap(line(text, ...styles), width)
  const kept = rows.slice(0, most)
  if (rows.length > most) kept[most - 1] = truncate(rows.slice(most - 1).flat(), width)
  return kept.map((each, at) => ({ rank, line: each, more: at > 0 }))
}

/** True where a panel says everything in fewer words. */
export function isNarrow(width: number): boolean {
  return width < NARROW
}

/** Columns of the names of fields, the gap behind them included. */
export function labelWidth(width: number): number {
  return isNarrow(width) ? 8 : 14
}

/** A name and its value; the value is wrapped beside the name, which leaves it half of the room at least. */
export function field(rank: number, label: string, value: string, width: number, most = 1): Row[] {
  const name = truncate(line(label, 'dim'), Math.floor(width / 2))
  const column = Math.max(Math.min(labelWidth(width), Math.floor(width / 2)), widthOf(name) + 1)
  return prose(rank, value, width - column, most).map((row, at) => {
    const head = at === 0 ? name : []
    return { ...row, line: [...head, { text: ' '.repeat(column - widthOf(head)) }, ...row.line] }
  })
}

export function blank(rank = 1): Row {
  return { rank, line: [] }
}

/** The keys of a panel, `key what it does`, as many in a row as fit; `note` comes last and is no key. */
export function keyRows(
  keys: readonly (readonly [key: string, text: string])[],
  width: number,
  note = '',
): Row[] {
  const groups: Line[] = keys.map(([key, text]) => [{ text: key, styles: ['strong'] }, { text: ` ${text}` }])
  if (note) groups.push([{ text: note, styles: ['dim'] }])
  const rows: { line: Line; used: number }[] = []
  for (const group of groups) {
    const size = group.reduce((sum, span) => sum + cells(span.text), 0)
    const row = rows.at(-1)
    if (row && row.used + GAP.length + size <= width) {
      row.line = [...row.line, { text: GAP }, ...group]
      row.used += GAP.length + size
    } else {
      rows.push({ line: truncate(group, width), used: size })
    }
  }
  return rows.map(row => ({ rank: 9, line: row.line }))
}

/** The rows that fit: the least important go, the last of equals first. A sentence that has lost its end ends in `…`. */
export function fitRows(rows: readonly Row[], most: number, width: number): Row[] {
  const kept = [...rows]
  while (kept.length > Math.max(0, most)) {
    const lowest = Math.min(...kept.map(row => row.rank))
    kept.splice(
      kept.findLastIndex(row => row.rank === lowest),
      1,
    )
  }
  return kept.map(row => {
    const next = rows[rows.indexOf(row) + 1]
    const whole = next?.more !== true || kept.includes(next)
    if (whole) return row
    const words = row.line.at(-1)?.text.trim() === '' ? row.line.slice(0, -1) : row.line
    return { ...row, line: truncate([...words, { text: ' …' }], width) }
  })
}
