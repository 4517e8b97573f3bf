import { QUIET } from './panels/guard.ts'
import type { Action, View } from './state.ts'

interface DeadlinePorts {
  view: () => View
  dispatch: (action: Action) => void
  now: () => number
  later: (work: () => void, ms: number) => unknown
}

/** What has to happen some time after a change, unless it was changed again: a panel takes keys, Ctrl+C counts from one. */
export function setDeadlines(before: View, next: View, { view, dispatch, now, later }: DeadlinePorts): void {
  const { guard, leaving } = next
  if (guard?.open === false && guard !== before.guard)
    later(() => {
      if (view().guard === guard) dispatch({ type: 'quiet' })
    }, QUIET)
  if (leaving !== undefined && leaving !== before.leaving)
    later(() => {
      if (view().leaving === leaving) dispatch({ type: 'stay' })
    }, leaving.until - now())
}
