import { hostError } from '../errors.ts'
import type { Clean } from '../text.ts'
import { issuersOf } from './discovery.ts'
import { type Elsewhere, forever, unlessElsewhere } from './elsewhere.ts'
import { createGrants } from './grants.ts'
import { createHistory, type Source } from './history.ts'
import type { Http } from './http.ts'
import { type IssuerChange, judgeIssuerChange } from './issuer-change.ts'
import { answerWith, isPassing, isRefusal, notRenewed, resultOf, whyNot } from './outcome.ts'
import { createRefusals } from './refusals.ts'
import { fromStore, type Stored, usableGrant } from './renewal.ts'
import { createRuns } from './runs.ts'
import type { Secret } from './secret.ts'
import { isMachine, type Obtained, signIn } from './sign-in.ts'
import type { JournalEntry } from './store/journal.ts'
import { createTab } from './tab.ts'
import type {
  Answer,
  AuthRequest,
  Browser,
  Clock,
  Dialog,
  Grant,
  Prompt,
  RouteName,
  ServerOptions,
  TokenStore,
} from './types.ts'

export interface SignInPolicy {
  /** False: nobody is asked; what the store cannot answer ends as `sign-in-needed`. */
  ask: boolean
  /** False: nobody can type; what only a person can answer ends the sign-in. */
  attended?: boolean
  /** True for a command whose purpose is to sign in: then a renewal that failed for now leads to a question. */
  insist?: boolean
  /** What is done when a server has moved to another authorization server; the panel tells it when absent. */
  issuerChange?: IssuerChange
  /** What the person configured for a server. */
  optionsOf?: (server: AuthRequest['server']) => ServerOptions
  /** The command that forwards a port of this machine to the one in front of the person; undefined where none is needed. */
  forward?: (port: number) => Clean | undefined
  /** This terminal, as the page in the browser names it: program, folder, machine. */
  place?: Clean
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
  /** Gets what became of each sign-in and renewal. */
  journal?: (entry: JournalEntry) => void
  /** Tells when somebody has signed in to a server from another program. */
  elsewhere?: Elsewhere
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
  /**
   * Resolves when somebody has signed in to the server from another program, and this request would be answered by it. Rejects
   * with the signal's reason.
   */
  signedInElsewhere(request: AuthRequest, signal: AbortSignal): Promise<void>
}

/** The authorization engine: one request in, one answer out. */
export function createAuthenticator(ports: AuthenticatorPorts): Authenticator {
  const { store, http, prompt, clock, policy, log = () => {} } = ports
  const grants = createGrants(store, prompt)
  const refusals = createRefusals(clock)
  const history = createHistory(clock)
  const runs = createRuns<Answer>()
  const renewal = { grants, history, http, clock }
  const tab = createTab(clock)

  async function authenticate(request: AuthRequest, signal: AbortSignal): Promise<Answer> {
    const silenced = refusals.silence(request)
    const inUse = history.arrived(request)
    if (silenced !== undefined) {
      // Nobody is asked again; but somebody may have signed in from another terminal meanwhile.
      const grant = await usableGrant(request, inUse, renewal)
      return grant ? answered(request, grant, 'stored') : { kind: 'cancelled', error: silenced }
    }
    const run = (asked: AuthRequest) => {
      const names = { group: asked.server.url, key: `${asked.reason} ${asked.challenge.scope ?? ''}` }
      return runs.join(names, shared => answer(asked, inUse, shared), signal)
    }
    try {
      const rights = refusals.declinedRights(request)
      const more = rights && (await run(rights))
      if (more?.kind === 'token') return more
      // Who declines more rights once again keeps what was granted before.
      const granted = await run(request)
      return granted.kind === 'token' && more ? { ...granted, declined: more.error } : granted
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
    let dialog: Dialog | undefined
    const began = clock.now()
    const note = (outcome: string, more: Partial<JournalEntry> = {}) => {
      const { reason, server } = request
      const time = new Date(began).toISOString()
      const ms = clock.now() - began
      ports.journal?.({ time, server: name, url: server.url, reason, outcome, ms, ...more })
    }
    try {
      const stored = await fromStore(request, inUse, renewal, signal)
      if (stored.kind === 'answer') {
        if (stored.source === 'renewed') note('renewed', whatOf(stored.grant))
        return answered(request, stored.grant, stored.source)
      }
      await mayAsk(request, stored)
      const opened = (panel: Dialog) => {
        dialog = panel
      }
      const work = (within: AbortSignal) =>
        signIn(request, stored, { ...ports, grants, history, tab, opened }, within)
      const { grant, route } = await unlessElsewhere(
        work,
        within => grantElsewhere(request, began, within),
        signal,
      )
      if (route !== 'elsewhere') {
        note('signed-in', { ...whatOf(grant), route })
        return answered(request, grant, 'signed-in')
      }
      dialog?.close({ kind: 'elsewhere' })
      return answered(request, grant, 'stored')
    } catch (thrown) {
      const error = hostError(thrown, `the sign-in to ${name} failed`)
      const outcome = signal.aborted ? 'withdrawn' : error.kind
      log(`sign-in ${name}, ${request.reason}: ${outcome}`)
      note(outcome)
      if (signal.aborted) dialog?.close({ kind: 'withdrawn' })
      else {
        if (isRefusal(error)) refusals.declined(request, error)
        else refusals.failed(request, error)
        if (dialog !== undefined) dialog.close(resultOf(error))
        // What nobody may be asked for is for the caller to tell: only the caller knows what to do about it.
        else if (error.kind !== 'sign-in-needed') prompt.tell({ level: 'warning', text: error.message })
      }
      return { kind: 'cancelled', error }
    }
  }

  /** What another program's sign-in gives for this request, as soon as there is something. */
  async function grantElsewhere(request: AuthRequest, since: number, signal: AbortSignal): Promise<Grant> {
    for (let from = since; ; from = clock.now()) {
      await (ports.elsewhere?.(request.server.url, from, signal) ?? forever(signal))
      const grant = await usableGrant(request, history.inUse(request), renewal)
      if (grant !== undefined) return grant
    }
  }

  function answered(request: AuthRequest, grant: Obtained['grant'], source: Source): Answer {
    history.answered(request, grant, source)
    log(`sign-in ${request.server.name}, ${request.reason}: ${source}`)
    return answerWith(grant, clock.now())
  }

  /**
   * Throws where nobody is to be asked: a passing fault of a renewal is no reason for a sign-in unless the person wants
   * one, and without a person only a client that acts for itself can go on.
   */
  async function mayAsk(request: AuthRequest, stored: Extract<Stored, { kind: 'nothing' }>): Promise<void> {
    const passing = stored.error !== undefined && isPassing(stored.error) ? stored.error : undefined
    if (passing !== undefined && !policy.insist && !refusals.insisted(request))
      throw notRenewed(request, passing)
    if (policy.ask || isMachine(request)) return
    const issuers = issuersOf(request)
    const known = issuers && (await grants.knownIssuer(request.server.url))
    const [issuer] = issuers ?? []
    if (known !== undefined && issuer !== undefined && issuers !== undefined) {
      const target = { issuer, issuers }
      judgeIssuerChange({ request, target, known, client: undefined, change: policy.issuerChange })
    }
    throw whyNot(request, stored)
  }

  return {
    authenticate,
    forgetRefusals(server) {
      refusals.forget(server)
      history.forget(server)
    },
    rejected: history.rejected,
    async signedInElsewhere(request, signal) {
      await grantElsewhere(request, clock.now(), signal)
    },
  }
}

function whatOf({ issuer, account, scope }: Partial<Grant>): Partial<JournalEntry> {
  return { issuer, account, scope }
}
