import type { Choice, Dialog, Prompt, RouteName, SignInStep, SignInView } from '../auth/types.ts'
import { isNumber, numbered, pick } from './plain/numbers.ts'
import { introduction, signInOptions, stepLines } from './plain/sign-in-lines.ts'
import { aborted, createTurns, type Turn, type Turns } from './plain/turns.ts'
import { clientIdTrouble, resultLine, routeText } from './sign-in-words.ts'

export interface PlainPromptOptions {
  /** One line for the person, without its newline. */
  write: (line: string) => void
  /**
   * The line that answers, where a person is there. Writes `prompt` when lines begin to count. Rejects when there will be
   * none.
   */
  read?: (signal: AbortSignal, prompt: string) => Promise<string>
  /** Milliseconds since the epoch. */
  now: () => number
  /** The command that signs in to a server later on. */
  again: (server: string) => string
  /** The route that the person named on the command line: it is taken without a further question. */
  route?: RouteName
  /** The row of questions, where there are others than sign-ins. */
  turns?: Turns
}

/** The sign-in by plain lines, for chats, one-shots and commands: appended, nothing else. One sign-in at a time. */
export function createPlainPrompt(io: PlainPromptOptions): Prompt {
  const turns = io.turns ?? createTurns()
  return {
    signIn: view => createDialog(io, view, turns, turns.enter()),
    tell: line => io.write(line.text),
  }
}

function createDialog(io: PlainPromptOptions, first: SignInView, turns: Turns, turn: Turn): Dialog {
  let view = first
  let introduced = false
  let confirmed = false
  /** A route was opened; what came of the last choice is told by now. */
  let started = false
  let told = false
  /** What a line that is no number is, if it can be one. */
  let wanted: 'address' | 'client' | undefined
  let wake = () => {}

  async function choose(signal: AbortSignal): Promise<Choice> {
    await Promise.race([turn.begin(signal), aborted(signal)])
    if (!introduced) for (const line of introduction(view, io.now(), turns.waiting)) io.write(line)
    introduced = true
    const choice = started ? await next(signal) : await begin(signal)
    if (choice.kind === 'route' || choice.kind === 'account') started = true
    told = false
    return choice
  }

  /** Before anything was opened. Without a route that was named and without a person nobody has agreed to anything. */
  async function begin(signal: AbortSignal): Promise<Choice> {
    const { read, route } = io
    if (view.formerHost !== undefined && !confirmed && read) {
      const choice = await confirm(read, view.pageHost, signal)
      if (choice !== undefined) return choice
      confirmed = true
    }
    if (route) {
      if (view.routes.includes(route)) return { kind: 'route', route }
      io.write(`${view.server} does not allow this way to sign in here: ${routeText(route)}`)
      return { kind: 'cancel' }
    }
    if (!read) {
      io.write(`${view.server}: nobody is there to choose; --sign-in browser or --sign-in device says how`)
      return { kind: 'cancel' }
    }
    writeMenu()
    return ask(read, 'Choice (a number, Enter for 1):', line => numberOf(line || '1'), signal)
  }

  /** The host of a sign-in server that has changed has to be typed before anything else. */
  async function confirm(read: Read, host: string, signal: AbortSignal): Promise<Choice | undefined> {
    const leave: Choice[] = [{ kind: 'later' }, { kind: 'cancel' }]
    for (;;) {
      const line = (await read(signal, `If that is right, type ${host} to go on; 1 later, 2 cancel:`)).trim()
      if (line.toLowerCase() === host) return undefined
      const choice = pick(line, leave)
      if (choice !== undefined) return choice
      io.write(`That is not ${host}.`)
    }
  }

  /** While routes are open. */
  async function next(signal: AbortSignal): Promise<Choice> {
    while (!told || !expected()) {
      const change = new Promise<void>(resolve => {
        wake = resolve
      })
      await Promise.race([change, aborted(signal)])
    }
    if (!io.read) return { kind: 'cancel' }
    return ask(io.read, promptText(), line => numberOf(line) ?? typed(line), signal)
  }

  /** Whether a line can mean something. A run with a named route leaves its terminal alone as long as it can. */
  function expected(): boolean {
    if (io.read && io.route === undefined) return true
    return wanted === 'client' || (wanted === 'address' && io.read !== undefined)
  }

  function promptText(): string {
    if (wanted === 'client') return 'Client id (or a number):'
    return wanted === 'address' ? 'Address (or a number):' : 'Choice (a number, or a pasted address):'
  }

  /** What a line is that is no number of the menu, or what is wrong with it. */
  function typed(line: string): Choice | string | undefined {
    const address = line.replaceAll(/\s/gu, '')
    if (address === '' || isNumber(address)) return undefined
    if (wanted === 'client' && !/^\w+:\/\//.test(address)) {
      const trouble = clientIdTrouble(line)
      if (trouble === undefined) wanted = undefined
      return trouble ?? { kind: 'client', id: line }
    }
    return wanted === 'address' || /:\/\/|[?&]code=/.test(address) ? { kind: 'pasted', address } : undefined
  }

  /** Asks until the line is an answer. What was asked for while it was typed is what it answers. */
  async function ask(
    read: Read,
    prompt: string,
    judge: (line: string) => Choice | string | undefined,
    signal: AbortSignal,
  ): Promise<Choice> {
    for (;;) {
      const choice = judge((await read(signal, prompt)).trim())
      if (typeof choice === 'object') return choice
      if (choice === undefined) writeMenu('That is none of these. ')
      else io.write(choice)
    }
  }

  function numberOf(line: string): Choice | undefined {
    return pick(line, signInOptions(view, started))?.choice
  }

  function writeMenu(why = ''): void {
    io.write(why + numbered(signInOptions(view, started).map(({ text }) => text)))
  }

  return {
    async choice(signal) {
      signal.throwIfAborted()
      try {
        return await choose(AbortSignal.any([signal, turn.signal]))
      } catch (thrown) {
        if (turn.signal.aborted && !signal.aborted) return { kind: 'cancel' }
        throw thrown
      }
    },
    update(changed) {
      view = changed
      introduced = false
      confirmed = false
    },
    show(step) {
      for (const line of stepLines(view, step, io.now())) io.write(line)
      if (step.kind !== 'trouble') {
        started = true
        wanted = WANTED[step.kind]
        if (io.read && expected()) writeMenu()
      }
      told = true
      wake()
    },
    close(result) {
      io.write(resultLine(view, result, io.again(view.server)).text)
      turn.end()
    },
  }
}

type Read = NonNullable<PlainPromptOptions['read']>

const WANTED: Readonly<Record<Exclude<SignInStep['kind'], 'trouble'>, 'address' | 'client' | undefined>> = {
  browser: undefined,
  device: undefined,
  paste: 'address',
  client: 'client',
}
