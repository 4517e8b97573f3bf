import type { Choice, Dialog, Prompt, RouteName, SignInStep, SignInView } from '../auth/types.ts'
import { reasonText, resultLine, routeText, timeLeft, titleText, troubleText } from './sign-in-words.ts'

export interface PlainPromptOptions {
  /** One line for the person (stderr), without its newline. */
  write: (line: string) => void
  /** A line from the person, where stdin is a terminal. Rejects when there will be none. */
  read?: (signal: AbortSignal) => Promise<string>
  /** Milliseconds since the epoch. */
  now: () => number
  /** The command that signs in to a server later on. */
  again: (server: string) => string
  /** The route that the person named on the command line: it is taken without a further question. */
  route?: RouteName
}

/** The prompt for one-shots and commands: plain lines, appended, nothing else. One sign-in at a time. */
export function createPlainPrompt(io: PlainPromptOptions): Prompt {
  let last = Promise.resolve()
  return {
    signIn(view) {
      const turn = last
      const over = Promise.withResolvers<void>()
      last = turn.then(() => over.promise)
      return createDialog(io, view, turn, over.resolve)
    },
    tell(line) {
      io.write(line.text)
    },
  }
}

function createDialog(
  io: PlainPromptOptions,
  view: SignInView,
  turn: Promise<void>,
  over: () => void,
): Dialog {
  let introduced = false
  let chosen: RouteName | undefined
  return {
    async choice(signal) {
      signal.throwIfAborted()
      if (chosen) {
        if (chosen === 'paste' && io.read) return { kind: 'pasted', address: await lineOf(io.read, signal) }
        return forever(signal)
      }
      await Promise.race([turn, forever(signal)])
      if (!introduced) for (const line of introduction(view, io.now())) io.write(line)
      introduced = true
      const choice = await firstChoice(io, view, signal)
      if (choice.kind === 'route') chosen = choice.route
      return choice
    },
    show(step) {
      for (const line of stepLines(view, step, io.now())) io.write(line)
    },
    close(result) {
      io.write(resultLine(view, result, io.again(view.server)).text)
      over()
    },
  }
}

/** The named route, if it is possible; otherwise the numbered choice. Without either nobody has agreed to anything. */
async function firstChoice(io: PlainPromptOptions, view: SignInView, signal: AbortSignal): Promise<Choice> {
  if (io.route) {
    if (view.routes.includes(io.route)) return { kind: 'route', route: io.route }
    io.write(`${view.server} does not allow this way to sign in here: ${routeText(io.route)}`)
    return { kind: 'cancel' }
  }
  if (!io.read) {
    io.write(`${view.server}: nobody is there to choose; --sign-in browser or --sign-in device says how`)
    return { kind: 'cancel' }
  }
  const choices = [...view.routes.map(routeText), 'cancel']
  io.write(choices.map((text, at) => `${at + 1} ${text}`).join(', '))
  for (;;) {
    io.write('Choice (a number, Enter for 1):')
    const answer = (await io.read(signal)).trim() || '1'
    const route = view.routes[Number(answer) - 1]
    if (route) return { kind: 'route', route }
    if (Number(answer) === choices.length) return { kind: 'cancel' }
  }
}

function introduction(view: SignInView, now: number): string[] {
  const rights =
    view.newScopes.join(', ') || (view.grantedScopes.length > 0 ? 'none' : 'not named by the server')
  const tool = view.tool && view.reason !== 'upscope' ? ` For ${view.tool}.` : ''
  const granted = view.grantedScopes.length > 0 ? ` Already given: ${view.grantedScopes.join(', ')}.` : ''
  const account = view.account ? ` Signed in as ${view.account}.` : ''
  return [
    `${titleText(view)} (${view.serverHost}). ${reasonText(view)}${tool}`,
    `Sign-in page: ${view.pageHost}. Rights: ${rights}.${granted}${account} ${timeLeft(view.deadline, now)}.`,
  ]
}

/** Addresses stand alone on their line, so that they can be copied whole. */
function stepLines(view: SignInView, step: SignInStep, now: number): string[] {
  switch (step.kind) {
    case 'browser': {
      const words = step.opened
        ? `Waiting for the browser at ${view.pageHost}. If no page came up, open this address:`
        : 'No browser could be opened. Open this address:'
      return [words, step.url]
    }
    case 'device':
      return [
        `On any device open ${step.page} and enter the code ${step.code}`,
        `Only if you started this yourself. ${timeLeft(Math.min(step.expiresAt, view.deadline), now)}.`,
      ]
    case 'paste':
      return [
        'Open this address in any browser and sign in:',
        step.url,
        'Then paste the address of the page where it ends, and press Enter:',
      ]
    case 'trouble':
      return [`${view.server}: ${troubleText(step.error)}`]
  }
}

/** The next line that is not blank. */
async function lineOf(read: (signal: AbortSignal) => Promise<string>, signal: AbortSignal): Promise<string> {
  for (;;) {
    const line = (await read(signal)).trim()
    if (line !== '') return line
  }
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
