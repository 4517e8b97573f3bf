import { HostError } from '../errors.ts'
import { hostOf, shellWord } from '../text.ts'
import type { Target } from './discovery.ts'
import { sameIssuer } from './metadata.ts'
import type { KnownIssuer } from './store/index.ts'
import type { AuthRequest, Client } from './types.ts'

/** What is done when a server names another authorization server than it did: ask the person, refuse, or go on. */
export type IssuerChange = 'tell' | 'refuse' | 'accept'

export interface IssuerQuestion {
  request: Pick<AuthRequest, 'server' | 'client'>
  target: Pick<Target, 'issuer' | 'issuers'>
  /** The authorization server that was used last for this server. */
  known: KnownIssuer | undefined
  /** The client that is kept for that one. */
  before?: Client
  /** The client that is kept for the new one. */
  client: Client | undefined
  /** True where the person chose the new one, among all that the server names. */
  chosen?: boolean
  change: IssuerChange | undefined
}

/**
 * The issuer until now, if another one is about to be used; grants and registrations of the old one are never used at the new
 * one (MCP, "Authorization Server Binding"). That the server still names the old one counts only where the person has
 * `chosen` between them. Throws `issuer-changed` where nobody may accept that, and always for a client id of the configuration:
 * it belongs to the old issuer until the person sets one for the new issuer.
 */
export function judgeIssuerChange(question: IssuerQuestion): string | undefined {
  const { request, target, known, before, client, chosen, change = 'tell' } = question
  if (known === undefined || sameIssuer(target.issuer, known.issuer)) return undefined
  const { name } = request.server
  const [was, is] = [hostOf(known.issuer), hostOf(target.issuer)]
  const named = target.issuers.some(issuer => sameIssuer(issuer, known.issuer))
  const moved = named
    ? `${name} would sign in at ${is} instead of ${was}`
    : `${name} now signs in at ${is} instead of ${was}`
  const configured = request.client?.id === known.clientId || before?.source === 'configured'
  if (configured && client?.source !== 'configured') {
    throw new HostError(
      'issuer-changed',
      `${moved}, and its client id belongs to ${was}: copilot-host auth client set ${shellWord(name)}`,
    )
  }
  if (chosen && named) return undefined
  if (change === 'refuse') {
    const why = named ? `${moved}, which cannot be used now` : moved
    throw new HostError('issuer-changed', `${why}; --accept-issuer-change if that is right`)
  }
  return known.issuer
}
