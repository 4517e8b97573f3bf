import type { RouteName } from '../../auth/types.ts'
import { routeText, timeLeft } from '../sign-in-words.ts'
import { isNarrow, keyRows, type Row } from './rows.ts'
import { canDoAll } from './sign-in-list.ts'
import { ROUTE_KEYS } from './sign-in-press.ts'
import type { SignInSize } from './sign-in-rows.ts'
import { type SignInState, signInAddress, signInAsksFor, signInDrawn } from './sign-in-state.ts'

type Hint = readonly [key: string, text: string]

const SHORT: Readonly<Record<RouteName, string>> = { browser: 'browser', device: 'code', paste: 'paste' }

/** The keys that mean something now, and how long there is. `now` in milliseconds since the epoch. */
export function signInHints(state: SignInState, size: SignInSize, now: number): Row[] {
  const { view, shown, device } = state
  const end = (shown === 'device' && device?.expiresAt) || view.deadline
  return keyRows(hints(state, size), size.width, timeLeft(Math.min(view.deadline, end), now))
}

function hints(state: SignInState, { width, maxRows, index, total, waiting }: SignInSize): Hint[] {
  const cancel: Hint = ['Esc', 'cancel']
  const asked = signInAsksFor(state)
  if (asked === 'paste') return [['⏎', 'send'], ['Tab', 'other ways'], cancel]
  const several = waiting.length > 1
  if (asked !== undefined)
    return [['⏎', asked === 'host' ? 'go on' : 'send'], ...some(several, ['Tab', 'next']), cancel]
  const leave: Hint[] = [
    ...some(several, ['n', 'next']),
    ...some(canDoAll(waiting), ['a', isNarrow(width) ? 'all' : 'all in one tab']),
    ...([['l', 'later'], cancel] as const),
    ...some(index < total, ['X', 'cancel all']),
  ]
  if (state.asking !== undefined) return leave
  if (signInDrawn(state)) return [['c', 'copy code'], ['q', 'back'], ['l', 'later'], cancel]

  const { view, shown } = state
  const narrow = isNarrow(width)
  // Where room is short the keys work all the same; those that can be guessed are not named.
  const roomy = maxRows > 12
  const text = (name: RouteName) => (narrow ? SHORT[name] : routeText(name))
  const [recommended] = view.routes
  const first = shown === undefined ? recommended : undefined
  const others = view.routes.filter(name => name !== first && name !== shown)
  return [
    ...(first ? [['⏎', text(first)] as const] : []),
    ...(shown === 'browser' ? [opening(state, narrow)] : []),
    ...others.map(name => [ROUTE_KEYS[name], text(name)] as const),
    ...some(!state.started && view.others.length > 0, [
      's',
      narrow ? 'other server' : 'other sign-in server',
    ]),
    ...some(
      shown === 'device' && state.device !== undefined,
      ['c', narrow ? 'copy' : 'copy code'],
      ['q', narrow ? 'QR' : 'QR code'],
    ),
    ...some(roomy && signInAddress(state) !== undefined, ['u', 'copy address']),
    ...some(roomy && shown !== undefined && view.routes.includes('browser'), ['o', 'other account']),
    ...leave,
  ]
}

function opening({ follows, browser }: SignInState, narrow: boolean): Hint {
  if (follows) return ['⏎', narrow ? 'open' : 'open it in a tab of its own']
  if (narrow) return ['b', 'again']
  return ['b', browser?.opened === false ? 'try again' : 'open it again']
}

function some(wanted: boolean, ...hints: Hint[]): Hint[] {
  return wanted ? hints : []
}
