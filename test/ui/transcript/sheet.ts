import { openHighlighter } from '../../../src/ui/transcript/highlighter.ts'
import { type Line, plain } from '../../../src/ui/transcript/line.ts'
import { openMarkdown } from '../../../src/ui/transcript/markdown.ts'
import type { Sheet } from '../../../src/ui/transcript/sheet.ts'

/** A window of so many columns, in a terminal with links or without. */
export function sheetOf(columns = 80, links = false): Sheet {
  return { columns: () => columns, links, highlighter: openHighlighter() }
}

/** The lines of a whole text of Markdown. */
export function readAll(source: string, sheet = sheetOf()): Line[] {
  const markdown = openMarkdown(sheet)
  for (const text of source.split('\n')) markdown.feed(text)
  markdown.end()
  return markdown.take()
}

/** The same as plain text. */
export function shown(source: string, sheet = sheetOf()): string[] {
  return readAll(source, sheet).map(plain)
}
