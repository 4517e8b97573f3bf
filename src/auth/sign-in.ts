import { HostError } from '../errors.ts'
import { hostOf } from '../text.ts'
import type { Accounts } from './accounts.ts'
import type { AuthenticatorPorts } from './authenticator.ts'
import { discover, discoverChosen, type Target } from './discovery.ts'
import { signInAsMachine } from './flows/credentials.ts'
import type { FlowInput, SignedIn } from './flows/flow.ts'
import type { Grants } from './grants.ts'
import type { History } from './history.ts'
import { whoSignedIn } from './identity.ts'
import { type Interaction, interact } from './interaction.ts'
import { judgeIssuerChange } from './issuer-change.ts'
import { sameIssuer } from './metadata.ts'
import { type Placed, placeGrant } from './placing.ts'
import { planSignIn } from './plan.ts'
import type { Stored } from './renewal.ts'
import type { Secret } from './secret.ts'
import type { Tab } from './tab.ts'
import { grantFrom } from './token.ts'
import type { AuthRequest, Client, Dialog, Grant, RouteName, SignInView } from './types.ts'

/** How long a sign-in may take unless told otherwise, in milliseconds. */
const TIMEOUT = 10 * 60_000
/** How long the name of who signed in is worth waiting for, in milliseconds. */
const IDENTITY_LIMIT = 3_000

export interface SignInPorts extends AuthenticatorPorts {
  grants: Grants
  accounts: Accounts
  history: History
  tab: Tab
  /** Is told of the panel, so that a failure can be shown in it. */
  opened(dialog: Dialog): void
}

export interface SignedInAs {
  grant: Grant
  route: RouteName | 'credentials'
  /** The account that it was kept for. */
  placed: Placed
  /** The person wanted another account. */
  asked: boolean
}

/** An access token for this one request, which is not kept. */
export interface BroughtToken {
  token: Secret
  route: 'token'
}

/**
 * Gets a new grant: by the credentials of a client that acts for itself (RFC 6749 4.4), else by asking the person. Until
 * the panel is there nothing is shown, and until its first choice nothing is started.
 */
export async function signIn(
  request: AuthRequest,
  stored: Extract<Stored, { kind: 'nothing' }>,
  ports: SignInPorts,
  signal: AbortSignal,
): Promise<SignedInAs | BroughtToken> {
  const { store, http, prompt, browser, clock, policy, grants, accounts, history, tab } = ports
  const known = await grants.knownIssuer(request.server.url)
  const options = policy.optionsOf?.(request.server) ?? {}
  const deadline = clock.now() + (policy.timeoutMs ?? TIMEOUT)
  const keptIn = store.kindFor?.(request.server.url) ?? store.kind

  /** Everything about a sign-in at one authorization server: the one that was chosen, else the one that was used last. */
  async function prepare(
    chosen: string | undefined,
    within: AbortSignal,
  ): Promise<{ flow: FlowInput; view: SignInView }> {
    const target = await (chosen === undefined
      ? discover(request, http, within, known?.issuer)
      : discoverChosen(chosen, request, http, within))
    const client = await clientAt(target)
    const before = known && (await grants.readClient({ server: request.server.url, issuer: known.issuer }))
    const former = judgeIssuerChange({
      ...{ request, target, known, before, client },
      chosen: chosen !== undefined,
      change: policy.issuerChange,
    })
    const who = await whom(target)
    const plan = planSignIn({
      ...{ request, stored, target, browser, keptIn, deadline },
      knownSince: known && sameIssuer(known.issuer, target.issuer) ? known.since : undefined,
      formerHost: former === undefined ? undefined : hostOf(former),
      route: policy.route,
      options,
      wanted: who.wanted,
    })
    const { loginHint, chooseAccount } = who
    const flow: FlowInput = {
      ...{ request, target, options, client, scope: plan.scope, http, clock },
      ...{ loginHint, chooseAccount },
    }
    return { flow, view: plan.view }
  }

  /** Who is to sign in. A new account beside others: the page asks, or it would be the one that is signed in there already. */
  async function whom({ issuer }: Target) {
    const known = (await accounts.known(request.server)).filter(each => each.issuer === issuer)
    const before = known.find(({ slot }) => slot === request.slot)
    const kept = stored.before?.issuer === issuer ? stored.before.identity : undefined
    return {
      wanted: request.slot ?? before?.name,
      loginHint: (kept ?? before?.identity)?.login,
      chooseAccount: before === undefined && stored.before === undefined && known.length > 0,
    }
  }

  /** A client of this very issuer: the one that is kept for it, else that of the grant which is over. */
  async function clientAt(target: Target): Promise<Client | undefined> {
    const kept = await grants.readClient({ server: request.server.url, issuer: target.issuer })
    // Only what we registered ourselves is ours to replace.
    const same = target.issuer === stored.before?.issuer
    if (same && stored.error?.kind === 'invalid-client' && kept?.source !== 'configured') return undefined
    const before = same ? stored.client : undefined
    // A client that was configured for the last grant counts only as long as it still is.
    return kept ?? (before?.source === 'registered' ? before : undefined)
  }

  /** A registration is kept at once, so that a sign-in that is given up does not cost another one. */
  async function keepClient(client: Client, { target, client: before }: FlowInput): Promise<void> {
    if (client.source !== 'registered' || client.id === before?.id) return
    await grants.keepClient({ server: request.server.url, issuer: target.issuer }, client)
  }

  /** The token is there: from here on nothing is given up, even if nobody waits any more. */
  async function finish(signedIn: SignedIn & { asked?: boolean }, flow: FlowInput, dialog?: Dialog) {
    const { target, scope } = flow
    const { tokens, client, at: now, asked = false } = signedIn
    const nameless = grantFrom(tokens, { target, client, scope, now })
    const key = { server: request.server.url, issuer: target.issuer, slot: request.slot }
    // Kept before anybody is asked for a name, where the place is nobody's: a program that ends in between must not lose it.
    const known = await accounts.known(request.server)
    const taken = known.some(({ issuer, slot }) => issuer === target.issuer && slot === request.slot)
    const early = taken ? undefined : await grants.keep(key, nameless, held => held === undefined)
    const limit = AbortSignal.timeout(IDENTITY_LIMIT)
    const who = await whoSignedIn(tokens, { target, client, scope, http }, limit).catch(() => undefined)
    const { name: account, identity } = who ?? {}
    const grant = { ...nameless, account, identity }
    const placed = await placeGrant(request, grant, { grants, accounts, asked, early })
    // It was for another account of theirs.
    if (early !== undefined && placed.slot !== request.slot)
      await grants.exclusive(key, () => grants.forget(key, nameless)).catch(() => {})
    // Where it cannot be noted, the sign-in is good all the same.
    await accounts.signedIn(request, { grant, slot: placed.slot, asked }).catch(() => {})
    if (client.source === 'configured' && client.id !== request.client?.id && client.id !== flow.client?.id)
      await grants.keepClient(key, client)
    dialog?.close({ kind: 'signed-in', account: account ?? placed.slot, keptIn: placed.keptIn })
    return { grant, placed, asked }
  }

  if (stored.error?.kind === 'invalid-client' && stored.before !== undefined) {
    const { issuer, client } = stored.before
    if (client.source === 'registered')
      await grants.forgetClient({ server: request.server.url, issuer }, client)
  }
  const first = await prepare(undefined, signal)
  history.countSignIn(request, first.flow.scope)
  if (isMachine(request)) {
    const finished = await finish(await signInAsMachine(first.flow, signal), first.flow)
    return { ...finished, route: 'credentials' }
  }

  const dialog = prompt.signIn(first.view)
  ports.opened(dialog)
  const beside: Promise<void>[] = []
  const interaction: Interaction = {
    ...{ flow: first.flow, browser, dialog, deadline, keepClient },
    attended: policy.attended ?? true,
    forward: policy.forward,
    ...{ tab, place: policy.place },
    beside: work => void beside.push(work),
    retarget: prepare,
  }
  try {
    const interacted = await interact(interaction, signal)
    if ('token' in interacted) {
      const { name } = request.server
      if (history.isRejected(request, interacted.token))
        throw new HostError('sign-in-failed', `${name} has refused this token already`)
      dialog.close({ kind: 'brought' })
      return { token: interacted.token, route: 'token' }
    }
    const { flow, route, ...signedIn } = interacted
    return { ...(await finish(signedIn, flow, dialog)), route }
  } finally {
    await Promise.all(beside)
  }
}

/** A client that acts for itself: nobody has to be there. */
export function isMachine(request: AuthRequest): boolean {
  return request.client?.grant === 'client_credentials'
}
