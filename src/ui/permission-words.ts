import type { PermissionAsk, PermissionDecision } from '../runtime/types.ts'
import { clean } from '../text.ts'

/** Why a call is asked about a second time; undefined where it is the first. */
export function whyAgain({ signedIn }: PermissionAsk): string | undefined {
  return signedIn === undefined
    ? undefined
    : `asked again: the sign-in to ${signedIn} was renewed, so the call begins anew`
}

/** Who wants it, where it is not the model that the person talks to. */
export function askedBy({ agent }: PermissionAsk): string | undefined {
  return agent === undefined ? undefined : `asked by the sub-agent ${agent}`
}

/** What was allowed for longer than once; undefined for all other answers. */
export function allowedLine(ask: PermissionAsk, { kind }: PermissionDecision): string | undefined {
  if (ask.approval === undefined || (kind !== 'session' && kind !== 'project')) return undefined
  const what = ask.lasting === undefined ? '' : `: ${clean(ask.lasting, 200)}`
  return `allowed in this ${kind} from now on${what} (/reset-allowed-tools ends it)`
}
