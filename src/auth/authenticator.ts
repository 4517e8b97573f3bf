import { hostError } from '../errors.ts'
import { discover } from './discovery.ts'
import { createGrants } from './grants.ts'
import { createHistory } from './history.ts'
import type { Http } from './http.ts'
import { whoSignedIn } from './identity.ts'
import { interact } from './interaction.ts'
import { answerWith, isPassing, isRefusal, resultOf, whyNot } from './outcome.ts'
import { planSignIn } from './plan.ts'
import { createRefusals } from './refusals.ts'
import { fromStore, type Stored } from './renewal.ts'
import { createRuns } from './runs.ts'
import type { Secret } from './secret.ts'
import { grantFrom } from './token.ts'
import type {
  Answer,
  AuthRequest,
  Browser,
  Clock,
  Dialog,
  Grant,
  Prompt,
  RouteName,
  TokenStore,
} from './types.ts'

/** How long a sign-in may take unless told otherwise, in milliseconds. */
const TIMEOUT = 10 * 60_000
/** How long the name of who signed in is worth waiting for, in milliseconds. */
const IDENTITY_LIMIT = 3_000

export interface SignInPolicy {
  /** False: nobody is asked; what the store cannot answer ends as `sign-in-needed`. */
  ask: boolean
  /** The route named by the person: the first one that the prompt is given. */
  route?: RouteName
  /** In milliseconds; 10 minutes when absent. */
  timeoutMs?: number
}

export interface AuthenticatorPorts {
  store: TokenStore
  http: Http
  prompt: Prompt
  browser: Browser
  clock: Clock
  policy: SignInPolicy
  /** Gets a line for each step: server names and kinds of outcome, nothing secret. */
  log?: (line: string) => void
}

export interface Authenticator {
  /**
   * Gets a token for a request: from the store, by renewal, or by asking the person. Never rejects: what goes wrong
   * has been told to the person and is in the answer. An aborted signal means that nobody waits for it any more.
   */
  authenticate(request: AuthRequest, signal: AbortSignal): Promise<Answer>
  /** Asks again from now on, for the server of this name or for all: after `/login` or a reload. */
  forgetRefusals(server?: string): void
  /** The server of this name did not accept the token it was given at start-up, where the runtime does not ask again. */
  rejected(server: string): void
}

/** The authorization engine: one request in, one answer out. */
export function createAuthenticator(ports: AuthenticatorPorts): Authenticator {
  const { store, http, prompt, browser, clock, policy, log = () => {} } = ports
  const grants = createGrants(store, prompt)
  const refusals = createRefusals(clock)
  const history = createHistory(clock)
  const runs = createRuns<Answer>()

  async function authenticate(request: AuthRequest, signal: AbortSignal): Promise<Answer> {
    const silenced = refusals.silence(request)
    if (silenced !== undefined) return { kind: 'cancelled', error: silenced }
    const inUse = history.arrived(request)
    const names = { group: request.server.url, key: `${request.reason} ${request.challenge.scope ?? ''}` }
    try {
      return await runs.join(names, shared => answer(request, inUse, shared), signal)
    } catch (thrown) {
      return { kind: 'cancelled', error: hostError(thrown, 'the request was withdrawn') }
    }
  }

  async function answer(
    request: AuthRequest,
    inUse: Secret | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { name } = request.server
    const panel: { dialog?: Dialog } = {}
    try {
      const stored = await fromStore(request, inUse, { grants, history, http, clock }, signal)
      const { grant, source } =
        stored.kind === 'answer' ? stored : await signIn(request, stored, panel, signal)
      history.answered(request, grant, source)
      log(`sign-in ${name}, ${request.reason}: ${source}`)
      return answerWith(grant, clock.now())
    } catch (thrown) {
      const error = hostError(thrown, `the sign-in to ${name} failed`)
      log(`sign-in ${name}, ${request.reason}: ${signal.aborted ? 'withdrawn' : error.kind}`)
      if (signal.aborted) panel.dialog?.close({ kind: 'withdrawn' })
      else {
        if (isRefusal(error)) refusals.declined(request, error)
        else refusals.failed(request, error)
        if (panel.dialog !== undefined) panel.dialog.close(resultOf(error))
        // What nobody may be asked for is for the caller to tell: only the caller knows what to do about it.
        else if (error.kind !== 'sign-in-needed') prompt.tell({ level: 'warning', text: error.message })
      }
      return { kind: 'cancelled', error }
    }
  }

  /** Asks the person. Until the panel is there nothing is shown, and until its first choice nothing is started. */
  async function signIn(
    request: AuthRequest,
    stored: Extract<Stored, { kind: 'nothing' }>,
    panel: { dialog?: Dialog },
    signal: AbortSignal,
  ): Promise<{ grant: Grant; source: 'signed-in' }> {
    if (!policy.ask) throw whyNot(request, stored)
    const target = await discover(request, http, signal)
    if (stored.error !== undefined && isPassing(stored.error)) {
      const text = `${request.server.name} could not be renewed: ${stored.error.message}`
      prompt.tell({ level: 'warning', text })
    }
    const deadline = clock.now() + (policy.timeoutMs ?? TIMEOUT)
    const { route } = policy
    const plan = planSignIn({ request, stored, target, browser, keptIn: store.kind, route, deadline })
    history.countSignIn(request, plan.scope)

    const dialog = prompt.signIn(plan.view)
    panel.dialog = dialog
    const client = target.issuer === stored.before?.issuer ? stored.client : undefined
    const flow = { request, target, client, scope: plan.scope, http, clock }
    const signedIn = await interact({ flow, browser, dialog, deadline }, signal)

    // The token is there: from here on nothing is given up, even if nobody waits any more.
    const by = { target, client: signedIn.client, scope: plan.scope, http }
    const limit = AbortSignal.timeout(IDENTITY_LIMIT)
    const account = await whoSignedIn(signedIn.tokens, by, limit).catch(() => undefined)
    const { tokens, at: now } = signedIn
    const grant = grantFrom(tokens, { target, client: signedIn.client, scope: plan.scope, account, now })
    const keptIn = await grants.keep({ server: request.server.url, issuer: target.issuer }, grant)
    dialog.close({ kind: 'signed-in', account, keptIn })
    return { grant, source: 'signed-in' }
  }

  return {
    authenticate,
    forgetRefusals(server) {
      refusals.forget(server)
      history.forget(server)
    },
    rejected: history.rejected,
  }
}
