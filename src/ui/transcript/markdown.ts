import { inline } from './inline.ts'
import { type Line, line, untab } from './line.ts'
import { type Layout, layRow, layTable } from './table.ts'

/** Rows of a table that are waited for before its columns are fixed. */
const TABLE_ROWS = 12

/** Reads Markdown line by line, so that every line can be printed for good as soon as it is complete. */
export interface Markdown {
  /** Takes one complete source line; returns what can be printed. */
  feed(source: string): Line[]
  /** How the source that is not printed yet looks: held rows of a table, and an incomplete line. */
  preview(partial: string): Line[]
  /** The source lines that are held back. */
  held(): readonly string[]
  /** Forgets what is held back. */
  drop(): void
  /** Returns what was held back; nothing comes after this. */
  end(): Line[]
}

interface State {
  /** The marker that closes the open code block. */
  fence?: string
  /** The open table: rows not printed yet, and its columns once they are fixed. */
  rows: string[]
  layout?: Layout
  /** Inside a list deep indentation is nesting, elsewhere it is code. */
  list: boolean
  /** Empty lines that are printed only when something follows. */
  blanks: number
}

export function openMarkdown(): Markdown {
  const state: State = { rows: [], list: false, blanks: 0 }
  let started = false

  function spaced(lines: Line[]): Line[] {
    if (lines.length === 0) return lines
    const before = started ? Array.from({ length: state.blanks }, () => line('')) : []
    started = true
    state.blanks = 0
    return [...before, ...lines]
  }

  function table(): Line[] {
    const rows = state.rows
    state.rows = []
    if (rows.length === 0) return []
    const laid = layTable(rows)
    if (laid === undefined) return spaced(rows.map(row => inline(row)))
    state.layout = laid.layout
    return spaced(laid.lines)
  }

  return {
    feed(source) {
      const text = untab(source).trimEnd()
      if (state.fence === undefined && /^\s*\|/.test(text)) {
        if (state.layout !== undefined) return spaced([layRow(text, state.layout)])
        state.rows.push(text)
        return state.rows.length < TABLE_ROWS ? [] : table()
      }
      const before = table()
      state.layout = undefined
      if (text === '') {
        state.blanks = state.fence === undefined ? 1 : state.blanks + 1
        return before
      }
      return [...before, ...spaced([block(text, state)])]
    },
    preview(partial) {
      const text = untab(partial)
      const rows = state.rows.map(row => line(row))
      const last = text === '' ? [] : [block(text, { ...state })]
      const gap = started && state.blanks > 0 && rows.length + last.length > 0 ? [line('')] : []
      return [...gap, ...rows, ...last]
    },
    held: () => state.rows,
    drop() {
      state.rows = []
    },
    end: table,
  }
}

function block(text: string, state: State): Line {
  if (state.fence !== undefined) {
    if (closes(text, state.fence)) {
      state.fence = undefined
      return line(text, 'dim')
    }
    return line(text)
  }
  const fence = /^\s*(`{3,}|~{3,})([^`]*)$/.exec(text)
  if (fence?.[1] !== undefined) {
    state.fence = fence[1]
    return line(text, 'dim')
  }
  const item = /^(\s*)(?:[-*+]|(\d{1,9}[.)]))\s+(?:\[([ xX])\]\s+)?(.*)$/.exec(text)
  if (item !== null && !/^\s*([-*_])(\s*\1){2,}$/.test(text)) {
    state.list = true
    const [, indent = '', number, task, rest = ''] = item
    const mark = number ?? (task === undefined ? '•' : task === ' ' ? '☐' : '☑')
    return [{ text: `${indent}${mark} ` }, ...inline(rest)]
  }
  if (!state.list && /^ {4}/.test(text)) return line(text)
  if (/^\S/.test(text)) state.list = false
  const heading = /^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?$/.exec(text)
  if (heading?.[1] !== undefined) return inline(heading[1], 'strong')
  const quote = /^(\s*)>\s?(.*)$/.exec(text)
  if (quote !== null) return [{ text: `${quote[1] ?? ''}│ `, styles: ['dim'] }, ...inline(quote[2] ?? '')]
  if (/^\s*([-*_])(\s*\1){2,}$/.test(text)) return line('───', 'dim')
  const lead = /^\s*/.exec(text)?.[0] ?? ''
  return [{ text: lead }, ...inline(text.slice(lead.length))]
}

function closes(text: string, fence: string): boolean {
  const mark = text.trim()
  return mark.length >= fence.length && mark === fence.charAt(0).repeat(mark.length)
}
