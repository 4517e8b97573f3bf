import { type Cell, textOf } from '../test/support/screen.ts'

const PALETTE = [
  '#24292f',
  '#cf222e',
  '#2da44e',
  '#b08800',
  '#4493f8',
  '#a371f7',
  '#39c5cf',
  '#c9d1d9',
  '#8b949e',
  '#ff7b72',
  '#56d364',
  '#e3b341',
  '#79c0ff',
  '#d2a8ff',
  '#76e3ea',
  '#f0f6fc',
]
const PAPER = '#0d1117'
const INK = '#e6edf3'
const CELL = { width: 8.4, height: 18 }
const MARGIN = 16

/** Draws rows of a terminal as an SVG picture: what was on the screen, in its own colours. */
export function svgOf(rows: readonly (readonly Cell[])[], title: string): string {
  const cols = Math.max(...rows.map(row => textOf(row).length))
  const height = Math.ceil(rows.length * CELL.height + 2 * MARGIN)
  const width = Math.ceil(cols * CELL.width + 2 * MARGIN)
  const drawn = rows.flatMap((row, at) =>
    spansOf(row).map(span => drawnSpan(span, MARGIN + at * CELL.height)),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>
<g shape-rendering="crispEdges" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">
${drawn.join('\n')}
</g>
</svg>
`
}

interface Span {
  column: number
  cells: number
  text: string
  looks: Cell
}

function drawnSpan(span: Span, top: number): string {
  const { looks } = span
  const color = (looks.color === undefined ? undefined : PALETTE[looks.color]) ?? INK
  if (isBlock(span.text)) return drawnBlocks(span, top, color)
  const words = trimmed(span)
  const style = [
    `fill="${looks.inverse ? PAPER : color}"`,
    looks.bold ? 'font-weight="bold"' : '',
    looks.dim ? 'opacity="0.65"' : '',
    looks.underline ? 'text-decoration="underline"' : '',
  ].filter(Boolean)
  const behind = `<rect x="${placed(span).x}" y="${top}" width="${placed(span).width}" height="${CELL.height}" fill="${color}"/>`
  const { x, width } = placed(words)
  const letters = `<text x="${x}" y="${top + 13}" textLength="${width}" ${style.join(' ')}>${escaped(words.text)}</text>`
  return looks.inverse ? behind + letters : letters
}

function spansOf(row: readonly Cell[]): Span[] {
  const spans: Span[] = []
  for (const [column, cell] of row.entries()) {
    if (cell.width === 0) continue
    const last = spans.at(-1)
    // Renderers disagree about several blanks in a row.
    const gap = cell.text === ' ' && last?.text.endsWith(' ') && !cell.inverse
    if (last && !gap && same(last.looks, cell) && isBlock(last.text) === isBlock(cell.text)) {
      last.text += cell.text
      last.cells += cell.width
    } else spans.push({ column, cells: cell.width, text: cell.text, looks: cell })
  }
  return spans.filter(span => span.text.trim() !== '' || span.looks.inverse)
}

function placed({ column, cells }: Pick<Span, 'column' | 'cells'>): { x: string; width: string } {
  return { x: (MARGIN + column * CELL.width).toFixed(1), width: (cells * CELL.width).toFixed(1) }
}

/** Letters of a font leave gaps between rows, through which no camera could read a QR code: blocks are drawn as what they are. */
function isBlock(text: string): boolean {
  return /^[█▀▄]+$/.test(text)
}

function drawnBlocks({ column, text }: Span, top: number, color: string): string {
  const half = CELL.height / 2
  return Array.from(text.matchAll(/█+|▀+|▄+/g), ({ 0: run, index }) => {
    const x = (MARGIN + (column + index) * CELL.width).toFixed(1)
    const y = run.startsWith('▄') ? top + half : top
    const height = run.startsWith('█') ? CELL.height : half
    return `<rect x="${x}" y="${y}" width="${(run.length * CELL.width).toFixed(1)}" height="${height}" fill="${color}"/>`
  }).join('')
}

/** Blanks at an end would only stretch the letters. */
function trimmed(span: Span): Span {
  const text = span.text.trim()
  const before = span.text.length - span.text.trimStart().length
  return { ...span, text, column: span.column + before, cells: span.cells - (span.text.length - text.length) }
}

function same(a: Cell, b: Cell): boolean {
  return (
    a.color === b.color &&
    a.bold === b.bold &&
    a.dim === b.dim &&
    a.underline === b.underline &&
    a.inverse === b.inverse
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
