import { durationText } from './duration.ts'
import { type Folded, printPart } from './folded.ts'
import type { Action, View } from './state.ts'
import { FOLD_HINT } from './transcript/blocks.ts'
import { proseWidth } from './transcript/flow.ts'
import { type Line, line, truncate, untab } from './transcript/line.ts'

type ThoughtAction = Extract<Action, { type: 'reasoning-tail' | 'reasoned' }>

/** The view while the model thinks, and with a line about it when it has. */
export function takeThought(view: View, action: ThoughtAction, now: number): View {
  const startedAt = view.reasoning?.startedAt ?? now
  if (action.type === 'reasoning-tail') {
    return { ...view, reasoning: { startedAt, text: action.text }, retry: undefined }
  }
  const next = { ...view, reasoning: undefined }
  if (action.text.trim() === '') return next
  return printPart(next, 'reasoning', reasoningBlock(action.text, now - startedAt, view.columns))
}

/** What the model thought, in a line, and all of it if there is more. `text` is clean. */
function reasoningBlock(
  text: string,
  milliseconds: number,
  columns: number,
): { lines: Line[]; folded?: Folded } {
  const time = milliseconds < 1000 ? '' : ` for ${durationText(milliseconds)}`
  const [first = '', ...more] = text.split('\n').filter(row => row.trim() !== '')
  const summary = untab(first)
    .replace(/^#+ |\*\*|`/g, '')
    .trim()
  const room = proseWidth(columns)
  const [row] = [truncate(line(`○ thought${time}: ${summary}`, 'dim'), room - FOLD_HINT.length)]
  const whole = more.length === 0 && row.length === 1 && row[0]?.text.endsWith('…') !== true
  if (whole) return { lines: [row] }
  return {
    lines: [[...row, { text: FOLD_HINT, styles: ['dim'] }]],
    folded: { title: 'its thoughts', text, prose: true },
  }
}
