import type { IBufferCell, Terminal } from '@xterm/headless'

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
const CELL = { width: 8.4, height: 18 }
const MARGIN = 16

/** Draws the first rows of a terminal as an SVG picture: what was on the screen, in its own colours. */
export function svgOf(terminal: Terminal, height: number, title: string): string {
  const pixels = Math.ceil(height * CELL.height + 2 * MARGIN)
  const width = Math.ceil(terminal.cols * CELL.width + 2 * MARGIN)
  const rows: string[] = []
  for (let row = 0; row < height; row++) {
    const y = MARGIN + row * CELL.height + 13
    for (const span of spansOf(terminal, row)) {
      const style = [
        `fill="${span.color}"`,
        span.bold ? 'font-weight="bold"' : '',
        span.dim ? 'opacity="0.65"' : '',
        span.underline ? 'text-decoration="underline"' : '',
      ].filter(Boolean)
      const x = (MARGIN + span.column * CELL.width).toFixed(1)
      const length = (span.cells * CELL.width).toFixed(1)
      rows.push(
        `<text x="${x}" y="${y}" textLength="${length}" ${style.join(' ')}>${escaped(span.text)}</text>`,
      )
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${pixels}" viewBox="0 0 ${width} ${pixels}" role="img">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">
${rows.join('\n')}
</g>
</svg>
`
}

interface Span {
  column: number
  cells: number
  text: string
  color: string
  bold: boolean
  dim: boolean
  underline: boolean
}

function spansOf(terminal: Terminal, row: number): Span[] {
  const line = terminal.buffer.active.getLine(row)
  const spans: Span[] = []
  for (let column = 0; line && column < terminal.cols; column++) {
    const cell = line.getCell(column)
    if (!cell || cell.getWidth() === 0) continue
    const text = cell.getChars() || ' '
    const next = { ...looks(cell), column, cells: cell.getWidth(), text }
    const last = spans.at(-1)
    if (last && same(last, next)) {
      last.text += text
      last.cells += next.cells
    } else spans.push(next)
  }
  return spans.filter(span => span.text.trim() !== '').map(trimmed)
}

/** Blanks at an end would only stretch the letters. */
function trimmed(span: Span): Span {
  const text = span.text.trim()
  const before = span.text.length - span.text.trimStart().length
  return { ...span, text, column: span.column + before, cells: span.cells - (span.text.length - text.length) }
}

function looks(cell: IBufferCell): Pick<Span, 'color' | 'bold' | 'dim' | 'underline'> {
  const color = cell.isFgPalette() ? PALETTE[cell.getFgColor()] : undefined
  return {
    color: color ?? '#e6edf3',
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    underline: cell.isUnderline() !== 0,
  }
}

function same(a: Span, b: Span): boolean {
  return a.color === b.color && a.bold === b.bold && a.dim === b.dim && a.underline === b.underline
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
