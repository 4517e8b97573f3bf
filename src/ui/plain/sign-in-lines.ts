import type { SignInStep, SignInView } from '../../auth/types.ts'
import {
  changedText,
  clientText,
  dayText,
  keptInText,
  reasonText,
  timeLeft,
  titleText,
  troubleText,
} from '../sign-in-words.ts'

/** Who asks, why, where it leads, what for; and who else waits. */
export function introduction(view: SignInView, now: number, others: readonly SignInView[]): string[] {
  const rights =
    view.newScopes.join(', ') || (view.grantedScopes.length > 0 ? 'none' : 'not named by the server')
  const tool = view.tool && view.reason !== 'upscope' ? ` For ${view.tool}.` : ''
  const granted = view.grantedScopes.length > 0 ? ` Already given: ${view.grantedScopes.join(', ')}.` : ''
  const account = view.account ? ` Signed in as ${view.account}.` : ''
  const wanted = view.wanted && view.wanted !== view.account ? ` Sign in as ${view.wanted}.` : ''
  const waiting = others.map(({ server, pageHost }) => `${server} (sign-in page: ${pageHost})`)
  return [
    ...(view.formerHost === undefined ? [] : [`! ${view.server}: ${changedText(view)}`]),
    `${titleText(view)} (${view.serverHost}). ${reasonText(view)}${tool}`,
    `Sign-in page: ${view.pageHost}${knownText(view)}. Rights: ${rights}.${granted}${account}${wanted} Kept in ${keptInText(view)}. ${timeLeft(view.deadline, now)}.`,
    ...(waiting.length === 0 ? [] : [`Waiting behind it: ${waiting.join(', ')}.`]),
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
      const words = step.follows
        ? 'The page of the sign-in before leads to this one. If it does not, open this address:'
        : step.opened
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
