import type { Choice, SignInView } from '../../auth/types.ts'
import { clientIdTrouble, routeText } from '../sign-in-words.ts'
import { isNumber } from './numbers.ts'

/** One thing that can be chosen by its number. `all`: this and the others that wait, by browser; `skip`: another one first. */
export interface SignInOption {
  text: string
  choice: Choice | { kind: 'all' } | { kind: 'skip' }
}

/**
 * What can be chosen, in the order of the numbers: they mean the same as long as the sign-in lasts. What can only be chosen
 * before a route was opened comes last. `together`: how many can go by browser in one tab; `waiting`: how many questions wait.
 */
export function signInOptions(
  view: SignInView,
  { started, together, waiting }: { started: boolean; together: number; waiting: number },
): SignInOption[] {
  const { routes, others } = view
  const always: SignInOption[] = [
    ...routes.map(route => ({ text: routeText(route), choice: { kind: 'route', route } as const })),
    ...some(routes.includes('browser'), { text: 'another account', choice: { kind: 'account' } }),
    { text: 'later', choice: { kind: 'later' } },
    { text: 'cancel', choice: { kind: 'cancel' } },
  ]
  if (started) return always
  return [
    ...always,
    ...some(together > 1, { text: `all ${together} by browser, in one tab`, choice: { kind: 'all' } }),
    ...some(waiting > 0, { text: 'the next one first', choice: { kind: 'skip' } }),
    ...others.map(({ issuer, host }) => ({
      text: `sign in at ${host}`,
      choice: { kind: 'issuer', issuer } as const,
    })),
  ]
}

function some(wanted: boolean, option: SignInOption): SignInOption[] {
  return wanted ? [option] : []
}

/** What is wrong with an address before any was opened. */
export function earlyLine(line: string): string | undefined {
  const typed = typedLine(line, undefined)
  return typed === undefined ? undefined : 'That is not the address of this sign-in: none is open yet.'
}

/** What a line is that names no option, or what is wrong with it. `wanted`: what was asked for while it was typed. */
export function typedLine(
  line: string,
  wanted: 'address' | 'client' | undefined,
): Choice | string | undefined {
  const address = line.replaceAll(/\s/gu, '')
  if (address === '' || isNumber(address)) return undefined
  if (wanted === 'client' && !/^\w+:\/\//.test(address)) {
    return clientIdTrouble(line) ?? { kind: 'client', id: line }
  }
  return wanted === 'address' || /:\/\/|[?&]code=/.test(address) ? { kind: 'pasted', address } : undefined
}
