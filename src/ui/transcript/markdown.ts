import { cells } from '../width.ts'
import { type Code, openCode } from './code.ts'
import { flow, proseWidth } from './flow.ts'
import { inline } from './inline.ts'
import { type Line, line, plain, type Span, untab } from './line.ts'
import { type Prose, proseOf } from './prose.ts'
import { openRows } from './rows.ts'
import { LONGEST_SETTLED, settle } from './settle.ts'
import type { Sheet } from './sheet.ts'

/** Reads Markdown line by line, so that every line can be printed for good as soon as it is complete. */
export interface Markdown {
  /** Takes one complete source line, or with `goesOn` the beginning of one. */
  feed(source: string, goesOn?: boolean): void
  /** Prints of an incomplete line what is certain; returns for how many of its characters that stands. */
  settle(partial: string): number
  /** Takes what can be printed. */
  take(): Line[]
  /** How the source that is not printed yet looks: what is held back, and an incomplete line. */
  preview(partial: string): Line[]
  /** How many source lines are held back: rows of a table, code that waits for its colours. */
  held(): number
  /** Forgets what is held back. */
  drop(): void
  /** What was held back can be taken now; nothing comes after this. */
  end(): void
}

/** How much code of a reply is coloured, in characters: the rest is plain. */
const COLOURED = 200_000
/** So much code is coloured at once, in characters, so that no reading takes long. */
const PIECE = 4000
/** Quotes within quotes, as far as they can be told apart. */
const DEEPEST = 5

// Both look at a run of one character once: not again from each place within it.
const FENCE = /^\s*(`{3,}|~{3,}(?!~))([^`]*)$/
const CLOSING = /(?:^|(?<!\s)\s+)#+$/
const QUOTE = /^( *)> ?/

export function openMarkdown(sheet: Sheet, depth = 0, allowance = { left: COLOURED }): Markdown {
  let out: Line[] = []
  let started = false
  /** Empty lines that are printed only when something follows. */
  let blanks = 0
  let code: { block: Code; fence: string; size: number } | undefined
  let quote: { inside: Markdown; bar: Span; goesOn: boolean } | undefined
  /** The line that goes on. */
  let begun: Prose | undefined
  /** Inside a list deep indentation is nesting, elsewhere it is code. */
  let list = false

  const room = () => Math.max(1, sheet.columns() - 1)
  const roomOfProse = () => Math.min(room(), proseWidth(sheet.columns()))

  const table = openRows(room, sheet.links, body => laidOut({ lead: [], hang: 0, styles: [], body, at: 0 }))

  function emit(lines: readonly Line[]): void {
    if (lines.length === 0) return
    if (started) for (let blank = 0; blank < blanks; blank += 1) out.push(line(''))
    started = true
    blanks = 0
    for (const each of lines) out.push(each)
  }

  function takeCode(now: boolean): void {
    if (code === undefined) return
    const { lines, coloured } = code.block.take(allowance.left, now)
    allowance.left -= coloured
    code.size = 0
    emit(lines)
  }

  function takeQuote(): void {
    const bar = quote?.bar
    if (quote !== undefined && bar !== undefined) emit(quote.inside.take().map(spans => [bar, ...spans]))
  }

  function closeQuote(): void {
    quote?.inside.end()
    takeQuote()
    quote = undefined
  }

  function laidOut({ lead, hang, styles, body, heading }: Prose): Line[] {
    const text = heading ? body.replace(CLOSING, '') : body
    if (text.trim() === '' && plain(lead).trim() === '') return []
    return flow({ lead, hang, words: inline(text, styles, sheet.links) }, roomOfProse())
  }

  function previewOf(text: string): Line {
    if (code !== undefined || (begun === undefined && FENCE.test(text))) return line(text)
    const prose = begun === undefined ? proseOf(text, list, roomOfProse()) : { ...begun, body: text }
    return prose.whole ?? [...prose.lead, ...inline(prose.body, prose.styles, sheet.links)]
  }

  function feedCode(text: string, open: NonNullable<typeof code>): void {
    if (!closes(text, open.fence)) {
      open.block.add(text)
      open.size += text.length + 1
      if (open.size > PIECE) takeCode(false)
      return
    }
    takeCode(true)
    code = undefined
    emit([line(text, 'dim')])
  }

  /** The text of a quoted line, for the Markdown within the quote. */
  function quoted(text: string): { quote: NonNullable<typeof quote>; text: string; at: number } | undefined {
    if (quote?.goesOn) return { quote, text, at: 0 }
    const mark = depth < DEEPEST ? QUOTE.exec(text) : null
    if (mark === null) return undefined
    const indent = (mark[1] ?? '').slice(0, 8)
    const narrower = { ...sheet, columns: () => sheet.columns() - cells(indent) - 2 }
    quote ??= {
      inside: openMarkdown(narrower, depth + 1, allowance),
      bar: { text: `${indent}│ `, styles: ['dim'] },
      goesOn: false,
    }
    return { quote, text: text.slice(mark[0].length), at: mark[0].length }
  }

  function feedBlock(text: string, goesOn: boolean): void {
    if (text === '') {
      blanks = 1
      return
    }
    const fence = FENCE.exec(text)
    if (fence?.[1] !== undefined && !goesOn) {
      emit([line(text, 'dim')])
      code = { block: openCode(fence[2] ?? '', sheet.highlighter), fence: fence[1], size: 0 }
      return
    }
    const prose = proseOf(text, list, roomOfProse())
    list = prose.list ?? list
    emit(prose.whole === undefined ? laidOut(prose) : [prose.whole])
    if (goesOn) begun = restOf(prose)
  }

  return {
    feed(source, goesOn = false) {
      const text = goesOn ? untab(source) : untab(source).trimEnd()
      if (code !== undefined) return feedCode(text, code)
      if (begun !== undefined) {
        emit(laidOut({ ...begun, body: text.trimStart() }))
        if (!goesOn) begun = undefined
        return
      }
      const within = quoted(text)
      if (within === undefined) closeQuote()
      if (within === undefined && /^\s*\|/.test(text) && !goesOn) {
        return emit(table.add(text))
      }
      emit(table.close())
      if (within === undefined) return feedBlock(text, goesOn)
      within.quote.inside.feed(within.text, goesOn)
      within.quote.goesOn = goesOn
    },
    settle(partial) {
      if (code !== undefined || partial.length > LONGEST_SETTLED) return 0
      if (partial.length < roomOfProse() / 2 || /\t|^\s*(\||```|~~~)/.test(partial)) return 0
      if (begun === undefined && table.held().length > 0) return 0
      const within = begun === undefined ? quoted(partial) : undefined
      if (within !== undefined) {
        const taken = within.quote.inside.settle(within.text)
        if (taken === 0) return 0
        within.quote.goesOn = true
        return within.at + taken
      }
      const prose =
        begun === undefined ? proseOf(partial, list, roomOfProse()) : { ...begun, body: partial, at: 0 }
      if (prose.whole !== undefined) return 0
      const { rows: lines, taken } = settle(prose.body, prose, roomOfProse(), prose.styles, sheet.links)
      if (taken === 0) return 0
      closeQuote()
      emit(table.close())
      list = prose.list ?? list
      emit(lines)
      begun = restOf(prose)
      return prose.at + taken
    },
    take() {
      takeCode(false)
      takeQuote()
      const lines = out
      out = []
      return lines
    },
    preview(partial) {
      const text = untab(partial)
      const lines = [...(code?.block.waiting() ?? []), ...table.held()].map(source => line(source))
      const within = begun === undefined && code === undefined ? quoted(text) : undefined
      if (quote !== undefined) {
        const { inside, bar } = quote
        lines.push(...inside.preview(within?.text ?? '').map(spans => [bar, ...spans]))
      }
      if (text !== '' && within === undefined) lines.push(previewOf(text))
      const gap = started && blanks > 0 && lines.length > 0 ? [line('')] : []
      return [...gap, ...lines]
    },
    held: () => (code?.block.waiting().length ?? 0) + table.held().length + (quote?.inside.held() ?? 0),
    drop() {
      code?.block.drop()
      table.drop()
      quote?.inside.drop()
    },
    end() {
      takeCode(true)
      emit(table.close())
      closeQuote()
    },
  }
}

/** What follows within the same line begins where its first row began, without its mark. */
function restOf({ hang, styles, heading }: Prose): Prose {
  return { lead: hang > 0 ? [{ text: ' '.repeat(hang) }] : [], hang, styles, heading, body: '', at: 0 }
}

function closes(text: string, fence: string): boolean {
  const mark = text.trim()
  return mark.length >= fence.length && mark === fence.charAt(0).repeat(mark.length)
}
