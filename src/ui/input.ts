import { type ComposeEffect, compose, withMention } from './composer/compose.ts'
import { paste, replace, written } from './composer/editor.ts'
import { unfold } from './folded.ts'
import type { Key } from './keys.ts'
import { guardKeys, guardPaste, isText, newGuard } from './panels/guard.ts'
import { putAwayOrBack } from './panels/order.ts'
import { type PanelEffect, panelCancel, panelKeys, panelPaste, panelTakesText } from './panels/press.ts'
import type { View } from './state.ts'

/** What has to happen because of a key, besides another view. */
export type Effect =
  | ComposeEffect
  | { type: 'interrupt' }
  | { type: 'suspend' }
  | { type: 'leave'; by: 'interrupt' | 'end'; draft: string }
  | PanelEffect

export interface Pressed {
  view: View
  effects: Effect[]
}

/** Two Ctrl+C within this time leave, in milliseconds. */
const TWICE = 2000

/**
 * What the keys of one read do. Ctrl+C, Ctrl+D, Ctrl+L, Ctrl+O and Ctrl+Z are the screen's own, Esc goes to the panel in front or stops
 * the running turn, and the rest goes where the guard of the panel sends it. `width`: columns for the composer's text.
 */
export function press(view: View, keys: readonly Key[], now: number, width: number): Pressed {
  return reads(view, keys).reduce<Pressed>(
    (done, read) => {
      const next = pressRead(done.view, read, now, width)
      return { view: next.view, effects: [...done.effects, ...next.effects] }
    },
    { view, effects: [] },
  )
}

/** A paste is text wherever it lands: it answers nothing and sends nothing. */
export function pasteInto(view: View, text: string, now: number): View {
  const [panel] = view.panels
  const stay = { ...view, leaving: undefined }
  if (panel === undefined || view.guard === undefined)
    return withMention({ ...stay, editor: paste(view.editor, text) })
  const { guard, to } = guardPaste(view.guard, now, panelTakesText(panel))
  if (to === 'composer') return withMention({ ...stay, guard, editor: paste(view.editor, text) })
  return { ...stay, guard, panels: [panelPaste(panel, text), ...view.panels.slice(1)] }
}

/** Keys of the screen's own stand alone; two Esc of one read are one, so that the second does not hit the next panel. */
function reads(view: View, keys: readonly Key[]): Key[][] {
  const out: Key[][] = []
  let open = false
  for (const key of keys) {
    const alone = key.name === 'escape' || isOurs(key)
    const last = out.at(-1)
    if (key.name === 'escape' && view.panels.length > 0 && last?.[0]?.name === 'escape') continue
    if (!alone && open && last !== undefined) last.push(key)
    else out.push([key])
    open = !alone
  }
  return out
}

function isOurs(key: Key): boolean {
  return key.name === 'ctrl' && ['c', 'd', 'l', 'o', 'z'].includes(key.letter)
}

function pressRead(view: View, keys: readonly Key[], now: number, width: number): Pressed {
  const [first] = keys
  if (first?.name === 'ctrl' && first.letter === 'c') return interrupt(view, now)
  const stay = view.leaving === undefined ? view : { ...view, leaving: undefined }
  if (first?.name === 'ctrl' && first.letter === 'z') return { view: stay, effects: [{ type: 'suspend' }] }
  if (first?.name === 'ctrl' && first.letter === 'l') return { view: putAwayOrBack(stay, now), effects: [] }
  if (first?.name === 'ctrl' && first.letter === 'o') return { view: unfold(stay), effects: [] }
  if (first?.name === 'ctrl' && first.letter === 'd' && view.panels.length === 0 && view.editor.text === '') {
    return { view: stay, effects: [{ type: 'leave', by: 'end', draft: '' }] }
  }
  const [panel] = view.panels
  const inside = view.editor.search !== undefined || view.mentions.open !== undefined
  if (panel === undefined || view.guard === undefined) {
    if (first?.name === 'escape' && !inside && interruptible(view))
      return { view: stay, effects: [{ type: 'interrupt' }] }
    return compose(stay, keys, width)
  }
  const routed = guardKeys(view.guard, keys, now, panelTakesText(panel), inside)
  const next = { ...stay, guard: routed.guard }
  if (routed.to === 'composer') return compose(next, routed.keys, width)
  const answered = answer(next, routed.keys, width)
  const [front] = answered.view.panels
  if (front !== undefined && front.key !== panel.key) {
    // Another sign-in was asked for; a permission was not.
    const guard = front.kind === 'sign-in' ? routed.guard : newGuard(now)
    return { view: { ...answered.view, guard }, effects: answered.effects }
  }
  const nothing = answered.effects.length === 0 && answered.view.panels[0]?.state === panel.state
  if (!nothing || panelTakesText(panel)) return answered
  // Text that means nothing here is the beginning of a sentence: its Enter must not become an answer. Other keys begin none,
  // and must neither fetch nor send a text that the panel hides.
  const typed = routed.keys.filter(isText)
  return typed.length === 0 ? answered : compose({ ...stay, guard: newGuard(now) }, typed, width)
}

/** Ctrl+C: a second one leaves; the first one takes away what is in front: the panel, the text, the running turn. */
function interrupt(view: View, now: number): Pressed {
  if (view.leaving !== undefined && now < view.leaving.until) {
    const draft = written(view.editor) || view.leaving.draft
    return { view, effects: [{ type: 'leave', by: 'interrupt', draft }] }
  }
  const [panel] = view.panels
  const until = now + TWICE
  if (panel !== undefined) {
    const next = { ...view, leaving: { until, draft: '' } }
    return { view: next, effects: [panelCancel(panel)] }
  }
  const { search } = view.editor
  if (search !== undefined) return { view: { ...view, editor: search.before }, effects: [] }
  const draft = written(view.editor)
  if (draft !== '') {
    const editor = replace(view.editor, '')
    return { view: withMention({ ...view, editor, leaving: { until, draft } }), effects: [] }
  }
  const next = { ...view, leaving: { until, draft: '' } }
  return { view: next, effects: interruptible(view) ? [{ type: 'interrupt' }] : [] }
}

function interruptible(view: View): boolean {
  return view.busy || view.queued.length > 0 || view.tools.some(tool => tool.own)
}

function answer(view: View, keys: readonly Key[], width: number): Pressed {
  const { panels, effects } = panelKeys(view.panels, keys, width)
  return { view: { ...view, panels }, effects }
}
