import { nameBlobs } from './blob.ts'
import type { Line } from './line.ts'
import { type Layout, layRow, layTable } from './table.ts'

/** The rows of a table as they come: the first are held back until the columns are settled. */
export interface Rows {
  /** Takes a source line that begins with a bar. */
  add(source: string): Line[]
  held(): readonly string[]
  drop(): void
  /** The table is over: the lines of what is held back. */
  close(): Line[]
}

/** Rows that are waited for. */
const MOST = 12

/** `room`: cells beside each other. `otherwise` lays out lines with bars that are no table. */
export function openRows(room: () => number, links: boolean, otherwise: (source: string) => Line[]): Rows {
  let rows: string[] = []
  let layout: Layout | undefined

  function lay(): Line[] {
    const held = rows
    rows = []
    if (held.length === 0) return []
    const laid = layTable(held, room(), links)
    layout = laid?.layout
    return laid?.lines ?? held.flatMap(otherwise)
  }

  return {
    add(given) {
      const source = nameBlobs(given)
      if (layout !== undefined) return layRow(source, layout)
      rows.push(source)
      return rows.length < MOST ? [] : lay()
    },
    held: () => rows,
    drop() {
      rows = []
    },
    close() {
      const lines = lay()
      layout = undefined
      return lines
    },
  }
}
