import type { Choice, RouteName } from '../../auth/types.ts'
import { createEditor, edit } from '../composer/editor.ts'
import type { Key } from '../keys.ts'
import { clientIdTrouble } from '../sign-in-words.ts'
import { canDoAll } from './sign-in-list.ts'
import {
  type SignInState,
  signInAddress,
  signInAsksFor,
  signInConfirms,
  signInDrawn,
  signInTakesText,
} from './sign-in-state.ts'

/** The letter that shows a route. */
export const ROUTE_KEYS: Readonly<Record<RouteName, string>> = { browser: 'b', device: 'd', paste: 'p' }

/** The longest line that is taken, in characters. */
const LONGEST = { paste: 16_384, client: 1024, host: 255 }

/** What a key does besides a choice: text for the clipboard, a code to draw, or an end of all open sign-ins. */
export type SignInEffect = { type: 'copy' | 'qr'; text: string } | { type: 'cancel-all' }

export interface SignInPressed {
  /** The same object, if the key means nothing here. */
  state: SignInState
  /** What happens to all that wait: the next one comes to the front, or all are taken on. */
  row?: 'next' | 'all'
  choice?: Choice
  effect?: SignInEffect
}

/**
 * One key. A choice is what `Dialog.choice()` gives; Esc is `{ kind: 'cancel' }`. A route that is already running can be
 * chosen again: the browser is then opened once more, a code asked for anew. `waiting`: all sign-ins that wait.
 */
export function signInKey(
  before: SignInState,
  key: Key,
  waiting: readonly SignInState[] = [],
): SignInPressed {
  const state = before.note === undefined ? before : { ...before, note: undefined }
  const pressed = rowKey(state, key, waiting) ?? keyOf(state, key)
  return pressed ?? { state: before }
}

/** Pasted text: only where a line is asked for. */
export function signInPaste(state: SignInState, text: string): SignInState {
  const { input } = state
  const kind = signInAsksFor(state)
  if (kind === undefined) return state
  const word = text.replaceAll(/[\s\p{C}]/gu, '').slice(0, LONGEST[kind] - input.text.length)
  return { ...state, input: edit(input, { name: 'char', text: word }).editor }
}

/** The keys for more than one of them. Where a line is typed, Tab stands for the letter. */
function rowKey(state: SignInState, key: Key, waiting: readonly SignInState[]): SignInPressed | undefined {
  if (waiting.length < 2) return undefined
  const asked = signInAsksFor(state)
  if (asked !== undefined) return asked !== 'paste' && key.name === 'tab' ? { state, row: 'next' } : undefined
  const letter = key.name === 'char' ? key.text.toLowerCase() : ''
  if (letter === 'n') return { state: { ...state, drawn: undefined }, row: 'next' }
  return letter === 'a' && canDoAll(waiting) ? { state, row: 'all' } : undefined
}

function keyOf(state: SignInState, key: Key): SignInPressed | undefined {
  if (key.name === 'escape') return { state, choice: { kind: 'cancel' } }
  if (signInTakesText(state)) return textKey(state, key)
  const pressed = key.name === 'char' ? letterKey(state, key.text) : undefined
  if (pressed !== undefined) return pressed
  const route = routeOf(state, key)
  if (route === undefined) return undefined
  // Swallowed: it would be meant for a sign-in server that is not on the screen yet.
  if (state.asking !== undefined) return { state: { ...state } }
  const opens = route === 'browser' && state.follows ? { follows: undefined, browser: undefined } : {}
  return {
    state: { ...state, ...opens, drawn: undefined, shown: route, started: true },
    choice: { kind: 'route', route },
  }
}

/** The letters that mean the same in every panel; undefined for the others. */
function letterKey(state: SignInState, letter: string): SignInPressed | undefined {
  const { view, shown, device } = state
  const address = signInAddress(state)
  const [other] = view.others
  switch (letter === 'X' ? letter : letter.toLowerCase()) {
    case 'l':
      return { state, choice: { kind: 'later' } }
    case 'X':
      return { state, effect: { type: 'cancel-all' } }
    case 'o':
      if (shown === undefined || !view.routes.includes('browser')) return undefined
      return {
        state: { ...state, shown: 'browser', browser: undefined, follows: undefined },
        choice: { kind: 'account' },
      }
    case 's':
      if (state.started || state.asking !== undefined || other === undefined) return undefined
      return { state: { ...state, asking: other.host }, choice: { kind: 'issuer', issuer: other.issuer } }
    case 'u':
      if (address === undefined) return undefined
      return { state: { ...state, note: 'The address was copied.' }, effect: { type: 'copy', text: address } }
    case 'c':
      if (shown !== 'device' || device === undefined) return undefined
      return {
        state: { ...state, note: 'The code was copied.' },
        effect: { type: 'copy', text: device.code },
      }
    case 'q':
      if (shown !== 'device' || device === undefined) return undefined
      if (signInDrawn(state)) return { state: { ...state, drawn: undefined } }
      return {
        state: { ...state, drawn: true },
        effect: { type: 'qr', text: device.completePage ?? device.page },
      }
    default:
      return undefined
  }
}

function routeOf({ shown, follows, view }: SignInState, key: Key): RouteName | undefined {
  if (key.name === 'enter' && follows && shown === 'browser') return 'browser'
  if (key.name === 'enter') return shown === undefined ? view.routes[0] : undefined
  if (key.name !== 'char') return undefined
  return view.routes.find(route => ROUTE_KEYS[route] === key.text.toLowerCase())
}

function textKey(state: SignInState, key: Key): SignInPressed {
  switch (key.name) {
    case 'char':
    case 'paste':
      return { state: signInPaste(state, key.text) }
    case 'enter':
      return state.input.text === '' ? { state } : send(state, state.input.text)
    case 'tab':
      return { state: signInAsksFor(state) === 'paste' ? otherWays(state) : state }
    case 'backspace':
    case 'backspace-word':
      return { state: { ...state, input: edit(state.input, key).editor } }
    case 'ctrl':
      return { state: 'uw'.includes(key.letter) ? { ...state, input: createEditor([]) } : state }
    default:
      return { state }
  }
}

/** What is open, if anything is. What was wrong with a pasted address means nothing to it. */
function otherWays(state: SignInState): SignInState {
  const shown = state.device ? 'device' : state.browser ? 'browser' : undefined
  return { ...state, shown, trouble: { ...state.trouble, paste: undefined } }
}

/** Enter behind a line. */
function send(state: SignInState, text: string): SignInPressed {
  const sent = { ...state, input: createEditor([]) }
  if (signInConfirms(state)) {
    if (text.toLowerCase() === state.view.pageHost) return { state: { ...sent, confirmed: true } }
    return { state: { ...sent, note: `That is not ${state.view.pageHost}.` } }
  }
  if (state.client === undefined) {
    const trouble = { ...state.trouble, paste: undefined }
    return { state: { ...sent, trouble }, choice: { kind: 'pasted', address: text } }
  }
  const note = clientIdTrouble(text)
  if (note !== undefined) return { state: { ...state, note } }
  return { state: { ...sent, client: undefined }, choice: { kind: 'client', id: text } }
}
