import type { Choice, RouteName, SignInStep, SignInView, WebUrl } from '../../auth/types.ts'
import { createEditor, type Editor, edit, paste } from '../composer/editor.ts'
import type { Key } from '../keys.ts'
import { troubleText } from '../sign-in-words.ts'

/** What the sign-in panel shows. */
export interface SignInState {
  readonly view: SignInView
  /** The route on screen, or the question for a client id; nothing before the person has chosen. */
  readonly shown?: RouteName | 'client'
  /** The new host of a sign-in server that has changed was typed. */
  readonly confirmed?: boolean
  /** Said once about the last key: what was copied, or that the host was not right. */
  readonly note?: string
  /** Why a client id is asked for. */
  readonly client?: string
  readonly browser?: Extract<SignInStep, { kind: 'browser' }>
  readonly device?: Extract<SignInStep, { kind: 'device' }>
  readonly paste?: Extract<SignInStep, { kind: 'paste' }>
  /** What went wrong, one line per route. */
  readonly trouble: Readonly<Partial<Record<RouteName, string>>>
  /** The line for the pasted address, the client id, or the new host. */
  readonly input: Editor
}

const ROUTE_KEYS: ReadonlyMap<string, RouteName> = new Map([
  ['b', 'browser'],
  ['d', 'device'],
  ['p', 'paste'],
])

/** The longest address and the longest client id that are taken, in characters. */
const LONGEST = { paste: 16_384, client: 1024, host: 255 }

/** RFC 6749 A.1: the characters of a client id. */
const CLIENT_ID = /^[\x20-\x7e]+$/

export function createSignIn(view: SignInView): SignInState {
  return { view, trouble: {}, input: createEditor([]) }
}

/** The same panel for another sign-in server. */
export function signInUpdate(state: SignInState, view: SignInView): SignInState {
  return { ...state, view, trouble: {}, confirmed: false }
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

/** What a key does besides a choice: text for the clipboard, a code to draw, or an end of all open sign-ins. */
export type SignInEffect = { type: 'copy' | 'qr'; text: string } | { type: 'cancel-all' }

export interface SignInPressed {
  state: SignInState
  choice?: Choice
  effect?: SignInEffect
}

/**
 * One key. A choice is what `Dialog.choice()` gives; Esc is `{ kind: 'cancel' }`. A route that is already running can be
 * chosen again: the browser is then opened once more, a code asked for anew.
 */
export function signInKey(before: SignInState, key: Key): SignInPressed {
  const state = before.note === undefined ? before : { ...before, note: undefined }
  if (key.name === 'escape') return { state, choice: { kind: 'cancel' } }
  if (signInTakesText(state)) return textKey(state, key)
  const pressed = key.name === 'char' ? letterKey(state, key.text) : undefined
  if (pressed !== undefined) return pressed
  const route = routeOf(state, key)
  if (!route || !state.view.routes.includes(route)) return { state }
  return { state: { ...state, shown: route }, choice: { kind: 'route', route } }
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
      return view.routes.includes('browser')
        ? { state: { ...state, shown: 'browser', browser: undefined }, choice: { kind: 'account' } }
        : undefined
    case 's':
      if (shown !== undefined || other === undefined) return undefined
      return { state, choice: { kind: 'issuer', issuer: other.issuer } }
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
      return { state, effect: { type: 'qr', text: device.completePage ?? device.page } }
    default:
      return undefined
  }
}

/** The address of the route on screen. */
export function signInAddress({ shown, browser, device, paste }: SignInState): WebUrl | undefined {
  if (shown === 'device') return device?.page
  return shown === 'browser' ? browser?.url : shown === 'paste' ? paste?.url : undefined
}

/** True until the person has typed the new host of a sign-in server that has changed. */
export function signInConfirms({ view, confirmed }: SignInState): boolean {
  return view.formerHost !== undefined && confirmed !== true
}

/** What a line of text would be, if the panel asks for one. */
function asksFor(state: SignInState): keyof typeof LONGEST | undefined {
  if (signInConfirms(state)) return 'host'
  return state.shown === 'paste' || state.shown === 'client' ? state.shown : undefined
}

/** Pasted text: only where a line is asked for. */
export function signInPaste(state: SignInState, text: string): SignInState {
  const { input } = state
  const kind = asksFor(state)
  if (kind === undefined) return state
  const word = text.replaceAll(/[\s\p{C}]/gu, '').slice(0, LONGEST[kind] - input.text.length)
  return { ...state, input: paste(input, word) }
}

/** True while the panel has a line to type in: for `guardKeys`. */
export function signInTakesText(state: SignInState): boolean {
  return asksFor(state) !== undefined
}

function routeOf(state: SignInState, key: Key): RouteName | undefined {
  if (key.name === 'enter') return state.shown === undefined ? state.view.routes[0] : undefined
  return key.name === 'char' ? ROUTE_KEYS.get(key.text.toLowerCase()) : undefined
}

function textKey(state: SignInState, key: Key): SignInPressed {
  switch (key.name) {
    case 'char':
    case 'paste':
      return { state: signInPaste(state, key.text) }
    case 'enter': {
      const { text } = state.input
      if (text === '') return { state }
      const sent = { ...state, input: createEditor([]), trouble: { ...state.trouble, paste: undefined } }
      if (signInConfirms(state)) {
        if (text.toLowerCase() === state.view.pageHost) return { state: { ...sent, confirmed: true } }
        return { state: { ...sent, note: `That is not ${state.view.pageHost}.` } }
      }
      if (state.shown === 'paste') return { state: sent, choice: { kind: 'pasted', address: text } }
      if (!CLIENT_ID.test(text))
        return { state: { ...sent, client: 'A client id has plain characters only.' } }
      return { state: { ...sent, shown: undefined }, choice: { kind: 'client', id: text } }
    }
    case 'tab':
      return { state: signInConfirms(state) ? state : { ...state, shown: undefined } }
    case 'backspace':
    case 'backspace-word':
      return { state: { ...state, input: edit(state.input, key).editor } }
    case 'ctrl':
      return { state: 'uw'.includes(key.letter) ? { ...state, input: createEditor([]) } : state }
    default:
      return { state }
  }
}
