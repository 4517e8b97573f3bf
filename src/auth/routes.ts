import { type ErrorKind, HostError, hostError } from '../errors.ts'
import { type Landing, signInByCode, type WaitingCode } from './flows/code.ts'
import { signInByDevice } from './flows/device.ts'
import type { FlowInput, SignedIn } from './flows/flow.ts'
import type { Interacted, Interaction } from './interaction.ts'
import type { Client, RouteName, SignInStep } from './types.ts'

type FlowName = 'code' | 'device'

/** The routes of one sign-in, open side by side. */
export interface Routes {
  /** Resolves with what the first route to finish gives; rejects when no route that was chosen goes on. */
  readonly end: Promise<Interacted>
  /** True as long as nothing has been started. */
  readonly untouched: boolean
  /** Shows this route; the first time, everything that the server offers is started. */
  choose(route: RouteName): void
  /** The same for the browser, which is not opened: a page of another sign-in leads to this one. */
  follow(): void
  /** The same page once more, asking for the account: a new request with a new `state`. */
  chooseAccount(route?: Exclude<RouteName, 'device'>): Promise<void>
  /** False: it is not the address that this sign-in ends at. */
  paste(address: string): boolean
  /** The client to go on with, named by the person. */
  goOnAs(client: Client): void
  /** Another authorization server, before anything was started. */
  retarget(flow: FlowInput): void
  /** Ends what is open; resolves when it is closed. */
  close(): Promise<void>
}

/** Why a request ends that another one takes the place of. */
const REPLACED = new HostError('cancelled', 'another account was asked for')

/**
 * From the first choice on, the sign-in page (with its listener and pasted addresses) and the device code are open at the same
 * time, as far as the server offers them; what is chosen decides what is shown, and whether a browser is opened. A route
 * that nobody has looked at fails without a word. Where nobody can look at another one, only what was chosen is started.
 */
export function createRoutes(interaction: Interaction, signal: AbortSignal): Routes {
  const { browser, dialog, attended, tab, place, beside } = interaction
  const seat = tab.enter(interaction.flow.request.server.name)
  const landing: Landing = { listen: tab.listen, place, after: seat.after, withdrawn: signal, beside }
  const over = new AbortController()
  const open = AbortSignal.any([signal, over.signal])
  const end = Promise.withResolvers<Interacted>()
  end.promise.catch(() => {})
  const running = new Map<FlowName, Promise<void>>()
  const chosen = new Set<FlowName>()
  let { flow } = interaction
  let { client } = flow
  let codeOver = new AbortController()
  let waiting: WaitingCode | undefined
  let deviceStep: SignInStep | undefined
  let shown: RouteName = 'browser'
  let asked = false
  let codeRoute: Exclude<RouteName, 'device'> = 'browser'

  const show = (step: SignInStep) => {
    if (!open.aborted) dialog.show(step)
  }

  /** Runs a flow to its end; once more with a new client if the server has forgotten the one we knew. */
  function run(name: FlowName, attempt: (input: FlowInput) => Promise<SignedIn>): void {
    const known = client
    const used = flow
    const ended = attempt({ ...used, client })
      .catch(error => {
        // Only what we registered ourselves is ours to replace.
        if (known?.source !== 'registered' || !isKind(error, 'invalid-client')) throw error
        if (client === known) client = undefined
        return attempt({ ...used, client: undefined })
      })
      .then(
        signedIn =>
          end.resolve({ ...signedIn, flow: used, asked, route: name === 'code' ? codeRoute : 'device' }),
        thrown => {
          running.delete(name)
          if (!open.aborted && thrown !== REPLACED) failed(name, thrown)
        },
      )
    running.set(name, ended)
  }

  function failed(name: FlowName, thrown: unknown): void {
    if (name === 'code') {
      seat.leave()
      // The device code has waited for the client of the page, and can do without it.
      if (chosen.has('device')) startDevice()
    }
    const error = hostError(thrown, `the sign-in to ${flow.request.server.name} failed`)
    if (!chosen.delete(name)) return
    if ([...chosen].some(other => running.has(other))) {
      show({ kind: 'trouble', route: name === 'code' ? codeRoute : 'device', error })
    } else if (attended && error.kind === 'no-client') {
      chosen.add(name)
      show({ kind: 'client', error })
    } else end.reject(error)
  }

  function adopt(found: Client): void {
    client = found
    interaction.keepClient(found, flow).catch(end.reject)
  }

  /** Whatever the server offers and is not running yet. The code comes first: its client serves the device code too. */
  function startAll(): void {
    const code = flow.target.as.authorization_endpoint !== undefined && (attended || shown !== 'device')
    if (code && !running.has('code')) startCode()
    else if (code ? waiting !== undefined : shown === 'device') startDevice()
  }

  function startDevice(): void {
    if (!flow.target.device || running.has('device') || (!attended && shown !== 'device')) return
    deviceStep = undefined
    run('device', input =>
      signInByDevice(
        input,
        ({ page, completePage, userCode, expiresAt, client: used }) => {
          if (client === undefined) adopt(used)
          deviceStep = { kind: 'device', page, completePage, code: userCode, expiresAt }
          if (chosen.has('device')) show(deviceStep)
        },
        open,
      ),
    )
  }

  function startCode(chooseAccount = false): void {
    waiting = undefined
    codeOver = new AbortController()
    const within = AbortSignal.any([open, codeOver.signal])
    run('code', input =>
      signInByCode(
        { ...input, chooseAccount: chooseAccount || input.chooseAccount, landing },
        ready => {
          adopt(ready.client)
          waiting = ready
          if (chosen.has('code')) lead(ready)
          startDevice()
        },
        within,
      ),
    )
  }

  /** Brings the person to the sign-in page: by the browser, or by the address alone. */
  function lead({ url, port }: WaitingCode): void {
    const forward = port === undefined ? undefined : interaction.forward?.(port)
    seat.ready(url)
    if (codeRoute === 'paste') show({ kind: 'paste', url, forward })
    else if (seat.follows) show({ kind: 'browser', url, opened: false, follows: true, forward })
    else
      void browser
        .open(url)
        .catch(() => false)
        .then(opened => show({ kind: 'browser', url, opened, forward }))
  }

  function choose(route: RouteName): void {
    shown = route
    chosen.add(route === 'device' ? 'device' : 'code')
    if (route !== 'device') codeRoute = route
    if (route === 'device' && deviceStep !== undefined && running.has('device')) show(deviceStep)
    else if (route !== 'device' && waiting !== undefined && running.has('code')) lead(waiting)
    startAll()
  }

  return {
    end: end.promise,
    get untouched() {
      return chosen.size === 0 && running.size === 0
    },
    choose(route) {
      if (route === 'browser') seat.leave()
      choose(route)
    },
    follow() {
      seat.follow()
      choose('browser')
    },
    async chooseAccount(route) {
      asked = true
      seat.leave()
      const before = running.get('code')
      codeOver.abort(REPLACED)
      await before
      codeRoute = route ?? (shown === 'device' ? 'browser' : codeRoute)
      shown = codeRoute
      chosen.add('code')
      startCode(true)
    },
    paste: address => waiting?.paste(address) === true,
    goOnAs(named) {
      client = named
      startAll()
    },
    retarget(next) {
      flow = next
      client = next.client
    },
    async close() {
      seat.leave()
      over.abort(new HostError('cancelled', 'the sign-in is over'))
      await Promise.all(running.values())
    },
  }
}

function isKind(error: unknown, kind: ErrorKind): boolean {
  return error instanceof HostError && error.kind === kind
}
