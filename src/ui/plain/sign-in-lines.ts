import type { Choice, SignInStep, SignInView } from '../../auth/types.ts'
import {
  changedText,
  clientText,
  dayText,
  keptInText,
  reasonText,
  routeText,
  timeLeft,
  titleText,
  troubleText,
} from '../sign-in-words.ts'

/** One thing that can be chosen by its number. */
export interface SignInOption {
  text: string
  choice: Choice
}

/**
 * What can be chosen, in the order of the numbers: they mean the same as long as the sign-in lasts. Other sign-in servers
 * come last, since they cannot be chosen any more once a route was opened (`started`).
 */
export function signInOptions(view: SignInView, started: boolean): SignInOption[] {
  const { routes, others } = view
  return [
    ...routes.map(route => ({ text: routeText(route), choice: { kind: 'route', route } as const })),
    ...(routes.includes('browser')
      ? [{ text: 'another account', choice: { kind: 'account' } as const }]
      : []),
    { text: 'later', choice: { kind: 'later' } },
    { text: 'cancel', choice: { kind: 'cancel' } },
    ...(started ? [] : others).map(({ issuer, host }) => ({
      text: `sign in at ${host}`,
      choice: { kind: 'issuer', issuer } as const,
    })),
  ]
}

/** Who asks, why, where it leads, what for. */
export function introduction(view: SignInView, now: number, waiting: number): string[] {
  const rights =
    view.newScopes.join(', ') || (view.grantedScopes.length > 0 ? 'none' : 'not named by the server')
  const tool = view.tool && view.reason !== 'upscope' ? ` For ${view.tool}.` : ''
  const granted = view.grantedScopes.length > 0 ? ` Already given: ${view.grantedScopes.join(', ')}.` : ''
  const account = view.account ? ` Signed in as ${view.account}.` : ''
  const more = waiting === 0 ? '' : ` ${waiting} more after this.`
  return [
    ...(view.formerHost === undefined ? [] : [`! ${view.server}: ${changedText(view)}`]),
    `${titleText(view)} (${view.serverHost}). ${reasonText(view)}${tool}${more}`,
    `Sign-in page: ${view.pageHost}${knownText(view)}. Rights: ${rights}.${granted}${account} Kept in ${keptInText(view)}. ${timeLeft(view.deadline, now)}.`,
  ]
}

function knownText({ knownSince, formerHost }: SignInView): string {
  if (formerHost !== undefined) return ''
  return knownSince === undefined ? ', first seen' : `, known since ${dayText(knownSince)}`
}

/** What the engine tells about a route. Addresses stand alone on their line, so that they can be copied whole. */
export function stepLines(view: SignInView, step: SignInStep, now: number): string[] {
  switch (step.kind) {
    case 'browser': {
      const words = step.opened
        ? `Waiting for the browser at ${view.pageHost}. If no page came up, open this address:`
        : 'No browser could be opened. Open this address:'
      return [words, step.url, ...forwarding(step)]
    }
    case 'device':
      return [
        `On any device open ${step.page} and enter the code ${step.code}`,
        `Only if you started this yourself. ${timeLeft(Math.min(step.expiresAt, view.deadline), now)}.`,
      ]
    case 'paste':
      return [
        'Open this address in any browser and sign in:',
        step.url,
        ...forwarding(step),
        'Then paste the address of the page where it ends, and press Enter.',
      ]
    case 'client':
      return [troubleText(step.error), clientText(view)]
    case 'trouble':
      return [`${view.server}: ${troubleText(step.error)}`]
  }
}

/** Over SSH: what brings a browser on the person's own machine back to us. */
function forwarding({ forward }: { forward?: string }): string[] {
  return forward === undefined ? [] : ['For a browser on your own machine, run there first:', forward]
}
