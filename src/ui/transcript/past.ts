import type { HostEvent } from '../../runtime/types.ts'
import { isSaid } from '../said.ts'
import { type Action, newView, reduce, type View } from '../state.ts'
import { openStream } from './stream.ts'

/** The blocks that events of the past left behind, drawn as they were then, and the kind of the last one. */
export function past(events: readonly HostEvent[], now: number): Pick<View, 'ready' | 'last'> {
  let view = newView({ folder: '', prompts: [] })
  const dispatch = (action: Action) => {
    view = reduce(view, action, now)
  }
  const stream = openStream(
    dispatch,
    () => now,
    () => () => undefined,
  )
  for (const event of events) {
    if (isSaid(event)) stream.take(event)
  }
  stream.end()
  dispatch({ type: 'close' })
  return view
}
