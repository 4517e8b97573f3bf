import { textWidth } from './composer/composer.tsx'
import { around } from './composer/layout.ts'
import { signInDrawn } from './panels/sign-in-state.ts'
import type { View } from './state.ts'
import { liveRows } from './tools.ts'

/** Rows and columns of the live region, which is always lower and narrower than the window. */
export interface Frame {
  width: number
  /** An empty row between the transcript and what follows. */
  gap: number
  /** Rows at most, for each part from top to bottom. */
  tail: number
  tools: number
  /** Columns for the calls of tools, and for all of it. */
  toolWidth: number
  queued: number
  /** The row of the questions that were put away. */
  away: number
  panel: number
  composer: number
  /** The list of files below the composer. */
  list: number
}

/** Past this a row may be wrapped by the terminal when the window gets narrower, which leaves ghosts. */
const WIDEST = 60
/**
 * While a turn runs: rows that no window of 40 columns wraps, so few that one of 8 rows holds them. Whatever becomes of the
 * window, and in whatever size a frame arrives, all of it is erased then, and no word of a reply stays behind.
 */
const STEADY = { width: 39, rows: 7, tail: 4, composer: 5 }
const STATUS = 1

/** Shares out a window of `rows` by `columns`. */
export function frameOf(view: View, rows: number, columns: number): Frame {
  const panel = view.panels.length > 0
  const streams = view.tail.lines.length > 0
  const runs = view.busy || streams
  const wide = Math.max(1, Math.min(WIDEST, columns - 1))
  const steady = Math.min(STEADY.width, wide)
  const width = runs && !panel ? steady : wide
  // With no text above them they are all that could be left behind.
  const toolWidth = streams ? width : wide
  const height = Math.max(1, rows - 1)
  const gap = height >= 8 && !underDrawing(view) ? 1 : 0
  const away = view.away.length > 0 ? 1 : 0
  const room = Math.max(1, height - gap - STATUS - away)
  const roomy = height >= 20
  const most = view.unfolded ? 12 : 5
  const tools = Math.min(
    liveRows(view, 0, toolWidth).length,
    panel ? (roomy ? 2 : 0) : roomy ? most : view.unfolded ? 5 : 2,
  )
  const queued = Math.min(
    view.queued.length + view.steering.length,
    roomy ? 3 : 1,
    Math.max(0, room - tools - 2),
  )
  // Open tool calls are set apart from what is above them.
  const left = Math.max(1, room - tools - queued - (tools > 0 ? gap : 0))
  const parts = { width, gap, tools, toolWidth, queued, away, tail: 0, panel: 0, list: 0 }
  if (panel) {
    // What was written stays in sight, in one row.
    const draft = view.editor.text === '' || left < 4 ? 0 : 1
    const composer = composing(view) ? Math.min(3, Math.max(1, left - 6)) : draft
    return { ...parts, composer, panel: Math.max(1, left - composer) }
  }
  const composer = Math.min(runs ? STEADY.composer : 8, Math.max(1, Math.floor(left / 2)))
  const list = Math.min(view.mentions.open?.items.length ?? 0, 6, left - composer)
  const written = Math.min(composer, around(view.editor, textWidth(width), composer).rows.length)
  const tail = Math.min(STEADY.tail, STEADY.rows - (height - left) - written - list, left - composer - list)
  return { ...parts, composer, list, tail: Math.max(0, tail) }
}

/** A QR code fills a window of 24 rows but for a low panel right under it. */
function underDrawing({ panels: [panel] }: View): boolean {
  return panel?.kind === 'sign-in' && signInDrawn(panel.state)
}

/** True while keys go to the composer: always, unless a panel has been left in peace long enough to take them. */
export function composing(view: View): boolean {
  return view.panels.length === 0 || view.guard?.open === false
}
