import type { Choice, Dialog, Prompt, RouteName, SignInStep, SignInView } from '../auth/types.ts'
import {
  changedText,
  clientIdTrouble,
  clientText,
  dayText,
  reasonText,
  resultLine,
  routeText,
  timeLeft,
  titleText,
  troubleText,
} from './sign-in-words.ts'

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
  first: SignInView,
  turn: Promise<void>,
  over: () => void,
): Dialog {
  let view = first
  let introduced = false
  let chosen = false
  /** What a line of the person would be, once the engine has got that far. */
  let wanted: 'address' | 'client' | undefined
  let wake = () => {}

  /** Waits until there is something to type; without a person there, a client id is never typed. */
  async function typed(signal: AbortSignal): Promise<Choice> {
    while (wanted === undefined || (wanted === 'address' && !io.read)) {
      const change = new Promise<void>(resolve => {
        wake = resolve
      })
      await Promise.race([change, forever(signal)])
    }
    if (!io.read) return { kind: 'cancel' }
    for (;;) {
      const text = await lineOf(io.read, signal)
      // What was asked for while the line was typed is what it answers.
      if (wanted === 'address') return { kind: 'pasted', address: text }
      const trouble = clientIdTrouble(text)
      if (trouble === undefined) {
        wanted = undefined
        return { kind: 'client', id: text }
      }
      io.write(trouble)
    }
  }

  return {
    async choice(signal) {
      signal.throwIfAborted()
      if (chosen) return typed(signal)
      await Promise.race([turn, forever(signal)])
      if (!introduced) for (const line of introduction(view, io.now())) io.write(line)
      if (!introduced && view.formerHost !== undefined && io.read) {
        io.write(`If that is right, type ${view.pageHost} to go on:`)
        if ((await io.read(signal)).trim().toLowerCase() !== view.pageHost) return { kind: 'cancel' }
      }
      introduced = true
      const choice = await firstChoice(io, view, signal)
      chosen = choice.kind === 'route'
      return choice
    },
    update(next) {
      view = next
      introduced = false
    },
    show(step) {
      if (step.kind === 'client') wanted = 'client'
      if (step.kind === 'paste') wanted = 'address'
      for (const line of stepLines(view, step, io.now())) io.write(line)
      wake()
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
  const others = view.others.map(({ host }) => `sign in at ${host}`)
  const choices = [...view.routes.map(routeText), ...others, 'later', 'cancel']
  io.write(choices.map((text, at) => `${at + 1} ${text}`).join(', '))
  for (;;) {
    io.write('Choice (a number, Enter for 1):')
    const answer = (await io.read(signal)).trim() || '1'
    const route = view.routes[Number(answer) - 1]
    if (route) return { kind: 'route', route }
    const other = view.others[Number(answer) - 1 - view.routes.length]
    if (other) return { kind: 'issuer', issuer: other.issuer }
    if (Number(answer) === choices.length - 1) return { kind: 'later' }
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
    ...(view.formerHost === undefined ? [] : [`! ${view.server}: ${changedText(view)}`]),
    `${titleText(view)} (${view.serverHost}). ${reasonText(view)}${tool}`,
    `Sign-in page: ${view.pageHost}${knownText(view)}. Rights: ${rights}.${granted}${account} ${timeLeft(view.deadline, now)}.`,
  ]
}

function knownText({ knownSince, formerHost }: SignInView): string {
  if (formerHost !== undefined) return ''
  return knownSince === undefined ? ', first seen' : `, known since ${dayText(knownSince)}`
}

/** Addresses stand alone on their line, so that they can be copied whole. */
function stepLines(view: SignInView, step: SignInStep, now: number): string[] {
  switch (step.kind) {
    case 'browser': {
      const words = step.opened
        ? `Waiting for the browser at ${view.pageHost}. If no page came up, open this address:`
        : 'No browser could be opened. Open this address:'
      return [words, step.url, ...forwarding(step)]
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
        ...forwarding(step),
        'Then paste the address of the page where it ends, and press Enter:',
      ]
    case 'client':
      return [troubleText(step.error), clientText(view)]
    case 'trouble':
      return [`${view.server}: ${troubleText(step.error)}`]
  }
}

/** Over SSH: what brings a browser on the person's own machine back to us. */
function forwarding({ forward }: { forward?: string }): string[] {
  return forward === undefined ? [] : ['For a browser on your own machine, run there first:', forward]
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
