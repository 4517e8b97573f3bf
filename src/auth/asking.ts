import type { SignInPolicy } from './authenticator.ts'
import { inOrder, issuersOf } from './discovery.ts'
import type { Grants } from './grants.ts'
import { judgeIssuerChange } from './issuer-change.ts'
import { isPassing, notRenewed, whyNot } from './outcome.ts'
import type { Refusals } from './refusals.ts'
import type { Stored } from './renewal.ts'
import { isMachine } from './sign-in.ts'
import type { AuthRequest } from './types.ts'

/**
 * Throws where nobody is to be asked: a passing fault of a renewal is no reason for a sign-in unless the person wants
 * one, and without a person only a client that acts for itself can go on.
 */
export async function mayAsk(
  request: AuthRequest,
  stored: Extract<Stored, { kind: 'nothing' }>,
  { policy, refusals, grants }: { policy: SignInPolicy; refusals: Refusals; grants: Grants },
): Promise<void> {
  const passing = stored.error !== undefined && isPassing(stored.error) ? stored.error : undefined
  if (passing !== undefined && !policy.insist && !refusals.insisted(request))
    throw notRenewed(request, passing)
  if ((policy.ask && policy.asksFor?.(request.server) !== false) || isMachine(request)) return
  const issuers = issuersOf(request)
  const known = issuers && (await grants.knownIssuer(request.server.url))
  const [issuer] = inOrder(issuers ?? [], known?.issuer)
  if (issuers !== undefined && issuer !== undefined) {
    const target = { issuer, issuers }
    judgeIssuerChange({ request, target, known, client: undefined, change: policy.issuerChange })
  }
  throw whyNot(request, stored)
}
