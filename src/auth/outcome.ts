import { HostError } from '../errors.ts'
import type { Stored } from './renewal.ts'
import type { Answer, AuthRequest, Grant, Reason, SignInResult } from './types.ts'

const WHY: Record<Reason, string> = {
  initial: 'first use',
  refresh: 'the last one has expired',
  upscope: 'more rights',
  reauth: 'the last one is no longer accepted',
}

/** The answer that a grant gives; its lifetime only where it is known. */
export function answerWith(grant: Grant, now: number): Answer {
  const left = grant.expiresAt === undefined ? 0 : Math.floor((grant.expiresAt - now) / 1000)
  return { kind: 'token', token: grant.access, expiresIn: left > 0 ? left : undefined }
}

/** How a panel ends that gave no token. */
export function resultOf(error: HostError): SignInResult {
  return error.kind === 'cancelled' ? { kind: 'cancelled' } : { kind: 'failed', error }
}

/** The person, or the sign-in server in their name, said no. */
export function isRefusal(error: HostError): boolean {
  return error.kind === 'cancelled' || error.kind === 'sign-in-denied'
}

/** True for a renewal that may work another time; false when the grant or the client is gone for good. */
export function isPassing(error: HostError): boolean {
  return error.kind !== 'invalid-grant' && error.kind !== 'invalid-client'
}

/** Why there is no token where nobody may be asked. A renewal that failed for a passing reason says more than "sign in". */
export function whyNot(
  { server, reason }: AuthRequest,
  { before, error }: Extract<Stored, { kind: 'nothing' }>,
): HostError {
  if (error !== undefined && isPassing(error)) return error
  const why = reason === 'initial' && before !== undefined ? 'refresh' : reason
  return new HostError('sign-in-needed', `${server.name} needs a sign-in (${WHY[why]})`)
}
