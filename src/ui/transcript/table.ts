import { Lexer, type Tokens } from 'marked'
import { cells as cellsOf } from '../width.ts'
import { flow } from './flow.ts'
import { isProse, spansOf } from './inline.ts'
import { type Line, line, type Span, width } from './line.ts'
import { unitsOf } from './units.ts'

/** How the rows of a table are laid out, once that is settled. */
export interface Layout {
  /** The two source lines that make the rest a table. */
  head: readonly string[]
  titles: readonly Cell[]
  /** Widths of the columns in cells; undefined where they do not fit beside each other: rows are lists then. */
  widths?: readonly number[]
  /** Rows may be higher than one line, so an empty one stands between them. */
  apart: boolean
  room: number
  links: boolean
}

/** A cell: several lines where the source has `<br>`. */
interface Cell {
  lines: readonly Line[]
  side: 'left' | 'right' | 'center'
}

const GAP = 2
/** A column that has more to say is at least so wide. */
const NARROWEST = 16

/** Lays out the lines of a table in `room` cells; undefined if they are none. */
export function layTable(
  source: readonly string[],
  room: number,
  links: boolean,
): { layout: Layout; lines: Line[] } | undefined {
  const table = lex(source)
  if (table === undefined) return undefined
  const [titles = [], ...body] = [table.header, ...table.rows].map(row =>
    row.map((cell, at) => content(cell, at, table, links)),
  )
  const columns = titles.map((_, at) => [titles, ...body].flatMap(row => row[at] ?? []))
  const natural = columns.map(cells => largest(cells.flatMap(cell => cell.lines.map(width))))
  const least = columns.map(cells => largest(cells.flatMap(longestWords)))
  const widths = widthsWithin(natural, least, room)
  const apart = widths === undefined || widths.some((size, at) => size < (natural[at] ?? 0))
  const layout = { head: source.slice(0, 2), titles, widths, apart, room, links }
  const rows = body.flatMap((row, at) => [...(apart && at > 0 ? [line('')] : []), ...lay(row, layout)])
  return { layout, lines: [...headOf(layout, body.length === 0), ...rows] }
}

/** One more row below a table whose layout is settled. */
export function layRow(source: string, layout: Layout): Line[] {
  const table = lex([...layout.head, source])
  const row = table?.rows[0]
  if (table === undefined || row === undefined) return [line(source)]
  const cells = row.map((cell, at) => content(cell, at, table, layout.links))
  return [...(layout.apart ? [line('')] : []), ...lay(cells, layout)]
}

/** A row that is too much to be read makes no table: reading takes the time of the square, and the stack. */
function lex(source: readonly string[]): Tokens.Table | undefined {
  if (!source.every(isProse)) return undefined
  const first = Lexer.lex(source.join('\n'))[0]
  return first?.type === 'table' ? (first as Tokens.Table) : undefined
}

function content(cell: Tokens.TableCell, at: number, table: Tokens.Table, links: boolean): Cell {
  const lines: Span[][] = [[]]
  for (const span of spansOf(cell.tokens, cell.header ? ['strong'] : [], links)) {
    if (/^<br\s*\/?>$/i.test(span.text)) lines.push([])
    else lines.at(-1)?.push(span)
  }
  return { lines, side: table.align[at] ?? 'left' }
}

function longestWords({ lines }: Cell): number[] {
  return lines.map(spans => {
    const text = spans.map(span => span.text).join('')
    return largest(text.split(/\s+/).flatMap(unitsOf).map(cellsOf))
  })
}

/** At least 1. A cell may have more words than a function takes arguments. */
function largest(sizes: readonly number[]): number {
  return sizes.reduce((most, size) => Math.max(most, size), 1)
}

/** Widths in which no word is broken: what is left over goes to the columns that are narrowest yet and want more. */
function widthsWithin(
  natural: readonly number[],
  least: readonly number[],
  room: number,
): number[] | undefined {
  const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, (sizes.length - 1) * GAP)
  if (sum(natural) <= room) return [...natural]
  const at = (level: number) =>
    natural.map((size, column) => Math.max(least[column] ?? 1, Math.min(size, level)))
  let level = NARROWEST
  if (sum(at(level)) > room) return undefined
  while (sum(at(level + 1)) <= room) level += 1
  return at(level)
}

function headOf(layout: Layout, alone: boolean): Line[] {
  const { titles, widths, room } = layout
  if (widths !== undefined) {
    const rule = widths.map(size => '─'.repeat(size)).join(' '.repeat(GAP))
    return [...lay(titles, layout), line(rule, 'dim')]
  }
  if (!alone) return []
  const words = titles.flatMap(({ lines }) => [...lines.flat(), { text: ' ' }])
  return flow({ lead: [], hang: 0, words }, room)
}

function lay(row: readonly Cell[], layout: Layout): Line[] {
  const { widths } = layout
  if (widths === undefined) return record(row, layout)
  const cells = row.map(({ lines, side }, at) => {
    const size = widths[at] ?? 1
    return { side, size, rows: lines.flatMap(words => flow({ lead: [], hang: 0, words }, size)) }
  })
  // A row that came later may have a word that its column has no room for.
  if (cells.some(({ rows, size }) => rows.some(spans => width(spans) > size))) return record(row, layout)
  const height = largest(cells.map(({ rows }) => rows.length))
  return Array.from({ length: height }, (_, at) =>
    cells.flatMap(({ rows, side, size }, column): Span[] => {
      const spans = rows[at] ?? []
      const free = Math.max(0, size - width(spans))
      const before = side === 'right' ? free : side === 'center' ? Math.floor(free / 2) : 0
      const after = column === cells.length - 1 ? 0 : free - before + GAP
      return [...space(before), ...spans, ...space(after)]
    }),
  )
}

/** A row as a list of its cells, each with the title of its column. */
function record(row: readonly Cell[], { titles, room }: Layout): Line[] {
  const lines = row.flatMap(({ lines }, at) => {
    const words = lines.flatMap((spans, index) => (index === 0 ? spans : [{ text: ' ' }, ...spans]))
    const title = (titles[at]?.lines ?? []).flat()
    const lead: Line = title.length === 0 ? [] : [...title, { text: ': ' }]
    return width(words) === 0 ? [] : flow({ lead: [], hang: 2, words: [...lead, ...words] }, room)
  })
  return lines.length === 0 ? [line('')] : lines
}

function space(size: number): Span[] {
  return size > 0 ? [{ text: ' '.repeat(size) }] : []
}
