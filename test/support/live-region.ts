import { expect } from 'vitest'
import type { TestTerminal } from './terminal.ts'

/** The rows of the window from the title of the panel on, or from the composer on where there is no panel. */
export function liveRegion(chat: TestTerminal): string[] {
  return rowsOf(chat).map(row => row.text)
}

/**
 * What holds for every screen: the live region leaves a row of the window free, and the terminal had to wrap none of its rows.
 */
export function keepsBounds(chat: TestTerminal, name: string): void {
  const rows = rowsOf(chat)
  expect(rows.length, name).toBeGreaterThan(0)
  expect(rows.length, name).toBeLessThan(chat.terminal.rows)
  expect(
    rows.filter(row => row.wrapped).map(row => row.text),
    name,
  ).toEqual([])
}

function rowsOf({ terminal }: TestTerminal): { text: string; wrapped: boolean }[] {
  const { active } = terminal.buffer
  const rows = Array.from({ length: terminal.rows }, (_, at) => {
    const row = active.getLine(active.viewportY + at)
    return { text: row?.translateToString(true).trimEnd() ?? '', wrapped: row?.isWrapped === true }
  })
  const title = rows.findLastIndex(row => row.text.startsWith('── '))
  const top = title < 0 ? rows.findLastIndex(row => row.text.startsWith('›')) : title
  return top < 0 ? [] : rows.slice(top, rows.findLastIndex(row => row.text !== '') + 1)
}
