import { hostError } from '../errors.ts'
import type { Clean } from '../text.ts'
import { type Accounts, type AccountsOptions, accountName, createAccounts } from './accounts.ts'
import { mayAsk } from './asking.ts'
import { type Elsewhere, firstGrant, unlessElsewhere } from './elsewhere.ts'
import { createGrants } from './grants.ts'
import { createHistory, type Source } from './history.ts'
import type { Http } from './http.ts'
import type { IssuerChange } from './issuer-change.ts'
import { answerWith, failure, isRefusal, otherAccount, resultOf, whatOf } from './outcome.ts'
import { createRefusals } from './refusals.ts'
import { fromStore, usableGrant } from './renewal.ts'
import { createRuns } from './runs.ts'
import type { Secret } from './secret.ts'
import type { SignedInAs } from './sign-in.ts'
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
  WebUrl,
} from './types.ts'

export interface SignInPolicy extends AccountsOptions {
  /** False: nobody is asked; what the store cannot answer ends as `sign-in-needed`. */
  ask: boolean
  /** False for a server for which nobody is asked although others are. */
  asksFor?: (server: AuthRequest['server']) => boolean
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
  /** What the person types to use another account, less the names of server and account. */
  switchCommand?: string
  /** What the person types to be asked again about a server. */
  again?: (server: Clean) => string
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
  /** Gets the name of the account that a server is used with from now on; undefined where it has only one. */
  acting?: (server: Clean, account: Clean | undefined) => void
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
  /** The server of this name has worked with the token it was given last. */
  accepted(server: string): void
  /**
   * Resolves when somebody has signed in to the server from another program, and this request would be answered by it. Rejects
   * with the signal's reason.
   */
  signedInElsewhere(request: AuthRequest, signal: AbortSignal): Promise<void>
  readonly accounts: Accounts
}

/** The authorization engine: one request in, one answer out. */
export function createAuthenticator(ports: AuthenticatorPorts): Authenticator {
  const { store, http, prompt, clock, policy, log = () => {} } = ports
  const grants = createGrants(store, prompt)
  const accounts = createAccounts(store, policy)
  const refusals = createRefusals(clock)
  const history = createHistory(clock)
  const runs = createRuns<Answer>()
  const renewal = { grants, history, http, clock }
  const tab = createTab(clock)
  /** Where each server is that somebody has asked about by its name. */
  const addresses = new Map<string, WebUrl>()

  async function authenticate(asked: AuthRequest, signal: AbortSignal): Promise<Answer> {
    addresses.set(asked.server.name, asked.server.url)
    try {
      const request = { ...asked, slot: await accounts.inUse(asked.server) }
      const error = refusals.silence(request)
      const inUse = history.arrived(request)
      if (error !== undefined) {
        // Nobody is asked again; but somebody may have signed in from another terminal meanwhile.
        const grant = await usableGrant(request, inUse, renewal).catch(() => undefined)
        return grant ? answered(request, grant, 'stored') : { kind: 'cancelled', error }
      }
      const run = (same: AuthRequest) => {
        const key = JSON.stringify([same.reason, same.challenge.scope, same.slot])
        const names = { group: same.server.url, key, calls: same.calls }
        return runs.join(names, (open, calls) => answer({ ...same, calls }, inUse, open), signal)
      }
      const rights = refusals.declinedRights(request)
      const more = rights && (await run(rights))
      if (more?.kind === 'token') return more
      // Who declines more rights once again keeps what was granted before.
      const granted = await run(request)
      return granted.kind === 'token' && more ? { ...granted, declined: more.error } : granted
    } catch (thrown) {
      const error = hostError(thrown, 'the request was withdrawn')
      if (!signal.aborted) prompt.tell({ level: 'warning', text: error.message })
      return { kind: 'cancelled', error }
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
      const { reason, server, slot: account } = request
      const time = new Date(began).toISOString()
      const ms = clock.now() - began
      ports.journal?.({ time, server: name, url: server.url, account, reason, outcome, ms, ...more })
    }
    try {
      const stored = await fromStore(request, inUse, renewal, signal)
      if (stored.kind === 'answer') {
        if (stored.source === 'renewed') note('renewed', whatOf(stored.grant, request.slot))
        return answered(request, stored.grant, stored.source)
      }
      if (stored.error?.kind === 'renewal-cut') prompt.tell({ level: 'warning', text: stored.error.message })
      await mayAsk(request, stored, { policy, refusals, grants })
      const opened = (panel: Dialog) => {
        dialog = panel
      }
      const parts = { ...ports, grants, accounts, history, tab, opened }
      const work = async (within: AbortSignal) =>
        (await import('./sign-in.ts')).signIn(request, stored, parts, within)
      const signedIn = await unlessElsewhere(work, within => grantElsewhere(request, began, within), signal)
      if (signedIn.route === 'token') {
        note('signed-in', { route: 'token' })
        return given(request, { access: signedIn.token }, 'signed-in')
      }
      const { grant } = signedIn
      if (signedIn.route !== 'elsewhere') {
        const { slot, instead } = signedIn.placed
        note('signed-in', { ...whatOf(grant, slot), route: signedIn.route })
        if (instead !== undefined) await tellOfSwitch(request, signedIn)
        return answered({ ...request, slot }, grant, 'signed-in')
      }
      dialog?.close({ kind: 'elsewhere' })
      return answered({ ...request, slot: await accounts.inUse(request.server) }, grant, 'stored')
    } catch (thrown) {
      const error = hostError(thrown, `the sign-in to ${name} failed`)
      const outcome = signal.aborted ? 'withdrawn' : error.kind
      log(`sign-in ${name}, ${request.reason}: ${outcome}`)
      note(outcome, request.reason === 'upscope' ? { scope: request.challenge.scope } : {})
      if (signal.aborted) dialog?.close({ kind: 'withdrawn' })
      else {
        if (isRefusal(error)) refusals.declined(request, error)
        else refusals.failed(request, error)
        if (dialog !== undefined) dialog.close(resultOf(error))
        // What nobody may be asked for is for the caller to tell: only the caller knows what to do about it.
        else if (error.kind !== 'sign-in-needed') prompt.tell(failure(request, error, policy.again))
      }
      return { kind: 'cancelled', error }
    }
  }

  /** What another program's sign-in gives for this request, as soon as there is something. */
  function grantElsewhere(request: AuthRequest, since: number, signal: AbortSignal): Promise<Grant> {
    return firstGrant(ports.elsewhere?.(request.server.url, since, signal) ?? [], signal, async () => {
      const now = { ...request, slot: await accounts.inUse(request.server) }
      const inUse = history.inUse(now)
      // Whatever the runtime calls it: where nothing was in use, what is kept is new.
      const reason = inUse === undefined && now.reason !== 'upscope' ? 'initial' : now.reason
      return usableGrant({ ...now, reason }, inUse, renewal)
    })
  }

  function answered(request: AuthRequest, grant: Grant, source: Source): Answer {
    accounts.acting(request.server, request.slot)
    // The server waits for its token, not for what the screen says of it.
    tellActing(request, grant.account ?? accountName(request)).catch(() => {})
    return given(request, grant, source)
  }

  async function tellActing({ server, slot }: AuthRequest, account: Clean): Promise<void> {
    const several = (await accounts.list(server)).length > 1
    if ((await accounts.inUse(server)) === slot) ports.acting?.(server.name, several ? account : undefined)
  }

  /** A token that is not kept is given so, too: it belongs to no account of ours. */
  function given(request: AuthRequest, grant: Pick<Grant, 'access' | 'expiresAt'>, source: Source): Answer {
    history.answered(request, grant, source)
    refusals.succeeded(request)
    log(`sign-in ${request.server.name}, ${request.reason}: ${source}`)
    return answerWith(grant, clock.now())
  }

  async function tellOfSwitch({ server, slot }: AuthRequest, { grant, placed, asked }: SignedInAs) {
    const bound = (await accounts.list(server)).some(each => each.bound !== undefined && each.slot === slot)
    prompt.tell(otherAccount(server, grant, placed, { asked, bound, command: policy.switchCommand }))
  }

  return {
    authenticate: (request, signal) => refusals.during(authenticate(request, signal)),
    accounts,
    forgetRefusals(server) {
      const url = server === undefined ? undefined : addresses.get(server)
      if (server !== undefined && url === undefined) return
      refusals.forget(url)
      history.forget(url)
    },
    rejected: server => history.rejected(addresses.get(server)),
    accepted: server => history.accepted(addresses.get(server)),
    async signedInElsewhere(request, signal) {
      await grantElsewhere(request, clock.now(), signal)
    },
  }
}
