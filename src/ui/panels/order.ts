import type { Action, Panel, View } from '../state.ts'
import { newGuard } from './guard.ts'

type PanelAction = Extract<Action, { type: 'panel' | 'panel-state' | 'panel-gone' | 'quiet' }>

/** The view after a question has come, changed or gone, whether it is in front or was put away. */
export function takePanel(view: View, action: PanelAction, now: number): View {
  switch (action.type) {
    case 'panel':
      return watched({ ...view, panels: [...view.panels, action.panel] }, view, now)
    case 'panel-state': {
      const { panel } = action
      const changed = (all: readonly Panel[]) => all.map(each => (each.key === panel.key ? panel : each))
      return { ...view, panels: changed(view.panels), away: changed(view.away) }
    }
    case 'panel-gone': {
      const others = (all: readonly Panel[]) => all.filter(({ key }) => key !== action.key)
      const panels = others(view.panels)
      const gone = view.panels.length - panels.length
      const answered = panels.length === 0 ? 0 : view.answered + gone
      return watched({ ...view, panels, away: others(view.away), answered }, view, now)
    }
    case 'quiet':
      return view.guard === undefined ? view : { ...view, guard: { ...view.guard, open: true } }
  }
}

/**
 * Puts the question in front away, or calls back what was put away where there is none. Nothing is answered. A sign-in is
 * not put away so: its own key for later also tells the server.
 */
export function putAwayOrBack(view: View, now: number): View {
  const [front, ...others] = view.panels
  if (front !== undefined && front.kind !== 'sign-in')
    return watched({ ...view, panels: others, away: [...view.away, front], answered: 0 }, view, now)
  if (view.away.length === 0) return view
  const panels = [...view.away, ...view.panels]
  // Who calls a question back wants to answer it; only a permission waits until it was surely read.
  const guard = { quietSince: now, open: panels[0]?.kind !== 'permission' }
  return { ...view, panels, away: [], guard }
}

/** A panel that comes to the front starts with a guard of its own. */
function watched(next: View, before: View, now: number): View {
  const first = next.panels[0]
  if (first === undefined) return { ...next, guard: undefined }
  return first.key === before.panels[0]?.key ? next : { ...next, guard: newGuard(now) }
}
