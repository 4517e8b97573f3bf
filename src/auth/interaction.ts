import { HostError, hostError } from '../errors.ts'
import type { Clean } from '../text.ts'
import type { FlowInput, SignedIn } from './flows/flow.ts'
import { createRoutes } from './routes.ts'
import type { Secret } from './secret.ts'
import type { Tab } from './tab.ts'
import type { Browser, Client, Dialog, RouteName, SignInView } from './types.ts'

export interface Interaction {
  flow: FlowInput
  browser: Browser
  dialog: Dialog
  /** The browser tab that it may share with other sign-ins. */
  tab: Tab
  /** The terminal that the page in the browser names. */
  place?: Clean
  /** Gets what goes on when this has returned tokens: the last page in the browser. */
  beside(work: Promise<void>): void
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

/** What a sign-in ended with, the flow it came from, by which route, and whether the person wanted another account. */
export type Interacted = SignedIn & { flow: FlowInput; route: RouteName; asked: boolean }

/** A token that the person brought, instead of a sign-in. */
export interface Brought {
  token: Secret
}

/**
 * Does what the person chooses in the panel until one route gives tokens. Nothing is registered, opened or listened on before
 * the first choice, and all of it is closed when this returns, except for the last page. Where the server registers no apps, the person is asked for a
 * client id. A token that the person brings ends it, too. Throws `cancelled`, `later`, `sign-in-expired`, the error of the last route, or the reason of the signal.
 */
export async function interact(interaction: Interaction, signal: AbortSignal): Promise<Interacted | Brought> {
  const { dialog, deadline, flow } = interaction
  const { name: server } = flow.request.server
  const over = new AbortController()
  const open = AbortSignal.any([signal, over.signal])
  const routes = createRoutes(interaction, signal)
  let looking = new AbortController()
  let lookup = Promise.resolve()

  function trouble(route: RouteName, thrown: unknown): void {
    const error = hostError(thrown, `the sign-in to ${server} failed`)
    if (!open.aborted) dialog.show({ kind: 'trouble', route, error })
  }

  function paste(address: string): void {
    if (routes.paste(address)) return
    const text =
      'that is not the address that this sign-in ends at: copy it from the browser after signing in'
    trouble('paste', new HostError('usage', text))
  }

  /**
   * Another authorization server. The person goes on meanwhile: it counts only if nothing has been started at the first one
   * by the time it is found, and no third one was chosen.
   */
  async function retarget(issuer: string, within: AbortSignal): Promise<void> {
    const counts = () => routes.untouched && !within.aborted
    if (!counts()) return
    try {
      const next = await interaction.retarget(issuer, within)
      if (!counts()) return
      routes.retarget(next.flow)
      dialog.update(next.view)
    } catch (thrown) {
      if (counts()) trouble('browser', thrown)
    }
  }

  async function listenToPerson(): Promise<Brought> {
    for (;;) {
      const choice = await dialog.choice(open)
      switch (choice.kind) {
        case 'cancel':
          throw new HostError('cancelled', `${server}: sign-in cancelled`)
        case 'later':
          throw new HostError('later', `${server}: sign-in later`)
        case 'token':
          return { token: choice.token }
        case 'account':
          await routes.chooseAccount(choice.route)
          break
        case 'pasted':
          paste(choice.address)
          break
        case 'issuer':
          looking.abort()
          looking = new AbortController()
          lookup = retarget(choice.issuer, AbortSignal.any([open, looking.signal]))
          break
        case 'client':
          routes.goOnAs({ id: choice.id, source: 'configured', authMethod: 'none' })
          break
        case 'follow':
          routes.follow()
          break
        case 'route':
          routes.choose(choice.route)
      }
    }
  }

  async function waitForDeadline(): Promise<never> {
    await flow.clock.sleep(Math.max(0, deadline - flow.clock.now()), open)
    throw new HostError('sign-in-expired', `the time for the sign-in to ${server} is up`)
  }

  const withdrawn = Promise.withResolvers<never>()
  const withdraw = () => withdrawn.reject(signal.reason)
  signal.addEventListener('abort', withdraw, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([routes.end, listenToPerson(), waitForDeadline(), withdrawn.promise])
  } finally {
    signal.removeEventListener('abort', withdraw)
    over.abort(new HostError('cancelled', 'the sign-in is over'))
    await Promise.all([routes.close(), lookup])
  }
}
