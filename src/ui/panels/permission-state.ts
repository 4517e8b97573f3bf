import type { PermissionAsk, PermissionDecision } from '../../runtime/types.ts'
import { cleanBlock } from '../../text.ts'
import { createEditor, type Editor, edit, paste } from '../composer/editor.ts'
import type { Key } from '../keys.ts'
import { isDiff, withoutHeaders } from '../transcript/diff.ts'

/** What the permission question shows. */
export interface PermissionState {
  readonly ask: PermissionAsk
  /** The line for the reason of a no, once `N` was pressed. */
  readonly reason?: Editor
}

interface Turn {
  state: PermissionState
  decision?: PermissionDecision
}

export function createPermission(ask: PermissionAsk): PermissionState {
  return { ask }
}

/** One key. Esc is a no; in the line for the reason it goes back to the question. `width`: room for the reason in cells. */
export function permissionKey(state: PermissionState, key: Key, width?: number): Turn {
  if (state.reason) return reasonKey(state, state.reason, key, width)
  if (key.name === 'escape') return { state, decision: { kind: 'no' } }
  if (key.name !== 'char') return { state }
  switch (key.text) {
    case 'y':
    case 'Y':
      return { state, decision: { kind: 'once' } }
    case 's':
    case 'S':
      return state.ask.approval === undefined ? { state } : { state, decision: { kind: 'session' } }
    case 'p':
    case 'P':
      return state.ask.approval === undefined ? { state } : { state, decision: { kind: 'project' } }
    case 'n':
      return { state, decision: { kind: 'no' } }
    case 'N':
      return { state: { ...state, reason: createEditor([]) } }
    default:
      return { state }
  }
}

/** Pasted text: only into the reason. */
export function permissionPaste(state: PermissionState, text: string): PermissionState {
  return state.reason ? { ...state, reason: paste(state.reason, text) } : state
}

/** True while the panel has a line to type in: for `guardKeys`. */
export function permissionTakesText(state: PermissionState): boolean {
  return state.reason !== undefined
}

function reasonKey(state: PermissionState, reason: Editor, key: Key, width?: number): Turn {
  if (key.name === 'escape') return { state: { ask: state.ask } }
  if (key.name === 'enter' && reason.text.trim() === '') return { state, decision: { kind: 'no' } }
  const { editor, submit } = edit(reason, key, width)
  if (submit !== undefined) return { state, decision: { kind: 'no', reason: submit.trim() } }
  return { state: editor === reason ? state : { ...state, reason: editor } }
}

/** What a question shows of what will happen; of a diff, the headers that only name the file once more are left out. */
export function shownBody(body: string): string {
  const text = cleanBlock(body).trimEnd()
  return isDiff(text) ? withoutHeaders(text, text.slice(0, text.indexOf('\n'))) : text
}
