import type { RouteName, SignInView, WebUrl } from '../../auth/types.ts'
import { changedText, clientText, dayText, keptInText, reasonText, titleText } from '../sign-in-words.ts'
import { line, truncate } from '../transcript/line.ts'
import { cells, keepEnd } from '../width.ts'
import { blank, field, fitRows, type PanelSize, prose, type Row, titleRow } from './rows.ts'
import { signInHints } from './sign-in-hints.ts'
import { signInList } from './sign-in-list.ts'
import {
  type SignInState,
  signInAddress,
  signInAsksFor,
  signInConfirms,
  signInTakesText,
} from './sign-in-state.ts'

/** Its room, its place in the queue, and all sign-ins that wait, this one first. */
export interface SignInSize extends PanelSize {
  waiting: readonly SignInState[]
}

/** The rows above the line to type in (or all there are) and those below it. `now` in milliseconds since the epoch. */
export function signInRows(
  state: SignInState,
  size: SignInSize,
  now: number,
): { above: Row[]; below: Row[] } {
  const { view } = state
  const { width, maxRows } = size
  const below = signInHints(state, size, now)
  const trouble = Object.values(state.trouble).flatMap(text =>
    text ? prose(8, `! ${text}`, width, 3, 'warning') : [],
  )
  const above = [
    titleRow(titleText(view), size.index, size.total, width),
    ...signInList(size.waiting, size),
    ...body(state, size),
    ...trouble,
    ...(state.note === undefined ? [] : prose(10, state.note, width, 1, 'accent')),
    ...(signInTakesText(state) ? [] : [blank()]),
  ]
  const room = maxRows - below.length - (signInTakesText(state) ? 1 : 0)
  return { above: fitRows(above, room, width), below }
}

/** What of the route on screen does not fit into one row of the panel, and has to be copied as one line. */
export function longTexts(state: SignInState, width: number): string[] {
  // Its address is behind the button of another page.
  if (state.follows && state.shown === 'browser') return []
  return [signInAddress(state) ?? '', forwardOf(state) ?? ''].filter(text => cells(text) > width)
}

function body(state: SignInState, size: PanelSize): Row[] {
  const asked = signInAsksFor(state)
  if (asked === 'host' || (asked === undefined && state.shown === undefined)) return explanation(state, size)
  const context = [
    ...prose(4, reasonText(state.view), size.width, 2),
    ...field(5, 'Server', keepEnd(state.view.serverHost, size.width - 14), size.width),
  ]
  if (asked === 'client') return [...context, ...client(state, size.width)]
  return [...context, ...(state.shown === undefined ? [] : route(state, state.shown, size.width))]
}

/** Before the person has chosen: who asks, why, where it leads, what for. */
function explanation(state: SignInState, { width, maxRows }: PanelSize): Row[] {
  const { view, asking } = state
  const room = width - 14
  const most = maxRows > 12 ? 4 : 2
  const asked = view.newScopes.join(', ')
  const granted = view.grantedScopes.join(', ')
  const rights = asked || (granted ? 'none' : 'not named by the server')
  const confirms = signInConfirms(state)
  return [
    ...(view.formerHost === undefined
      ? []
      : prose(10, `! ${changedText(view)}`, width, 4, 'warning', 'strong')),
    // Its beginning stays where the list of the others has room for one row only.
    ...prose(7, reasonText(view), width, 2).map((row, at) => (at === 0 ? { ...row, rank: 8 } : row)),
    ...(view.tool && view.reason !== 'upscope' ? field(4, 'For', view.tool, width) : []),
    ...field(6, 'Server', keepEnd(view.serverHost, room), width),
    ...field(9, 'Sign-in page', pageText(view, room), width, 2),
    ...field(8, granted ? 'New rights' : 'Rights', rights, width, most),
    ...(granted ? field(5, 'Already given', granted, width, most) : []),
    ...(view.account ? field(5, 'Signed in as', view.account, width) : []),
    ...field(3, 'Kept in', keptInText(view), width),
    ...(confirms ? prose(9, `If that is right, type ${view.pageHost} to go on:`, width, 3) : []),
    ...(asking === undefined ? [] : prose(9, `Asking ${asking} how to sign in there…`, width, 2, 'accent')),
  ]
}

function pageText({ pageHost, formerHost, knownSince, others }: SignInView, room: number): string {
  const place = others.length === 0 ? '' : ` (one of ${others.length + 1})`
  const shown = `${keepEnd(pageHost, room)}${place}`
  if (formerHost !== undefined) return shown
  return `${shown} · ${knownSince === undefined ? 'first seen' : `known since ${dayText(knownSince)}`}`
}

function client({ client, view }: SignInState, width: number): Row[] {
  return [...prose(8, client ?? '', width, 4, 'warning'), ...prose(9, clientText(view), width, 4)]
}

function route(state: SignInState, shown: RouteName, width: number): Row[] {
  const { view } = state
  if (shown === 'browser' && state.follows)
    return prose(9, 'Follows in the same tab: the page where the one before it ends has a button.', width, 3)
  if (shown === 'browser') {
    if (!state.browser) return prose(9, 'Preparing the sign-in page…', width)
    const { opened, url } = state.browser
    const words = opened
      ? `Waiting for the browser at ${view.pageHost}…`
      : 'No browser could be opened. Open this address:'
    return [...prose(9, words, width, 2), ...address(url, width), ...forwarding(state, width)]
  }
  if (shown === 'device') {
    if (!state.device) return prose(9, `Asking ${view.pageHost} for a code…`, width, 2)
    const { code, page } = state.device
    return [
      ...prose(9, 'On any device open', width),
      ...address(page, width),
      ...prose(9, 'and enter this code:', width),
      blank(2),
      { rank: 9, line: [{ text: '    ' }, { text: code, styles: ['strong', 'accent'] }] },
      blank(2),
      ...prose(9, 'Only if you started this yourself.', width, 2, 'warning'),
    ]
  }
  const first = state.paste
    ? [
        ...prose(7, 'Open this in any browser and sign in:', width, 2),
        ...address(state.paste.url, width),
        ...forwarding(state, width),
      ]
    : prose(7, 'Preparing the address…', width)
  return [...first, ...prose(9, 'Then paste the address where it ends:', width, 2)]
}

function address(url: WebUrl, width: number): Row[] {
  const row: Row = { rank: 8, line: truncate(line(url), width), link: url }
  return cells(url) > width
    ? [row, ...prose(6, 'The whole address is printed above.', width, 1, 'dim')]
    : [row]
}

/** Over SSH: what the person runs in front of them, so that the browser there comes back to us by itself. */
function forwarding(state: SignInState, width: number): Row[] {
  const command = forwardOf(state)
  if (command === undefined) return []
  const printed = cells(command) > width ? ' (whole above)' : ''
  return [
    ...prose(5, `For a browser on your own machine, run there first${printed}:`, width),
    { rank: 7, line: truncate(line(command), width) },
  ]
}

function forwardOf({ shown, browser, paste }: SignInState): string | undefined {
  return shown === 'browser' ? browser?.forward : shown === 'paste' ? paste?.forward : undefined
}
