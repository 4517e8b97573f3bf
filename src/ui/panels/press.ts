import type { Choice } from '../../auth/types.ts'
import type { AskAnswer, PermissionDecision } from '../../runtime/types.ts'
import type { Key } from '../keys.ts'
import type { Panel } from '../state.ts'
import { askKey, askPaste } from './ask-press.ts'
import { askTakesText, declined } from './ask-state.ts'
import { permissionKey, permissionPaste, permissionTakesText } from './permission-state.ts'
import { doAll, skipPanel, waitingSignIns } from './sign-in-list.ts'
import { type SignInEffect, signInKey, signInPaste } from './sign-in-press.ts'
import { signInTakesText } from './sign-in-state.ts'

/** What the person answers in a panel, or wants from it. */
export type PanelEffect =
  | { type: 'choice'; panel: number; choice: Choice }
  | { type: 'decision'; panel: number; decision: PermissionDecision }
  | { type: 'answer'; panel: number; answer: AskAnswer }
  | SignInEffect

/** What keys do to the panels: the same list if they mean nothing to the front one. */
export interface PanelPressed {
  panels: readonly Panel[]
  effects: PanelEffect[]
}

/** The keys of one read, to the panel in front. What answers it ends the read. `width`: columns for text. */
export function panelKeys(all: readonly Panel[], keys: readonly Key[], width: number): PanelPressed {
  const effects: PanelEffect[] = []
  let panels = all
  for (const key of keys) {
    const [front, ...others] = panels
    if (front === undefined) break
    const pressed = oneKey(front, others, key, width)
    effects.push(...pressed.effects)
    panels = pressed.panels
    if (panels[0]?.key !== front.key || pressed.effects.some(({ type }) => ANSWERS.has(type))) break
  }
  return { panels, effects }
}

/** A paste is text, and goes only where a line is asked for. */
export function panelPaste(panel: Panel, text: string): Panel {
  switch (panel.kind) {
    case 'sign-in':
      return { ...panel, state: signInPaste(panel.state, text) }
    case 'permission':
      return { ...panel, state: permissionPaste(panel.state, text) }
    case 'ask':
      return { ...panel, state: askPaste(panel.state, text) }
  }
}

/** True while the panel has a line to type in. */
export function panelTakesText(panel: Panel): boolean {
  switch (panel.kind) {
    case 'sign-in':
      return signInTakesText(panel.state)
    case 'permission':
      return permissionTakesText(panel.state)
    case 'ask':
      return askTakesText(panel.state)
  }
}

/** The panel says that this terminal takes nothing for its clipboard. */
export function notCopied(panel: Panel): Panel {
  const note = 'Not copied: this terminal has no clipboard.'
  switch (panel.kind) {
    case 'sign-in':
      return { ...panel, state: { ...panel.state, note } }
    case 'ask':
      return { ...panel, state: { ...panel.state, note } }
    case 'permission':
      return panel
  }
}

/** The no that Ctrl+C means. */
export function panelCancel(panel: Panel): PanelEffect {
  switch (panel.kind) {
    case 'sign-in':
      return { type: 'choice', panel: panel.key, choice: { kind: 'cancel' } }
    case 'permission':
      return { type: 'decision', panel: panel.key, decision: { kind: 'no' } }
    case 'ask':
      return { type: 'answer', panel: panel.key, answer: declined(panel.state.ask) }
  }
}

const ANSWERS: ReadonlySet<PanelEffect['type']> = new Set(['decision', 'answer'])

function oneKey(front: Panel, others: readonly Panel[], key: Key, width: number): PanelPressed {
  const same = [front, ...others]
  const kept = (panel: Panel) => (panel.state === front.state ? same : [panel, ...others])
  if (front.kind === 'permission') {
    const { state, decision } = permissionKey(front.state, key, width)
    const effects = decision ? [{ type: 'decision', panel: front.key, decision } as const] : []
    return { panels: kept({ ...front, state }), effects }
  }
  if (front.kind === 'ask') {
    const { state, answer, copy } = askKey(front.state, key, width)
    return {
      panels: kept({ ...front, state }),
      effects: [
        ...(copy === undefined ? [] : [{ type: 'copy', text: copy } as const]),
        ...(answer ? [{ type: 'answer', panel: front.key, answer } as const] : []),
      ],
    }
  }
  const { state, choice, effect, row } = signInKey(front.state, key, waitingSignIns(same))
  const panels = kept({ ...front, state })
  if (row === 'next') return { panels: skipPanel(panels), effects: [] }
  if (row === 'all') {
    const all = doAll(panels)
    return {
      panels: all.panels,
      effects: all.choices.map(chosen => ({ type: 'choice', ...chosen }) as const),
    }
  }
  return {
    panels,
    effects: [
      ...(effect ? [effect] : []),
      ...(choice ? [{ type: 'choice', panel: front.key, choice } as const] : []),
    ],
  }
}
