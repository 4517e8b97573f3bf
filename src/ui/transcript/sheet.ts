import { type Highlighter, openHighlighter } from './highlighter.ts'
import { linksWork } from './link.ts'

/** What text is laid out for. */
export interface Sheet {
  /** Of the window, as it is now. */
  columns(): number
  /** The terminal has links (OSC 8). */
  readonly links: boolean
  readonly highlighter: Highlighter
}

export function openSheet(
  stdout: { readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Sheet {
  return { columns: () => stdout.columns ?? 80, links: linksWork(env), highlighter: openHighlighter() }
}
