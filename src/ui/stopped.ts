import type { Action, View } from './state.ts'
import { atRest } from './status.ts'
import { RESTART } from './status-words.ts'
import { cancelTools } from './tools.ts'
import { notice } from './transcript/print.ts'

/** The view when the runtime is gone, and while the next one comes. */
export function takeStopped(
  view: View,
  action: Extract<Action, { type: 'stopped' | 'restarting' }>,
  now: number,
): View {
  if (action.type === 'restarting') return { ...view, status: { ...view.status, stopped: 'restarting' } }
  const status = { ...atRest(view.status), stopped: 'stopped' as const }
  const still: View = { ...view, busy: false, retry: undefined, waiting: [], status }
  return notice(notice(cancelTools(still, now), 'error', action.error.message), 'info', RESTART)
}
