import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import { accountName } from './accounts.ts'
import { isNetwork } from './http.ts'
import type { Placed } from './placing.ts'
import type { Stored } from './renewal.ts'
import type { Answer, AuthRequest, Grant, Prompt, Reason, SignInResult } from './types.ts'

const WHY: Record<Reason, string> = {
  initial: 'first use',
  refresh: 'the last one has expired',
  upscope: 'more rights',
  reauth: 'the last one is no longer accepted',
}

/** The answer that a grant gives; its lifetime only where it is known. */
export function answerWith(grant: Pick<Grant, 'access' | 'expiresAt'>, now: number): Answer {
  const left = grant.expiresAt === undefined ? 0 : Math.floor((grant.expiresAt - now) / 1000)
  return { kind: 'token', token: grant.access, expiresIn: left > 0 ? left : undefined }
}

/** How a panel ends that gave no token. */
export function resultOf(error: HostError): SignInResult {
  if (error.kind === 'cancelled' || error.kind === 'later') return { kind: error.kind }
  return { kind: 'failed', error }
}

/** The person, or the sign-in server in their name, said no. */
export function isRefusal(error: HostError): boolean {
  return error.kind === 'cancelled' || error.kind === 'later' || error.kind === 'sign-in-denied'
}

/** True for a renewal that may work another time: network, server in trouble, captive portal, busy neighbour. */
export function isPassing(error: HostError): boolean {
  return isNetwork(error) || error.kind === 'token-bad' || error.kind === 'store-unavailable'
}

/** The passing fault of a renewal as an error of its own: the sign-in is still there. */
export function notRenewed({ server }: AuthRequest, error: HostError): HostError {
  return new HostError(
    'renewal-failed',
    `${server.name}: the sign-in could not be renewed (${clean(error.message, 200)})`,
  )
}

/** Why there is no token where nobody may be asked. */
export function whyNot(
  { server, reason, slot }: AuthRequest,
  { before }: Extract<Stored, { kind: 'nothing' }>,
): HostError {
  const why = reason === 'initial' && before !== undefined ? 'refresh' : reason
  return new HostError(
    'sign-in-needed',
    `${server.name} needs a sign-in${slot ? ` as ${slot}` : ''} (${WHY[why]})`,
  )
}

/** Somebody else has signed in than before: a warning, unless the person wanted it so. */
export function otherAccount(
  { name }: AuthRequest['server'],
  { account }: Grant,
  { slot, instead }: Placed,
  { asked, bound, command = '/account' }: { asked: boolean; bound: boolean; command?: string },
): Parameters<Prompt['tell']>[0] {
  const now = account ?? accountName({ slot })
  const before = bound ? `this folder is bound to ${instead}` : `it was ${instead} until now`
  const text = `${name}: signed in as ${now}; ${before} (${command} ${name} ${instead} goes back)`
  return { level: asked ? 'info' : 'warning', text }
}
