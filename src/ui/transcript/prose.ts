import type { Style } from '../palette.ts'
import { cells } from '../width.ts'
import { type Line, line, type Span } from './line.ts'

/** A line of Markdown, less its mark. */
export interface Prose {
  /** What stands before the first row. */
  lead: Span[]
  /** Cells that the other rows are indented by. */
  hang: number
  styles: readonly Style[]
  /** The rest of the source, and where it begins there. */
  body: string
  at: number
  /** It may end in marks as well. */
  heading?: boolean
  /** There is nothing to lay out. */
  whole?: Line
  /** Whether a list goes on behind this line; absent where that stays as it is. */
  list?: boolean
}

const ITEM = /^(\s*)(?:[-*+]|(\d{1,9}[.)]))\s+(?:\[([ xX])\]\s+)?/
const RULE = /^\s*([-*_])(\s*\1){2,}$/
const HEADING = /^ {0,3}(#{1,6})\s+/

/** Tells items, headings, rules and indented code from paragraphs. `list`: the line may belong to a list. */
export function proseOf(text: string, list: boolean, room: number): Prose {
  const none = { lead: [], hang: 0, styles: [], body: '', at: 0 }
  if (RULE.test(text)) return { ...none, whole: line('───', 'dim') }
  const item = ITEM.exec(text)
  if (item !== null) {
    const [mark, indent = '', number, task] = item
    const sign = `${bounded(indent, room)}${number ?? (task === undefined ? '•' : task === ' ' ? '☐' : '☑')} `
    const body = text.slice(mark.length)
    const hang = Math.min(cells(sign), Math.floor(room / 2))
    return { lead: [{ text: sign }], hang, styles: [], body, at: mark.length, list: true }
  }
  const spaces = /^\s*/.exec(text)?.[0] ?? ''
  if (!list && spaces.length >= 4) return { ...none, whole: line(text) }
  const heading = HEADING.exec(text)
  if (heading !== null) {
    const styles: Style[] = heading[1] === '#' ? ['strong', 'underlined'] : ['strong']
    return {
      ...none,
      styles,
      body: text.slice(heading[0].length),
      at: heading[0].length,
      heading: true,
      list: false,
    }
  }
  const lead = bounded(spaces, room)
  return {
    lead: lead === '' ? [] : [{ text: lead }],
    hang: lead.length,
    styles: [],
    body: text.slice(spaces.length),
    at: spaces.length,
    ...(spaces === '' ? { list: false } : {}),
  }
}

/** However deep something is nested, half of the window is left for it. */
function bounded(indent: string, room: number): string {
  return indent.slice(0, Math.floor(room / 2))
}
