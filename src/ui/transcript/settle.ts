import { Lexer } from 'marked'
import type { Style } from '../palette.ts'
import { cells } from '../width.ts'
import { type Flow, flowRows } from './flow.ts'
import { spansOf } from './inline.ts'
import type { Line, Span } from './line.ts'
import { unitsOf } from './units.ts'

/** What is looked at of an unfinished line, in characters. */
export const LONGEST_SETTLED = 2000

/** Marks that may be closed later: none is left once these harmless uses are taken out. */
const HARMLESS = /(?<=\w)_(?=\w)|(?<=^|\s)[*_~<](?=\s)|<(?=[\d=-])|\[[^[\]]*\](?=[\s.,;:!?)])|\](?=\s)/g
/** A character reference counts too: what it stands for is shorter. */
const OPEN = /[*_~`[\]<]|\\$|&(?=[#\w])/

/** Rows of an unfinished line that no later text can change, and for how many characters of the source they stand. */
export interface Settled {
  rows: Line[]
  taken: number
}

/**
 * Prints a long paragraph row by row while it comes. A row is final when what follows it has begun, and no mark is open
 * that could change the look of what stands before it.
 */
export function settle(
  source: string,
  { lead, hang }: Omit<Flow, 'words'>,
  width: number,
  styles: readonly Style[],
  links: boolean,
): Settled {
  const nothing = { rows: [], taken: 0 }
  if (cells(source) <= width - hang || source.length > LONGEST_SETTLED || source.includes('data:'))
    return nothing
  const words: Span[] = []
  /** Where in the source a row may begin. */
  const starts = new Map<Span, number>()
  let at = 0
  let broken = false
  const tokens = Lexer.lexInline(source)
  reading: for (const [index, token] of tokens.entries()) {
    if (token.type === 'html') break
    if (token.type !== 'text' && index === tokens.length - 1) break
    const text = token.type === 'text' && !('tokens' in token && token.tokens !== undefined)
    const spans = (text ? [{ text: token.raw, styles }] : spansOf([token], styles, links)).flatMap(span =>
      unitsOf(span.text).map(unit => ({ ...span, text: unit })),
    )
    const safe = text ? token.raw.replace(HARMLESS, harmless => 'x'.repeat(harmless.length)) : ''
    let offset = 0
    for (const span of spans) {
      if (text && OPEN.test(safe.slice(offset, offset + span.text.length))) break reading
      const space = /^\s/.test(span.text)
      if (!space && (broken || (text && offset > 0))) starts.set(span, at + offset)
      broken = text && space
      words.push(span)
      offset += span.text.length
    }
    at += token.raw.length
  }
  const rows = flowRows({ lead, hang, words }, width)
  const last = rows.findLastIndex(({ first }) => first !== undefined && starts.has(first))
  const first = rows[last]?.first
  if (last < 1 || first === undefined) return nothing
  return { rows: rows.slice(0, last).map(row => row.line), taken: starts.get(first) ?? 0 }
}
