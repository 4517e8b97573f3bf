import type { Choice, RouteName, SignInStep, SignInView } from '../../auth/types.ts'
import { createEditor, type Editor, edit, paste } from '../composer/editor.ts'
import type { Key } from '../keys.ts'
import { troubleText } from '../sign-in-words.ts'

/** What the sign-in panel shows. */
export interface SignInState {
  readonly view: SignInView
  /** The route on screen, or the question for a client id; nothing before the person has chosen. */
  readonly shown?: RouteName | 'client'
  /** Why a client id is asked for. */
  readonly client?: string
  readonly browser?: Extract<SignInStep, { kind: 'browser' }>
  readonly device?: Extract<SignInStep, { kind: 'device' }>
  readonly paste?: Extract<SignInStep, { kind: 'paste' }>
  /** What went wrong, one line per route. */
  readonly trouble: Readonly<Partial<Record<RouteName, string>>>
  /** The line for the pasted address, or for the client id. */
  readonly input: Editor
}

const ROUTE_KEYS: ReadonlyMap<string, RouteName> = new Map([
  ['b', 'browser'],
  ['d', 'device'],
  ['p', 'paste'],
])

/** The longest address and the longest client id that are taken, in characters. */
const LONGEST = { paste: 16_384, client: 1024 }

/** RFC 6749 A.1: the characters of a client id. */
const CLIENT_ID = /^[\x20-\x7e]+$/

export function createSignIn(view: SignInView): SignInState {
  return { view, trouble: {}, input: createEditor([]) }
}

/** The same panel for another sign-in server. */
export function signInUpdate(state: SignInState, view: SignInView): SignInState {
  return { ...state, view, trouble: {} }
}

/** What the engine tells about a route. */
export function signInStep(state: SignInState, step: SignInStep): SignInState {
  if (step.kind === 'client') {
    return {
      ...state,
      shown: 'client',
      client: troubleText(step.error),
      trouble: {},
      input: createEditor([]),
    }
  }
  if (step.kind !== 'trouble') {
    const trouble = { ...state.trouble, [step.kind]: undefined }
    return { ...state, [step.kind]: step, trouble, shown: state.shown ?? step.kind }
  }
  const next = { ...state, trouble: { ...state.trouble, [step.route]: troubleText(step.error) } }
  // A wrong paste can be mended by another paste: the line stays.
  if (step.route === 'paste' && state.paste) return next
  const left = { ...next, [step.route]: undefined }
  if (state.shown !== step.route) return left
  return { ...left, shown: left.device ? 'device' : left.browser ? 'browser' : undefined }
}

/**
 * One key. A choice is what `Dialog.choice()` gives; Esc is `{ kind: 'cancel' }`. A route that is already running can be
 * chosen again: the browser is then opened once more, a code asked for anew.
 */
export function signInKey(state: SignInState, key: Key): { state: SignInState; choice?: Choice } {
  if (key.name === 'escape') return { state, choice: { kind: 'cancel' } }
  if (signInTakesText(state)) return textKey(state, key)
  const [other] = state.view.others
  if (key.name === 'char' && key.text.toLowerCase() === 's' && state.shown === undefined && other) {
    return { state, choice: { kind: 'issuer', issuer: other.issuer } }
  }
  const route = routeOf(state, key)
  if (!route || !state.view.routes.includes(route)) return { state }
  return { state: { ...state, shown: route }, choice: { kind: 'route', route } }
}

/** Pasted text: only where an address or a client id is asked for. */
export function signInPaste(state: SignInState, text: string): SignInState {
  const { shown, input } = state
  if (shown !== 'paste' && shown !== 'client') return state
  const word = text.replaceAll(/[\s\p{C}]/gu, '').slice(0, LONGEST[shown] - input.text.length)
  return { ...state, input: paste(input, word) }
}

/** True while the panel has a line to type in: for `guardKeys`. */
export function signInTakesText(state: SignInState): boolean {
  return state.shown === 'paste' || state.shown === 'client'
}

function routeOf(state: SignInState, key: Key): RouteName | undefined {
  if (key.name === 'enter') return state.shown === undefined ? state.view.routes[0] : undefined
  return key.name === 'char' ? ROUTE_KEYS.get(key.text.toLowerCase()) : undefined
}

function textKey(state: SignInState, key: Key): { state: SignInState; choice?: Choice } {
  switch (key.name) {
    case 'char':
    case 'paste':
      return { state: signInPaste(state, key.text) }
    case 'enter': {
      const { text } = state.input
      if (text === '') return { state }
      const sent = { ...state, input: createEditor([]), trouble: { ...state.trouble, paste: undefined } }
      if (state.shown === 'paste') return { state: sent, choice: { kind: 'pasted', address: text } }
      if (!CLIENT_ID.test(text))
        return { state: { ...sent, client: 'A client id has plain characters only.' } }
      return { state: { ...sent, shown: undefined }, choice: { kind: 'client', id: text } }
    }
    case 'tab':
      return { state: { ...state, shown: undefined } }
    case 'backspace':
    case 'backspace-word':
      return { state: { ...state, input: edit(state.input, key).editor } }
    case 'ctrl':
      return { state: 'uw'.includes(key.letter) ? { ...state, input: createEditor([]) } : state }
    default:
      return { state }
  }
}
