import { diffLines, openDiff } from './diff.ts'
import type { Highlighter } from './highlighter.ts'
import { type Line, line } from './line.ts'

/** The lines of one block of code, coloured as they come: each is printed once and never looked at again. */
export interface Code {
  add(source: string): void
  /** The lines that wait for the grammars to be loaded. */
  waiting(): readonly string[]
  /** Takes the lines that can be printed; with `now` all of them. `budget`: characters that may be coloured. */
  take(budget: number, now: boolean): { lines: Line[]; coloured: number }
  drop(): void
}

/** How much of the code before a line is read again to know what the line is part of, in characters. */
const CONTEXT = 2000
/** A longer line is no code that anybody reads. */
const LONGEST = 1000
/** Lines that are held back at most until the grammars are there. */
const PATIENCE = 200

/** True if there is a block of code in a text of Markdown. */
export function hasCode(text: string): boolean {
  return /^[\t ]*(```|~~~)/m.test(text)
}

/** `info`: what stands behind the fence, of which the first word is the language. */
export function openCode(info: string, highlighter: Highlighter): Code {
  const language = /^[\w+#.-]{0,30}/.exec(info.trim())?.[0].toLowerCase() ?? ''
  const diff = language === 'diff' || language === 'patch' ? openDiff() : undefined
  let pending: string[] = []
  let context: string[] = []

  if (diff === undefined && highlighter.knows(language) === 'loading') void highlighter.load()

  function waits(now: boolean): boolean {
    return (
      !now && pending.length < PATIENCE && diff === undefined && highlighter.knows(language) === 'loading'
    )
  }

  /** Colours as many lines as go into one reading. */
  function colour(sources: readonly string[]): Line[] {
    const read = highlighter.lines(language, [...context, ...sources].join('\n'))
    const lines = read.slice(context.length).map(({ line }) => line)
    context.push(...sources)
    let from = 0
    let length = context.reduce((sum, text) => sum + text.length + 1, 0)
    while (length > CONTEXT && from < context.length) {
      length -= (context[from]?.length ?? 0) + 1
      from += 1
    }
    // A reading that begins within a comment or a string would take the rest for the opposite: where that cannot be
    // helped, the line in which it was opened comes first.
    const clean = (at: number) => read[at]?.inside === false
    const indices = context.map((_, at) => at)
    const whole = indices.find(at => at >= from && clean(at))
    const opened = indices.findLast(at => at < from && clean(at))
    if (whole !== undefined) context = context.slice(whole)
    else if (opened !== undefined) context = [context[opened] ?? '', ...context.slice(from)]
    return lines
  }

  return {
    add: source => pending.push(source),
    waiting: () => pending,
    drop() {
      pending = []
    },
    take(budget, now) {
      if (pending.length === 0 || waits(now)) return { lines: [], coloured: 0 }
      const sources = pending
      pending = []
      if (diff !== undefined) return { lines: diffLines(sources, diff), coloured: 0 }
      if (highlighter.knows(language) !== 'yes')
        return { lines: sources.map(text => line(text)), coloured: 0 }
      const lines: Line[] = []
      let coloured = 0
      for (let at = 0; at < sources.length; ) {
        const piece: string[] = []
        let size = 0
        while (at < sources.length && size < CONTEXT && (sources[at]?.length ?? 0) <= LONGEST) {
          const source = sources[at] ?? ''
          piece.push(source)
          size += source.length + 1
          at += 1
        }
        if (piece.length > 0 && coloured < budget) lines.push(...colour(piece))
        else lines.push(...piece.map(text => line(text)))
        coloured += size
        if (at < sources.length && (sources[at]?.length ?? 0) > LONGEST) {
          lines.push(line(sources[at] ?? ''))
          at += 1
        }
      }
      return { lines, coloured }
    },
  }
}
