import type { IBufferCell, Terminal } from '@xterm/headless'

/** One cell of a terminal: what is in it, and how it looks. A wide character has a cell of width 0 behind it. */
export interface Cell {
  text: string
  width: number
  /** Of the terminal's sixteen colours; absent: the terminal's own. */
  color?: number
  bold: boolean
  dim: boolean
  underline: boolean
  inverse: boolean
}

/** The rows of the window from its top, less the empty ones at the end, with the values that vary replaced. */
export function screenOf({ buffer: { active }, rows, cols }: Terminal): Cell[][] {
  const lines: Cell[][] = []
  // A line that the terminal wrapped is one, also where it begins above the window.
  for (let at = 0; at < active.viewportY + rows; at += 1) {
    const row = active.getLine(at)
    const cells = Array.from({ length: cols }, (_, x) => cellOf(row?.getCell(x)))
    if (row?.isWrapped) lines.at(-1)?.push(...cells)
    else lines.push(cells)
  }
  const all = lines.flatMap(line => {
    settle(line)
    return Array.from({ length: line.length / cols }, (_, at) => line.slice(at * cols, (at + 1) * cols))
  })
  const screen = all.slice(active.viewportY)
  return screen.slice(0, screen.findLastIndex(row => textOf(row) !== '') + 1)
}

/** What is written in a row. */
export function textOf(row: readonly Cell[]): string {
  return row
    .map(cell => cell.text)
    .join('')
    .trimEnd()
}

/**
 * The same with its looks: `[bold cyan:text]`. Text of the terminal's own looks stands as it is, blanks have none, and
 * one blank between two words does not part them.
 */
export function markedOf(row: readonly Cell[]): string {
  let marked = ''
  let before = ''
  for (const cell of row) {
    const looks = cell.text.trim() === '' ? '' : looksOf(cell)
    if (looks !== before && before !== '') marked += ']'
    if (looks !== before && looks !== '') marked += `[${looks}:`
    marked += cell.text
    before = looks
  }
  const closed = before === '' ? marked : `${marked}]`
  return closed.replaceAll(/(?<=\[([^:\]]*):[^\]]*)\] \[\1:/g, ' ').trimEnd()
}

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

function looksOf({ bold, dim, underline, inverse, color }: Cell): string {
  const names = { bold, dim, underline, inverse }
  return [...Object.entries(names).map(([name, on]) => on && name), color !== undefined && COLOURS[color]]
    .filter(Boolean)
    .join(' ')
}

function cellOf(cell: IBufferCell | undefined): Cell {
  return {
    text: cell?.getWidth() === 0 ? '' : cell?.getChars() || ' ',
    width: cell?.getWidth() ?? 1,
    color: cell?.isFgPalette() ? cell.getFgColor() : undefined,
    bold: (cell?.isBold() ?? 0) !== 0,
    dim: (cell?.isDim() ?? 0) !== 0,
    underline: (cell?.isUnderline() ?? 0) !== 0,
    inverse: (cell?.isInverse() ?? 0) !== 0,
  }
}

/** What differs from run to run, and what stands in its place: as wide as what it replaces, cut or filled up. */
const VALUES: readonly (readonly [RegExp, string, string])[] = [
  [/(?<=\bstate=)[\w-]+/g, 'state', '-'],
  [/(?<=\bclient_id=)[\w-]+/g, 'client', '-'],
  [/(?<=\bcode_challenge=)[\w-]+/g, 'challenge', '-'],
  [/(?<=127\.0\.0\.1(:|%3A)|ssh -L )\d+/g, '40111', '0'],
  [/\d+:\d\d(?= left)/g, '9:41', ' '],
  [/(?<!\S)\d{1,2} [A-Z][a-z]{2,3} 20\d\d/g, '3 Nov 2026', ' '],
  [/\d+(?=% context)/g, '12', ' '],
  [/[⠋⠙⠸⠴⠦⠇](?= (?:working|thinking))/g, '⠋', ' '],
  [/(?<= )\d+(?:\.\d)?s(?=$| {2}|:)/g, '0.4s', ' '],
  [/\/\S*\/copilot-host-demo-\w{6}(?=\/)/g, '/home/you/src/projects/little', '-'],
  [/(?<=resume )[0-9a-f]{7,8}\b|[0-9a-f]{7}(?= +just now)/g, '5e551095', ' '],
  [/\d+\.\d(?= s of the model)/g, '0.1', ' '],
  [/\d+(?= requests,)/g, '22', ' '],
  [/[\d.]+(?=k tokens)/g, '12', ' '],
  [/\d+(?=%\)$)/g, '9', ' '],
  [/(?<=^ {2}(?:instructions|tools|conversation) +)[\d.]+/g, '1.2', ' '],
  [/(?<=, )\d+(?= out$)/g, '880', ' '],
  [/(?<=^copilot-host )\d+\.\d+\.\d+/g, '0.1.0', ' '],
]

function settle(line: Cell[]): void {
  const text = line.map(cell => cell.text || '\0').join('')
  // A character of several code units would shift what follows: there is none beside these values.
  if (text.length !== line.length) return
  for (const [pattern, value, fill] of VALUES) {
    for (const match of text.trimEnd().matchAll(pattern)) {
      const chars = value.slice(0, match[0].length).padEnd(match[0].length, fill)
      for (const [at, char] of Array.from(chars).entries()) {
        const cell = line[match.index + at]
        if (cell !== undefined) cell.text = char
      }
    }
  }
}
