import { type ErrorKind, HostError, hostError } from '../errors.ts'
import type { Clean } from '../text.ts'
import { signInByCode, type WaitingCode } from './flows/code.ts'
import { signInByDevice } from './flows/device.ts'
import type { FlowInput, SignedIn } from './flows/flow.ts'
import type { Browser, Client, Dialog, RouteName, SignInStep, SignInView } from './types.ts'

export interface Interaction {
  flow: FlowInput
  browser: Browser
  dialog: Dialog
  /** When the sign-in is given up, in milliseconds since the epoch. */
  deadline: number
  /** False where nobody can type: then a client id that is missing is the end. */
  attended: boolean
  /** The command that brings a browser on another machine to this port, where there is need of one. */
  forward?: (port: number) => Clean | undefined
  /** The same sign-in at another authorization server of the resource. */
  retarget(issuer: string, signal: AbortSignal): Promise<{ flow: FlowInput; view: SignInView }>
  /** Gets the client that is used, as soon as it is known, with the flow it belongs to. */
  keepClient(client: Client, flow: FlowInput): Promise<void>
}

/** What a sign-in ended with, and the flow it came from. */
export type Interacted = SignedIn & { flow: FlowInput; route: RouteName }

/**
 * Does what the person chooses in the panel until one route gives tokens. Chosen routes stay open side by side and the first
 * to finish wins; one that fails leaves a line, and ends the sign-in only if it was the last. Nothing is registered,
 * opened or listened on before the first choice, and all of it is closed when this returns. Where the server registers
 * no apps, the person is asked for a client id. Throws `cancelled`,
 * `sign-in-expired`, the error of the last route, or the reason of the signal.
 */
export async function interact(interaction: Interaction, signal: AbortSignal): Promise<Interacted> {
  const { browser, dialog, deadline, attended } = interaction
  const over = new AbortController()
  const open = AbortSignal.any([signal, over.signal])
  const end = Promise.withResolvers<Interacted>()
  const running = new Map<'code' | 'device', Promise<void>>()
  let codeOver = new AbortController()
  let { flow } = interaction
  let { client } = flow
  let waiting: WaitingCode | undefined
  let codeRoute: RouteName = 'browser'
  let lastRoute: RouteName = 'browser'
  let deviceStep: SignInStep | undefined
  const { name: server } = flow.request.server

  const show = (step: SignInStep) => {
    if (!open.aborted) dialog.show(step)
  }

  /** Runs a flow to its end; once more with a new client if the server has forgotten the one we knew. */
  function run(name: 'code' | 'device', attempt: (input: FlowInput) => Promise<SignedIn>): void {
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
        signedIn => end.resolve({ ...signedIn, flow: used, route: name === 'code' ? codeRoute : 'device' }),
        thrown => {
          running.delete(name)
          if (!open.aborted && thrown !== REPLACED) failed(name === 'code' ? codeRoute : 'device', thrown)
        },
      )
    running.set(name, ended)
  }

  function failed(route: RouteName, thrown: unknown): void {
    const error = hostError(thrown, `the sign-in to ${server} failed`)
    if (running.size > 0) show({ kind: 'trouble', route, error })
    else if (attended && error.kind === 'no-client') show({ kind: 'client', error })
    else end.reject(error)
  }

  function use(found: Client): void {
    client = found
    interaction.keepClient(found, flow).catch(end.reject)
  }

  function choose(route: RouteName): void {
    lastRoute = route
    if (route === 'device') {
      if (!running.has('device')) startDevice()
      else if (deviceStep !== undefined) show(deviceStep)
      return
    }
    codeRoute = route
    if (!running.has('code')) startCode()
    else if (waiting !== undefined) lead(waiting)
  }

  function startDevice(): void {
    deviceStep = undefined
    run('device', input =>
      signInByDevice(
        input,
        ({ page, completePage, userCode, expiresAt, client: used }) => {
          if (client === undefined) use(used)
          deviceStep = { kind: 'device', page, completePage, code: userCode, expiresAt }
          show(deviceStep)
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
        { ...input, chooseAccount },
        ready => {
          use(ready.client)
          waiting = ready
          lead(ready)
        },
        within,
      ),
    )
  }

  /** Brings the person to the sign-in page: by the browser, or by the address alone. */
  function lead({ url, port }: WaitingCode): void {
    const forward = port === undefined ? undefined : interaction.forward?.(port)
    if (codeRoute === 'paste') show({ kind: 'paste', url, forward })
    else
      void browser
        .open(url)
        .catch(() => false)
        .then(opened => show({ kind: 'browser', url, opened, forward }))
  }

  /** The same page once more, which asks for the account this time: a new request with a new `state`. */
  async function chooseAccount(): Promise<void> {
    const before = running.get('code')
    codeOver.abort(REPLACED)
    await before
    if (codeRoute === 'paste') lastRoute = 'paste'
    startCode(true)
  }

  function paste(address: string): void {
    if (waiting?.paste(address)) return
    const text =
      'that is not the address that this sign-in ends at: copy it from the browser after signing in'
    show({ kind: 'trouble', route: 'paste', error: new HostError('usage', text) })
  }

  /** Another authorization server: possible as long as nothing has been started at the first one. */
  async function retarget(issuer: string): Promise<void> {
    if (running.size > 0) return
    try {
      const next = await interaction.retarget(issuer, open)
      flow = next.flow
      client = flow.client
      dialog.update(next.view)
    } catch (thrown) {
      open.throwIfAborted()
      const error = hostError(thrown, `the sign-in to ${server} failed`)
      show({ kind: 'trouble', route: lastRoute, error })
    }
  }

  async function listenToPerson(): Promise<void> {
    for (;;) {
      const choice = await dialog.choice(open)
      switch (choice.kind) {
        case 'cancel':
          throw new HostError('cancelled', `${server}: sign-in cancelled`)
        case 'later':
          throw new HostError('later', `${server}: sign-in later`)
        case 'account':
          await chooseAccount()
          break
        case 'pasted':
          paste(choice.address)
          break
        case 'issuer':
          await retarget(choice.issuer)
          break
        case 'client':
          client = { id: choice.id, source: 'configured', authMethod: 'none' }
          choose(lastRoute)
          break
        case 'route':
          choose(choice.route)
      }
    }
  }

  async function waitForDeadline(): Promise<void> {
    await flow.clock.sleep(Math.max(0, deadline - flow.clock.now()), open)
    throw new HostError('sign-in-expired', `the time for the sign-in to ${server} is up`)
  }

  const withdraw = () => end.reject(signal.reason)
  signal.addEventListener('abort', withdraw, { once: true })
  try {
    signal.throwIfAborted()
    listenToPerson().catch(end.reject)
    waitForDeadline().catch(end.reject)
    return await end.promise
  } finally {
    signal.removeEventListener('abort', withdraw)
    over.abort(new HostError('cancelled', 'the sign-in is over'))
    await Promise.all(running.values())
  }
}

/** Why a request ends that another one takes the place of. */
const REPLACED = new HostError('cancelled', 'another account was asked for')

function isKind(error: unknown, kind: ErrorKind): boolean {
  return error instanceof HostError && error.kind === kind
}
