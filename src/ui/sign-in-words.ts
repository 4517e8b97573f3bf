import type { RouteName, SignInResult, SignInView } from '../auth/types.ts'
import { type Clean, clean } from '../text.ts'

const KEPT_IN: Readonly<Record<SignInView['keptIn'], string>> = {
  keychain: 'the system keychain',
  file: 'a file of your own (0600)',
  memory: 'memory, until you leave',
}

const ROUTES: Readonly<Record<RouteName, string>> = {
  browser: 'open the browser',
  device: 'code for another device',
  paste: 'paste an address',
}

/** What the panel is about, in a few words. */
export function titleText(view: SignInView): string {
  return view.reason === 'upscope' ? `${view.server} asks for more rights` : `Sign in to ${view.server}`
}

/** Why the server asks, in one sentence. */
export function reasonText(view: SignInView): string {
  switch (view.reason) {
    case 'initial':
      return view.formerHost === undefined && view.knownSince === undefined
        ? 'The server asks for a sign-in before its first use.'
        : 'The server asks you to sign in again.'
    case 'refresh':
      return 'The server no longer accepts the sign-in that you gave.'
    case 'upscope':
      return `${view.tool ?? 'The server'} needs a right that you have not given yet.`
    case 'reauth':
      return 'The server asks you to sign in again.'
  }
}

/** A server that has moved to another sign-in server: the one thing that must not be overlooked. */
export function changedText({ formerHost, pageHost }: SignInView): string {
  if (formerHost === pageHost) return `Sign-in server CHANGED: it is not the one that was at ${pageHost}.`
  return `Sign-in server CHANGED: was ${formerHost}, now ${pageHost}.`
}

/** How the person comes by a client id (RFC 8252 7.3: the port of the redirect address does not count). */
export function clientText({ pageHost }: SignInView): string {
  return `Register an app at ${pageHost} with the redirect address http://127.0.0.1/ and paste its client id here:`
}

/** What is wrong with a client id, if anything: it is visible ASCII (RFC 6749 A.1), at most 1024 characters. */
export function clientIdTrouble(id: string): string | undefined {
  return /^[\x20-\x7e]{1,1024}$/.test(id)
    ? undefined
    : 'That is no client id: letters, digits and signs only.'
}

/** Where the sign-in will be kept. */
export function keptInText(view: Pick<SignInView, 'keptIn'>): string {
  return KEPT_IN[view.keptIn]
}

export function routeText(route: RouteName): string {
  return ROUTES[route]
}

/** A day as people write it where this program runs: 3 Nov 2026. */
export function dayText(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
}

/** One line about a route that ended while others may still finish. */
export function troubleText(error: Error): Clean {
  return clean(error.message, 240)
}

/** The time from `now` to `end` (milliseconds), as minutes and seconds: `9:41 left`. */
export function timeLeft(end: number, now: number): string {
  if (end === Number.POSITIVE_INFINITY) return 'no time limit'
  const seconds = Math.max(0, Math.ceil((end - now) / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`
}

/** The one line that stays when a sign-in is over. `again`: the command that starts it once more. */
export function resultLine(
  view: Pick<SignInView, 'server'>,
  result: SignInResult,
  again = `/login ${view.server}`,
): { level: 'done' | 'info' | 'warning' | 'error'; text: string } {
  switch (result.kind) {
    case 'signed-in': {
      const account = result.account ? ` as ${result.account}` : ''
      return {
        level: 'done',
        text: `signed in to ${view.server}${account}, kept in ${KEPT_IN[result.keptIn]}`,
      }
    }
    case 'elsewhere':
      return { level: 'done', text: `${view.server}: signed in from another terminal` }
    case 'brought':
      return {
        level: 'done',
        text: `signed in to ${view.server} with a token that you brought, for this request only`,
      }
    case 'withdrawn':
      return { level: 'info', text: `${view.server}: the sign-in is no longer needed` }
    case 'later':
      return { level: 'info', text: `${view.server}: sign-in later (${again})` }
    case 'cancelled':
      return { level: 'info', text: `${view.server}: sign-in cancelled. ${again} asks again` }
    case 'failed':
      return { level: 'error', text: `${view.server}: ${troubleText(result.error)}. ${again} tries again` }
  }
}
