import { Lexer, type Tokens } from 'marked'
import { spansOf } from './inline.ts'
import { type Line, type Span, width } from './line.ts'

/** Column widths in cells, and the two source lines that make the rest a table. */
export interface Layout {
  widths: readonly number[]
  head: string
}

/** Lays out the lines of a table; undefined if they are none. */
export function layTable(source: readonly string[]): { layout: Layout; lines: Line[] } | undefined {
  const table = lex(source.join('\n'))
  if (table === undefined) return undefined
  const rows = [table.header, ...table.rows].map(cells => cells.map((cell, at) => content(cell, at, table)))
  const columns = table.header.map((_, at) => Math.max(1, ...rows.map(row => width(row[at]?.spans ?? []))))
  const [header = [], ...body] = rows.map(row => align(row, columns))
  const rule: Line = [{ text: columns.map(size => '─'.repeat(size)).join('  '), styles: ['dim'] }]
  return { layout: { widths: columns, head: source.slice(0, 2).join('\n') }, lines: [header, rule, ...body] }
}

/** One more row below a table whose columns are fixed already. */
export function layRow(source: string, { widths, head }: Layout): Line {
  const table = lex(`${head}\n${source}`)
  const cells = table?.rows[0]
  if (table === undefined || cells === undefined) return [{ text: source }]
  return align(
    cells.map((cell, at) => content(cell, at, table)),
    widths,
  )
}

interface Content {
  spans: Line
  side: 'left' | 'right' | 'center'
}

function lex(source: string): Tokens.Table | undefined {
  const first = Lexer.lex(source)[0]
  return first?.type === 'table' ? (first as Tokens.Table) : undefined
}

function content(cell: Tokens.TableCell, at: number, table: Tokens.Table): Content {
  return { spans: spansOf(cell.tokens, cell.header ? ['strong'] : []), side: table.align[at] ?? 'left' }
}

function align(row: readonly Content[], widths: readonly number[]): Line {
  return row.flatMap(({ spans, side }, at): Span[] => {
    const room = Math.max(0, (widths[at] ?? 0) - width(spans))
    const before = side === 'right' ? room : side === 'center' ? Math.floor(room / 2) : 0
    const after = at === row.length - 1 ? 0 : room - before + 2
    return [{ text: ' '.repeat(before) }, ...spans, { text: ' '.repeat(after) }]
  })
}
