import type { RouteName, SignInStep, SignInView, WebUrl } from '../../auth/types.ts'
import { createEditor, type Editor } from '../composer/editor.ts'
import { troubleText } from '../sign-in-words.ts'

/** What the sign-in panel shows. */
export interface SignInState {
  readonly view: SignInView
  /** The route on screen; nothing before the person has chosen. */
  readonly shown?: RouteName
  /** A route was begun: from then on the sign-in server stays as it is. */
  readonly started?: boolean
  /** The browser was not opened for it: the page of another sign-in leads to this one. */
  readonly follows?: boolean
  /** The host of another sign-in server that was chosen, until it is known how to sign in there. */
  readonly asking?: string
  /** The new host of a sign-in server that has changed was typed. */
  readonly confirmed?: boolean
  /** The code was drawn as a QR code; see {@link signInDrawn}. */
  readonly drawn?: boolean
  /** Said once about the last key: what was copied, or what was wrong with the line. */
  readonly note?: string
  /** Why a client id is asked for, as long as it is. */
  readonly client?: string
  readonly browser?: Extract<SignInStep, { kind: 'browser' }>
  readonly device?: Extract<SignInStep, { kind: 'device' }>
  readonly paste?: Extract<SignInStep, { kind: 'paste' }>
  /** What went wrong, one line per route. */
  readonly trouble: Readonly<Partial<Record<RouteName, string>>>
  /** The line for the pasted address, the client id, or the new host. */
  readonly input: Editor
}

export function createSignIn(view: SignInView): SignInState {
  return { view, trouble: {}, input: createEditor([]) }
}

/** The same panel for another sign-in server. */
export function signInUpdate(state: SignInState, view: SignInView): SignInState {
  return {
    ...state,
    ...{ view, trouble: {}, input: createEditor([]) },
    ...{ asking: undefined, confirmed: undefined, note: undefined },
  }
}

/** What the engine tells about a route. */
export function signInStep(state: SignInState, step: SignInStep): SignInState {
  if (step.kind === 'client') {
    const over = { browser: undefined, device: undefined, paste: undefined, follows: undefined, trouble: {} }
    return { ...state, ...over, started: true, client: troubleText(step.error), input: createEditor([]) }
  }
  if (step.kind !== 'trouble') {
    const trouble = { ...state.trouble, [step.kind]: undefined }
    const follows = step.kind === 'browser' ? step.follows : state.follows
    const drawn = step.kind === 'device' ? undefined : state.drawn
    const shown = state.shown ?? step.kind
    return { ...state, [step.kind]: step, trouble, follows, drawn, started: true, shown }
  }
  const trouble = { ...state.trouble, [step.route]: troubleText(step.error) }
  const follows = step.route === 'browser' ? undefined : state.follows
  const next = { ...state, trouble, follows, asking: undefined }
  // A wrong paste can be mended by another paste: the line stays.
  if (step.route === 'paste' && state.paste) return next
  const left = { ...next, [step.route]: undefined }
  if (state.shown !== step.route) return left
  return { ...left, shown: left.device ? 'device' : left.browser ? 'browser' : undefined }
}

/** The address of the route on screen. */
export function signInAddress({ shown, browser, device, paste }: SignInState): WebUrl | undefined {
  if (shown === 'device') return device?.page
  return shown === 'browser' ? browser?.url : shown === 'paste' ? paste?.url : undefined
}

/** True while the QR code of the code on screen stands right above the panel, which is low therefore. */
export function signInDrawn({ shown, device, drawn }: SignInState): boolean {
  return drawn === true && shown === 'device' && device !== undefined
}

/** True until the person has typed the new host of a sign-in server that has changed. */
export function signInConfirms({ view, confirmed }: SignInState): boolean {
  return view.formerHost !== undefined && confirmed !== true
}

/** What a line of text would be, if the panel asks for one. */
export function signInAsksFor(state: SignInState): 'host' | 'client' | 'paste' | undefined {
  if (signInConfirms(state)) return 'host'
  if (state.client !== undefined) return 'client'
  return state.shown === 'paste' ? 'paste' : undefined
}

/** True while the panel has a line to type in: for `guardKeys`. */
export function signInTakesText(state: SignInState): boolean {
  return signInAsksFor(state) !== undefined
}
