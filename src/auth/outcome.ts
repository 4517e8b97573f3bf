import { type ErrorKind, HostError } from '../errors.ts'
import { type Clean, clean, shellWord } from '../text.ts'
import { accountName } from './accounts.ts'
import { isNetwork } from './http.ts'
import type { Placed } from './placing.ts'
import type { Stored } from './renewal.ts'
import type { JournalEntry } from './store/journal.ts'
import type { Answer, AuthRequest, Grant, Prompt, Reason, SignInResult } from './types.ts'

const WHY: Record<Reason, string> = {
  initial: 'first use',
  refresh: 'the last one has expired',
  upscope: 'more rights',
  reauth: 'the last one is no longer accepted',
}

/** Errors that always name the server themselves, and those that say what to do. */
const NAMES_SERVER: ReadonlySet<ErrorKind> = new Set(['failure', 'issuer-changed', 'renewal-failed'])
const SAYS_NEXT: ReadonlySet<ErrorKind> = new Set([
  'invalid-client',
  'issuer-changed',
  'no-client',
  'renewal-failed',
])

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

/** What is told of a sign-in that failed before there was a panel: which server, and what to do. `again`: the command for that. */
export function failure(
  { server: { name } }: AuthRequest,
  { kind, message }: HostError,
  again?: (server: Clean) => string,
): Parameters<Prompt['tell']>[0] {
  const names = NAMES_SERVER.has(kind) || message.startsWith(`${name} `) || message.startsWith(`${name}: `)
  const which = names ? '' : `${name}: `
  const next = again === undefined || SAYS_NEXT.has(kind) ? '' : `. ${again(name)} tries again`
  return { level: 'warning', text: `${which}${message}${next}` }
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
  { slot, instead = accountName({}) }: Placed,
  { asked, bound, command }: { asked: boolean; bound: boolean; command?: string },
): Parameters<Prompt['tell']>[0] {
  const now = account ?? accountName({ slot })
  const before = bound ? `this folder is bound to ${instead}` : `it was ${instead} until now`
  const back =
    command === undefined
      ? `/account ${name} ${instead}`
      : `${command} ${shellWord(name)} ${shellWord(instead)}`
  const text = `${name}: signed in as ${now}; ${before} (${back} goes back)`
  return { level: asked ? 'info' : 'warning', text }
}

/** What the journal says of a grant. */
export function whatOf({ issuer, account, scope }: Grant, slot: Clean | undefined): Partial<JournalEntry> {
  return { issuer, account: account ?? slot, scope }
}
