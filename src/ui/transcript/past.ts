import type { HostEvent } from '../../runtime/types.ts'
import { isSaid } from '../said.ts'
import { type Action, newView, reduce, type View } from '../state.ts'
import { hasCode } from './code.ts'
import type { Sheet } from './sheet.ts'
import { openStream } from './stream.ts'

/** The blocks that events of the past left behind, drawn as they were then, the kind of the last one, and what was folded. */
export async function past(
  events: readonly HostEvent[],
  now: number,
  sheet: Sheet,
): Promise<Pick<View, 'ready' | 'last' | 'folded'>> {
  if (events.some(event => event.type === 'reply' && hasCode(event.text))) await sheet.highlighter.load()
  let view = newView({ folder: '', prompts: [], columns: sheet.columns() })
  const dispatch = (action: Action) => {
    view = reduce(view, action, now)
  }
  const stream = openStream(
    dispatch,
    () => now,
    () => () => undefined,
    sheet,
  )
  for (const event of events) {
    if (isSaid(event)) stream.take(event)
  }
  stream.end()
  dispatch({ type: 'close' })
  return view
}
