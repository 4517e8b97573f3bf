import { HostError, hostError } from '../errors.ts'
import { signInByCode, type WaitingCode } from './flows/code.ts'
import { signInByDevice } from './flows/device.ts'
import type { FlowInput, SignedIn } from './flows/flow.ts'
import type { Browser, Dialog, RouteName, SignInStep, WebUrl } from './types.ts'

export interface Interaction {
  flow: FlowInput
  browser: Browser
  dialog: Dialog
  /** When the sign-in is given up, in milliseconds since the epoch. */
  deadline: number
}

/**
 * Does what the person chooses in the panel until one route gives tokens. Chosen routes stay open side by side and the first
 * to finish wins; one that fails leaves a line, and ends the sign-in only if it was the last. Nothing is registered,
 * opened or listened on before the first choice, and all of it is closed when this returns. Throws `cancelled`,
 * `sign-in-expired`, the error of the last route, or the reason of the signal.
 */
export async function interact(interaction: Interaction, signal: AbortSignal): Promise<SignedIn> {
  const { flow, browser, dialog, deadline } = interaction
  const over = new AbortController()
  const open = AbortSignal.any([signal, over.signal])
  const end = Promise.withResolvers<SignedIn>()
  const running = new Map<'code' | 'device', Promise<void>>()
  let { client } = flow
  let waiting: WaitingCode | undefined
  let codeRoute: RouteName = 'browser'
  let deviceStep: SignInStep | undefined

  const show = (step: SignInStep) => {
    if (!open.aborted) dialog.show(step)
  }

  /** Runs a flow to its end; once more with a new client if the server has forgotten the one we knew. */
  function run(name: 'code' | 'device', attempt: (input: FlowInput) => Promise<SignedIn>): void {
    const known = flow.request.client === undefined ? client : undefined
    const ended = attempt({ ...flow, client })
      .catch(error => {
        if (known === undefined || !(error instanceof HostError) || error.kind !== 'invalid-client')
          throw error
        if (client === known) client = undefined
        return attempt({ ...flow, client: undefined })
      })
      .then(end.resolve, thrown => {
        running.delete(name)
        if (!open.aborted) failed(name === 'code' ? codeRoute : 'device', thrown)
      })
    running.set(name, ended)
  }

  function failed(route: RouteName, thrown: unknown): void {
    const error = hostError(thrown, `the sign-in to ${flow.request.server.name} failed`)
    if (running.size > 0) show({ kind: 'trouble', route, error })
    else end.reject(error)
  }

  function choose(route: RouteName): void {
    if (route === 'device') {
      if (!running.has('device')) startDevice()
      else if (deviceStep !== undefined) show(deviceStep)
      return
    }
    codeRoute = route
    if (!running.has('code')) startCode()
    else if (waiting !== undefined) lead(waiting.url)
  }

  function startDevice(): void {
    deviceStep = undefined
    run('device', input =>
      signInByDevice(
        input,
        ({ page, completePage, userCode, expiresAt, client: used }) => {
          client ??= used
          deviceStep = { kind: 'device', page, completePage, code: userCode, expiresAt }
          show(deviceStep)
        },
        open,
      ),
    )
  }

  function startCode(): void {
    waiting = undefined
    run('code', input =>
      signInByCode(
        input,
        ready => {
          client = ready.client
          waiting = ready
          lead(ready.url)
        },
        open,
      ),
    )
  }

  /** Brings the person to the sign-in page: by the browser, or by the address alone. */
  function lead(url: WebUrl): void {
    if (codeRoute === 'paste') show({ kind: 'paste', url })
    else
      void browser
        .open(url)
        .catch(() => false)
        .then(opened => show({ kind: 'browser', url, opened }))
  }

  function paste(address: string): void {
    if (waiting?.paste(address)) return
    const text =
      'that is not the address that this sign-in ends at: copy it from the browser after signing in'
    show({ kind: 'trouble', route: 'paste', error: new HostError('usage', text) })
  }

  async function listenToPerson(): Promise<void> {
    for (;;) {
      const choice = await dialog.choice(open)
      if (choice.kind === 'cancel')
        throw new HostError('cancelled', `${flow.request.server.name}: sign-in cancelled`)
      if (choice.kind === 'pasted') paste(choice.address)
      else choose(choice.route)
    }
  }

  async function waitForDeadline(): Promise<void> {
    await flow.clock.sleep(Math.max(0, deadline - flow.clock.now()), open)
    throw new HostError('sign-in-expired', `the time for the sign-in to ${flow.request.server.name} is up`)
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
