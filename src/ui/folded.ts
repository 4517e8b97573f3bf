import type { View } from './state.ts'
import { linesOf } from './transcript/diff.ts'
import { flow, proseWidth } from './transcript/flow.ts'
import { type Line, line, untab } from './transcript/line.ts'
import { print } from './transcript/print.ts'

/** Something of which only the beginning was printed. */
export interface Folded {
  /** What it is. */
  readonly title: string
  /** All of it, cleaned. */
  readonly text: string
  /** It may be wrapped. */
  readonly prose?: boolean
}

/** How many are kept, the newest ones. */
const KEPT = 10

export function fold(view: View, folded: readonly Folded[] = []): View {
  return folded.length === 0 ? view : { ...view, folded: [...view.folded, ...folded].slice(-KEPT) }
}

/** Prints lines that may be only the beginning of something, which is kept then. */
export function printPart(view: View, kind: string, part: { lines: readonly Line[]; folded?: Folded }): View {
  return fold(print(view, kind, part.lines), part.folded && [part.folded])
}

/**
 * Ctrl+O. While something runs whose output is folded to a line, it is opened or folded again. Else what was folded last
 * is printed as a whole, then what was before it.
 */
export function unfold(view: View): View {
  if (view.reasoning !== undefined || view.tools.some(tool => tool.progress !== undefined)) {
    return { ...view, unfolded: !view.unfolded }
  }
  const folded = view.folded.at(-1)
  if (folded === undefined) return view
  const all = folded.prose ? proseOf(folded.text, view.columns) : linesOf(folded.text).map(indented)
  const lines = [line(`○ all of ${folded.title}:`, 'dim'), ...all]
  return print({ ...view, folded: view.folded.slice(0, -1) }, 'whole', lines)
}

function proseOf(text: string, columns: number): Line[] {
  const lead = [{ text: '  ' }]
  return text
    .split('\n')
    .flatMap(row => flow({ lead, hang: 2, words: line(untab(row).trim(), 'dim') }, proseWidth(columns)))
}

function indented(spans: Line): Line {
  return [{ text: '  ' }, ...spans]
}
