import type {
  Browser,
  Choice,
  Prompt,
  RouteName,
  SignInResult,
  SignInStep,
  SignInView,
  WebUrl,
} from '../auth/types.ts'
import { loopbackPort } from '../auth/url.ts'
import type { DeskCall } from '../desk/connect.ts'
import { HostError } from '../errors.ts'
import { type Clean, hostOf } from '../text.ts'

export interface Answering {
  call: Pick<DeskCall, 'send' | 'next'>
  view: SignInView
  prompt: Prompt
  /** The browser in front of the person who answers. */
  browser: Browser
  /** What brings a browser in front of that person to a port of this machine, where there is need of it. */
  forward: (port: number) => Clean | undefined
}

export interface Ending {
  result: SignInResult
  /** The last choice that counted was made here. */
  yours: boolean
}

/**
 * Lets the person here answer a sign-in of another process: choices go there, what follows comes back. A browser is opened
 * here, for the address that the other process listens for. Resolves with how the sign-in ended. Rejects with `cancelled` when the
 * person leaves, which changes nothing there; else when the other process is gone or says what cannot be right.
 */
export async function answerFromHere(answering: Answering, signal: AbortSignal): Promise<Ending> {
  const { call, prompt, browser, forward } = answering
  let view = suited(answering.view, browser)
  let chosen: RouteName | undefined
  let opened: WebUrl | undefined
  const over = new AbortController()
  const open = AbortSignal.any([signal, over.signal])
  const dialog = prompt.signIn(view)

  async function listenToPerson(): Promise<never> {
    for (;;) {
      const choice = await dialog.choice(open)
      if (choice.kind === 'route') chosen = choice.route
      if (choice.kind === 'account' && chosen !== 'paste') chosen = 'browser'
      // Chosen once more, it opens once more.
      opened = undefined
      call.send({ type: 'choose', choice: relayed(choice) })
      // There is no more to ask: how it ends is about to come.
      if (choice.kind === 'cancel' || choice.kind === 'later') await new Promise(() => {})
    }
  }

  /** What the person has asked for here; what others choose elsewhere is theirs to see. */
  function show(step: SignInStep): void {
    switch (step.kind) {
      case 'browser':
        return
      case 'paste':
        if (hostOf(step.url) !== view.pageHost)
          throw new HostError('unsafe-address', `the sign-in page is not at ${view.pageHost}`)
        showPage({ ...step, forward: forwardFor(step.url) })
        return
      case 'device':
        if (chosen === 'device') dialog.show(step)
        return
      default:
        if (chosen !== undefined) dialog.show(step)
    }
  }

  function showPage(step: Extract<SignInStep, { kind: 'paste' }>): void {
    if (chosen === 'paste') dialog.show(step)
    if (chosen !== 'browser' || opened === step.url) return
    opened = step.url
    const agreed = view
    // Not awaited: the sign-in may be over before it is known whether a browser stays.
    void browser
      .open(step.url)
      .catch(() => false)
      .then(shown => {
        if (!open.aborted && view === agreed)
          dialog.show(shown ? { ...step, kind: 'browser', opened: true } : step)
      })
  }

  function forwardFor(url: WebUrl): Clean | undefined {
    const port = loopbackPort(new URL(url).searchParams.get('redirect_uri') ?? '')
    return port === undefined ? undefined : forward(port)
  }

  async function listenToDesk(): Promise<Ending> {
    for (;;) {
      const report = await call.next(open)
      if (report.type === 'view') {
        // The person has agreed to the page of the view before, to no other.
        chosen = undefined
        opened = undefined
        view = suited(report.view, browser)
        dialog.update(view)
      }
      if (report.type === 'step') show(report.step)
      if (report.type === 'end') return report
    }
  }

  try {
    const ending = await Promise.race([listenToDesk(), listenToPerson()])
    over.abort(new HostError('cancelled', 'the sign-in is over'))
    dialog.close(ending.result)
    return ending
  } finally {
    over.abort(new HostError('cancelled', 'the sign-in is over'))
  }
}

/** The browser that opens is the one in front of this person: for the other process that is an address that somebody opens. */
function relayed(choice: Choice): Choice {
  const pages = choice.kind === 'account' || (choice.kind === 'route' && choice.route === 'browser')
  return pages ? { ...choice, route: 'paste' } : choice
}

/** The same routes, the one first that suits this person's place. */
function suited(view: SignInView, { available }: Browser): SignInView {
  const order: RouteName[] = available ? ['browser', 'device', 'paste'] : ['device', 'paste', 'browser']
  return { ...view, routes: order.filter(route => view.routes.includes(route)) }
}
