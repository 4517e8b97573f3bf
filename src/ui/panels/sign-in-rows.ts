import type { RouteName, SignInView, WebUrl } from '../../auth/types.ts'
import { dayText, keptInText, reasonText, routeText, timeLeft, titleText } from '../sign-in-words.ts'
import { line, truncate } from '../transcript/line.ts'
import { cells, keepEnd } from '../width.ts'
import { blank, field, fitRows, keyRows, prose, type Row, titleRow } from './rows.ts'
import { type SignInState, signInAddress, signInConfirms, signInTakesText } from './sign-in-state.ts'

export interface SignInSize {
  index: number
  total: number
  width: number
  maxRows: number
}

const SHORT: Readonly<Record<RouteName, string>> = { browser: 'browser', device: 'code', paste: 'paste' }
const KEYS: Readonly<Record<RouteName, string>> = { browser: 'b', device: 'd', paste: 'p' }

/** The rows above the line to type in (or all there are) and those below it. `now` in milliseconds since the epoch. */
export function signInRows(
  state: SignInState,
  size: SignInSize,
  now: number,
): { above: Row[]; below: Row[] } {
  const { view, shown } = state
  const { width, maxRows } = size
  const below = keys(state, size, now)
  const trouble = Object.values(state.trouble).flatMap(text =>
    text ? prose(8, `! ${text}`, width, 2, 'warning') : [],
  )
  const above = [
    titleRow(titleText(view), size.index, size.total, width),
    ...(signInConfirms(state) || shown === undefined ? explanation(state, size) : route(state, shown, width)),
    ...trouble,
    ...(state.note === undefined ? [] : prose(10, state.note, width, 1, 'accent')),
    ...(signInTakesText(state) ? [] : [blank()]),
  ]
  return { above: fitRows(above, maxRows - below.length - (signInTakesText(state) ? 1 : 0), width), below }
}

/** The address of the route on screen, if it does not fit into the panel. */
export function longAddress(state: SignInState, width: number): WebUrl | undefined {
  const address = signInAddress(state)
  return address && cells(address) > width ? address : undefined
}

/** Before the person has chosen: who asks, why, where it leads, what for. */
function explanation(state: SignInState, { width, maxRows }: SignInSize): Row[] {
  const { view } = state
  const room = width - 14
  const most = maxRows > 12 ? 4 : 2
  const asked = view.newScopes.join(', ')
  const granted = view.grantedScopes.join(', ')
  const rights = asked || (granted ? 'none' : 'not named by the server')
  return [
    ...changed(view, width),
    ...prose(7, reasonText(view), width, 2),
    ...(view.tool && view.reason !== 'upscope' ? field(4, 'For', view.tool, width) : []),
    ...field(6, 'Server', keepEnd(view.serverHost, room), width),
    ...field(9, 'Sign-in page', pageText(view, room), width, 2),
    ...field(8, granted ? 'New rights' : 'Rights', rights, width, most),
    ...(granted ? field(5, 'Already given', granted, width, most) : []),
    ...(view.account ? field(5, 'Signed in as', view.account, width) : []),
    ...field(3, 'Kept in', keptInText(view), width),
    ...(signInConfirms(state) ? prose(9, `If that is right, type ${view.pageHost} to go on:`, width, 3) : []),
  ]
}

/** A server that has moved to another sign-in server: the one thing that must not be overlooked. */
function changed({ formerHost, pageHost }: SignInView, width: number): Row[] {
  if (formerHost === undefined) return []
  return prose(
    9,
    `The sign-in server CHANGED: it was ${formerHost}, now it is ${pageHost}.`,
    width,
    4,
    'warning',
  )
}

function pageText({ pageHost, formerHost, knownSince, others }: SignInView, room: number): string {
  const place = others.length === 0 ? '' : ` (one of ${others.length + 1})`
  const shown = `${keepEnd(pageHost, room - cells(place))}${place}`
  if (formerHost !== undefined) return shown
  return `${shown} · ${knownSince === undefined ? 'first seen' : `known since ${dayText(knownSince)}`}`
}

function route(state: SignInState, shown: RouteName | 'client', width: number): Row[] {
  const { view } = state
  const context = [
    ...prose(4, reasonText(view), width, 2),
    ...field(5, 'Server', keepEnd(view.serverHost, width - 14), width),
  ]
  if (shown === 'client') {
    return [
      ...context,
      ...prose(9, state.client ?? '', width, 4, 'warning'),
      ...prose(
        8,
        `If you have an app at ${view.pageHost} with the redirect address http://127.0.0.1/, type its client id:`,
        width,
        3,
      ),
    ]
  }
  if (shown === 'browser') {
    if (!state.browser) return [...context, ...prose(9, 'Preparing the sign-in page…', width)]
    const { opened, url } = state.browser
    const words = opened
      ? `Waiting for the browser at ${view.pageHost}…`
      : 'No browser could be opened. Open this address:'
    return [
      ...context,
      ...prose(9, words, width, 2),
      ...address(url, width),
      ...forwarding(state.browser, width),
    ]
  }
  if (shown === 'device') {
    if (!state.device) return [...context, ...prose(9, `Asking ${view.pageHost} for a code…`, width, 2)]
    const { code, page } = state.device
    return [
      ...context,
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
        ...prose(7, 'Open this address in any browser and sign in:', width, 2),
        ...address(state.paste.url, width),
        ...forwarding(state.paste, width),
      ]
    : prose(7, 'Preparing the address…', width)
  return [...context, ...first, ...prose(9, 'Then paste the address of the page where it ends:', width, 2)]
}

/** Over SSH: what the person runs in front of them, so that the browser there comes back to us by itself. */
function forwarding({ forward }: { forward?: string }, width: number): Row[] {
  if (forward === undefined) return []
  return [
    ...prose(6, 'For a browser on your own machine, run there first:', width),
    ...prose(6, forward, width, 2),
  ]
}

function address(url: WebUrl, width: number): Row[] {
  const row: Row = { rank: 8, line: truncate(line(url), width), link: url }
  return cells(url) > width
    ? [row, ...prose(8, 'The whole address is printed above.', width, 1, 'dim')]
    : [row]
}

function keys(state: SignInState, { width, index, total, maxRows }: SignInSize, now: number): Row[] {
  // Where room is short the keys work all the same; those that can be guessed are not named.
  const roomy = maxRows > 12
  const { view, shown, device } = state
  const text = (name: RouteName) => (width < 50 ? SHORT[name] : routeText(name))
  const left = timeLeft(
    Math.min(view.deadline, (shown === 'device' && device?.expiresAt) || view.deadline),
    now,
  )
  if (signInConfirms(state) || shown === 'client')
    return keyRows(
      [
        ['⏎', signInConfirms(state) ? 'go on' : 'send'],
        ['Esc', 'cancel'],
      ],
      width,
      left,
    )
  if (shown === 'paste')
    return keyRows(
      [
        ['⏎', 'send'],
        ['Tab', 'other ways'],
        ['Esc', 'cancel'],
      ],
      width,
      left,
    )
  const [recommended] = view.routes
  const first = shown === undefined ? recommended : undefined
  const others = view.routes.filter(name => name !== first && name !== shown)
  return keyRows(
    [
      ...(first ? [['⏎', text(first)] as const] : []),
      ...(shown === 'browser' ? [['b', width < 50 ? 'again' : 'open it again'] as const] : []),
      ...others.map(name => [KEYS[name], text(name)] as const),
      ...(shown === undefined && view.others.length > 0 ? [['s', 'other sign-in server'] as const] : []),
      ...(shown === 'device' && device
        ? ([
            ['c', 'copy code'],
            ['q', 'QR code'],
          ] as const)
        : []),
      ...(signInAddress(state) === undefined || !roomy ? [] : [['u', 'copy address'] as const]),
      ...(shown === undefined || !roomy || !view.routes.includes('browser')
        ? []
        : [['o', 'other account'] as const]),
      ['l', 'later'],
      ['Esc', 'cancel'],
      ...(index < total ? [['X', 'cancel all'] as const] : []),
    ],
    width,
    left,
  )
}
