import { cells } from '../width.ts'
import { isDiff, linesOf } from './diff.ts'
import { flow, proseWidth } from './flow.ts'
import { type Line, line, untab } from './line.ts'

/** The left column of a row, with the gap behind it. */
const LEFT = /^\s*\S+(?:\s\S+)*\s{2,}(?=\S)/u
/** What goes on below a row that has no room for its columns. */
const HANG = 4

/** A list of ours, one entry in each line, broken between words where the window is too narrow; a diff is never broken. */
export function listed(text: string, columns: number, diff = false): Line[] {
  if (diff || isDiff(text)) return linesOf(text, true)
  return text.split('\n').flatMap(source => rowsOf(untab(source), proseWidth(columns)))
}

function rowsOf(source: string, width: number): Line[] {
  if (cells(source) <= width) return [line(source)]
  const left = (LEFT.exec(source) ?? /^\s+/u.exec(source))?.[0] ?? ''
  const hang = cells(left)
  const words = line(source.slice(left.length))
  if (hang <= width / 2) return flow({ lead: left === '' ? [] : line(left), hang, words }, width)
  const below = flow({ lead: line(' '.repeat(HANG)), hang: HANG, words }, width)
  return left.trim() === '' ? below : [line(left.trimEnd()), ...below]
}
