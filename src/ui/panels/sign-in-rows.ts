import type { RouteName, SignInView, WebUrl } from '../../auth/types.ts'
import { changedText, clientText, dayText, keptInText, reasonText, titleText } from '../sign-in-words.ts'
import { type Line, line, truncate, wrap } from '../transcript/line.ts'
import { cells, keepEnd } from '../width.ts'
import {
  blank,
  field,
  fitRows,
  isNarrow,
  labelWidth,
  type PanelSize,
  prose,
  type Row,
  titleRow,
} from './rows.ts'
import { signInHints } from './sign-in-hints.ts'
import { signInList } from './sign-in-list.ts'
import {
  type SignInState,
  signInAddress,
  signInAsksFor,
  signInConfirms,
  signInDrawn,
  signInTakesText,
} from './sign-in-state.ts'

/** Its room, its place in the queue, and all sign-ins that wait, this one first. */
export interface SignInSize extends PanelSize {
  waiting: readonly SignInState[]
}

/** Rows of a panel from which on it says more than what is needed. */
const ROOMY = 13

/** Names of fields where columns are short. */
const SHORT: Readonly<Record<string, string>> = {
  'Sign-in page': 'Page',
  'New rights': 'New',
  'Already given': 'Given',
  'Signed in as': 'Account',
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
    ...(signInDrawn(state) ? [] : signInList(size.waiting, size)),
    ...body(state, size),
    ...trouble,
    ...(state.note === undefined ? [] : prose(10, state.note, width, 1, 'accent')),
    ...(signInTakesText(state) || signInDrawn(state) ? [] : [blank()]),
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
  const { width, maxRows } = size
  const server = keepEnd(state.view.serverHost, width - labelWidth(width))
  const context = [
    ...(maxRows < ROOMY || signInDrawn(state) ? [] : prose(4, reasonText(state.view), width, 2)),
    ...(signInDrawn(state) ? [] : field(5, 'Server', server, width)),
    ...(signInDrawn(state) ? [] : wanted(state, width)),
  ]
  if (asked === 'client') return [...context, ...client(state, width)]
  return [...context, ...(state.shown === undefined ? [] : route(state, state.shown, size))]
}

/** Before the person has chosen: who asks, why, where it leads, what for. */
function explanation(state: SignInState, { width, maxRows }: PanelSize): Row[] {
  const { view, asking } = state
  const room = width - labelWidth(width)
  const most = maxRows < ROOMY ? 2 : 4
  const named = (name: string) => (isNarrow(width) ? (SHORT[name] ?? name) : name)
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
    // A change has named the host already, and asks for it below.
    ...(confirms && view.others.length === 0 && cells(view.pageHost) <= room
      ? []
      : pageFields(view, named('Sign-in page'), width)),
    ...field(8, named(granted ? 'New rights' : 'Rights'), rights, width, most),
    ...(granted ? field(5, named('Already given'), granted, width, most) : []),
    ...(view.account ? field(5, named('Signed in as'), view.account, width) : []),
    ...(view.wanted === view.account ? [] : wanted(state, width)),
    ...field(3, 'Kept in', keptInText(view), width),
    ...(confirms ? prose(9, `If that is right, type ${view.pageHost} to go on:`, width, 3) : []),
    ...(asking === undefined ? [] : prose(9, `Asking ${asking} how to sign in there…`, width, 2, 'accent')),
  ]
}

/** The account that is to sign in, where one was named. */
function wanted({ view }: SignInState, width: number): Row[] {
  return view.wanted ? field(6, isNarrow(width) ? 'As' : 'Sign in as', view.wanted, width) : []
}

/** The host, and since when it is known: beside each other, or each in a row of its own. */
function pageFields(view: SignInView, label: string, width: number): Row[] {
  const { pageHost, formerHost, knownSince, others } = view
  const room = width - labelWidth(width)
  const place = others.length === 0 ? '' : ` (one of ${others.length + 1})`
  const host = `${keepEnd(pageHost, room - cells(place))}${place}`
  if (formerHost !== undefined) return field(9, label, host, width)
  const known = knownSince === undefined ? 'first seen' : `known since ${dayText(knownSince)}`
  const both = `${host} · ${known}`
  if (cells(both) <= room) return field(9, label, both, width)
  return [...field(9, label, host, width), ...field(9, '', known, width)]
}

function client({ client, view }: SignInState, width: number): Row[] {
  return [...prose(8, client ?? '', width, 4, 'warning'), ...prose(9, clientText(view), width, 4)]
}

function route(state: SignInState, shown: RouteName, size: PanelSize): Row[] {
  const { view } = state
  const { width } = size
  if (shown === 'browser' && state.follows)
    return prose(9, 'Follows in the same tab: the page where the one before it ends has a button.', width, 3)
  if (shown === 'browser') {
    if (!state.browser) return prose(9, 'Preparing the sign-in page…', width)
    const { opened, url } = state.browser
    if (opened)
      return [
        ...prose(9, `Waiting for the browser at ${keepEnd(view.pageHost, width)}`, width, 2),
        ...address(url, width),
        ...forwarding(state, width),
      ]
    const words = forwardOf(state) === undefined ? 'No browser could be opened. Open' : 'Then open'
    return [...forwarding(state, width), ...prose(9, `${words} this address:`, width), ...address(url, width)]
  }
  if (shown === 'device') return device(state, size)
  const first = state.paste
    ? [...prose(7, 'Open this in any browser and sign in:', width, 2), ...address(state.paste.url, width)]
    : prose(7, 'Preparing the address…', width)
  return [...first, ...prose(9, 'Then paste the address where it ends:', width, 2)]
}

/**
 * Where to type which code. The code is never spread out, or drawn large: what is copied with the mouse has to be what the
 * page takes. It stands alone and inverse, which is seen from afar, without colour too. Where room is short, or the QR code
 * stands above, few rows say the same.
 */
function device({ device, drawn, view }: SignInState, { width, maxRows }: PanelSize): Row[] {
  if (device === undefined) return prose(9, `Asking ${keepEnd(view.pageHost, width)} for a code…`, width, 3)
  const code: Line = [{ text: ` ${device.code} `, styles: ['strong', 'inverse'] }]
  const page = address(device.page, width)
  const own = prose(9, 'Only if you started this yourself.', width, 2, 'warning')
  const low = maxRows < ROOMY
  if (drawn || low) {
    const words = drawn
      ? `${low ? 'Scroll up and scan the code' : 'Scan the code above'}, or enter`
      : 'On any device enter'
    const sentence: Line = [{ text: `${words} ` }, ...code, { text: ' at' }]
    return [...rowsOf(sentence, width), ...page, ...own]
  }
  const open = prose(9, 'On any device open', width)
  const enter = prose(9, 'and enter this code:', width)
  return [
    ...open,
    ...page,
    ...enter,
    blank(2),
    { rank: 9, line: [{ text: '   ' }, ...code] },
    blank(2),
    ...own,
  ]
}

function rowsOf(sentence: Line, width: number): Row[] {
  return wrap(sentence, width).map(each => ({ rank: 9, line: each }))
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
    ...prose(5, `First run this where the browser is${printed}:`, width),
    { rank: 7, line: truncate(line(command), width) },
  ]
}

/** A pasted address needs no way back. */
function forwardOf({ shown, browser }: SignInState): string | undefined {
  return shown === 'browser' ? browser?.forward : undefined
}
