import type { Choice, Dialog, SignInStep, SignInView } from '../../auth/types.ts'
import { HostError } from '../../errors.ts'
import type { PlainPromptOptions } from '../plain.ts'
import { resultLine, routeText } from '../sign-in-words.ts'
import { ask, type Read } from './ask.ts'
import { isNumber, numbered, pick, unlisted } from './numbers.ts'
import { introduction, stepLines } from './sign-in-lines.ts'
import { earlyLine, type SignInOption, signInOptions, typedLine } from './sign-in-options.ts'
import { aborted, type Turn, type Turns } from './turns.ts'

/** A sign-in that is not over, as the others see it. */
export interface OpenSignIn {
  readonly view: SignInView
  /** Nothing was chosen, nothing has to be typed before, and a browser suits the place. */
  readonly untouched: boolean
  /** By browser, in the tab of the one in front. */
  follow(): void
}

interface Place {
  turns: Turns
  turn: Turn
  /** All that are open. */
  open: Set<OpenSignIn>
}

/** One sign-in in lines. It says and asks nothing before it is its turn. */
export function openDialog(io: PlainPromptOptions, first: SignInView, { turns, turn, open }: Place): Dialog {
  let view = first
  let introduced = false
  let confirmed = false
  /** A route was opened; what came of the last choice is told by now. */
  let started = false
  let told = false
  const held: SignInStep[] = []
  let menu: SignInOption[] = []
  /** What a line that names no option is, if it can be something. */
  let wanted: 'address' | 'client' | undefined
  let wake = () => {}
  let following: 'asked' | 'told' | undefined
  /** Aborted when the view changes: an answer is one to what was shown when the question was put. */
  let current = new AbortController()
  const asked = Promise.withResolvers<void>()

  const self: OpenSignIn = {
    get view() {
      return view
    },
    get untouched() {
      return !started && view.routes[0] === 'browser' && (view.formerHost === undefined || confirmed)
    },
    follow() {
      started = true
      following = 'asked'
      asked.resolve()
    },
  }
  open.add(self)

  async function choose(signal: AbortSignal): Promise<Choice> {
    await (following === 'told' ? turn.begin(signal) : Promise.race([turn.begin(signal), asked.promise]))
    if (following === 'asked') {
      following = 'told'
      return { kind: 'follow' }
    }
    comeForward()
    const choice = started ? await next(signal) : await begin(signal)
    signal.throwIfAborted()
    told = false
    switch (choice.kind) {
      case 'skip':
        introduced = false
        turn.defer()
        return choose(signal)
      case 'all':
        started = true
        for (const other of open) if (other.untouched) other.follow()
        return { kind: 'route', route: 'browser' }
      case 'route':
      case 'account':
        started = true
    }
    return choice
  }

  function comeForward(): void {
    const others = [...open].filter(other => other !== self).map(other => other.view)
    if (!introduced) for (const line of introduction(view, io.now(), others)) io.write(line)
    introduced = true
    for (const step of held.splice(0)) tell(step)
  }

  /** Before anything was opened. Without a route that was named and without a person nobody has agreed to anything. */
  async function begin(signal: AbortSignal): Promise<SignInOption['choice']> {
    const { read, route, write } = io
    if (view.formerHost !== undefined && !confirmed && read) {
      const choice = await ask({ read, write }, confirmation(view), line => confirm(view, line), signal)
      if (choice.kind !== 'go-on') return choice
      confirmed = true
    }
    if (route) {
      if (view.routes.includes(route)) return { kind: 'route', route }
      write(`${view.server} does not allow this way to sign in here: ${routeText(route)}`)
      return { kind: 'cancel' }
    }
    if (!read) {
      write(`${view.server}: nobody is there to choose; --sign-in browser or --sign-in device says how`)
      return { kind: 'cancel' }
    }
    write(menuLine())
    const judge = (line: string) => pick(line || '1', menu)?.choice ?? earlyLine(line)
    return choice(read, 'Choice (a number, Enter for 1):', judge, signal)
  }

  /** While routes are open. */
  async function next(signal: AbortSignal): Promise<SignInOption['choice']> {
    // What there is to say about the route comes first.
    while (!told || !isExpected()) {
      const change = new Promise<void>(resolve => {
        wake = resolve
      })
      await Promise.race([change, aborted(signal)])
    }
    if (!io.read) return { kind: 'cancel' }
    const judge = (line: string) =>
      pick(line, menu)?.choice ?? (line === '?' ? undefined : typedLine(line, wanted))
    const answer = await choice(io.read, PROMPTS[wanted ?? 'number'], judge, signal)
    if (answer.kind === 'client') wanted = undefined
    return answer
  }

  /** Whether a line can mean something. A run with a named route leaves its terminal alone as long as it can. */
  function isExpected(): boolean {
    if (io.read && io.route === undefined) return true
    return wanted === 'client' || (wanted === 'address' && io.read !== undefined)
  }

  function choice(
    read: Read,
    prompt: string,
    judge: (line: string) => SignInOption['choice'] | string | undefined,
    signal: AbortSignal,
  ): Promise<SignInOption['choice']> {
    const none = (line: string) => {
      // What is said to the model while this is asked is not lost.
      if (line !== '' && line !== '?' && !isNumber(line)) io.keep?.(line)
      return unlisted(line, line === '?' ? menuLine() : '')
    }
    return ask({ read, write: io.write }, prompt, line => judge(line) ?? none(line), signal)
  }

  /** The numbers that count from now on. */
  function menuLine(): string {
    const together = self.untouched ? [...open].filter(({ untouched }) => untouched).length : 0
    menu = signInOptions(view, { started, together, waiting: turns.waiting })
    return numbered(menu.map(({ text }) => text))
  }

  function tell(step: SignInStep): void {
    for (const line of stepLines(view, step, io.now())) io.write(line)
    if (step.kind !== 'trouble') {
      started = true
      wanted = WANTED[step.kind]
      if (io.read && isExpected()) io.write(menuLine())
    }
    told = true
    wake()
  }

  return {
    async choice(signal) {
      for (;;) {
        signal.throwIfAborted()
        if (turn.signal.aborted) return { kind: 'cancel' }
        const before = current.signal
        try {
          return await choose(AbortSignal.any([signal, turn.signal, before]))
        } catch (thrown) {
          if (!signal.aborted && !turn.signal.aborted && !before.aborted) throw thrown
        }
      }
    },
    update(changed) {
      view = changed
      introduced = false
      confirmed = false
      // Nothing of this sign-in has been started, whatever was chosen for the one before.
      started = false
      wanted = undefined
      current.abort(new HostError('cancelled', 'the sign-in server has changed'))
      current = new AbortController()
    },
    show(step) {
      held.push(step)
      if (turn.inFront) comeForward()
    },
    close(result) {
      io.write(resultLine(view, result, io.again(view.server)).text)
      open.delete(self)
      turn.end()
    },
  }
}

/** The host of a sign-in server that has changed has to be typed before anything else. */
function confirmation({ pageHost }: SignInView): string {
  return `If that is right, type ${pageHost} to go on; 1 later, 2 cancel:`
}

function confirm({ pageHost }: SignInView, line: string): Choice | { kind: 'go-on' } | string {
  if (line.toLowerCase() === pageHost) return { kind: 'go-on' }
  const leave: Choice[] = [{ kind: 'later' }, { kind: 'cancel' }]
  return pick(line, leave) ?? `That is not ${pageHost}.`
}

const WANTED: Readonly<Record<Exclude<SignInStep['kind'], 'trouble'>, 'address' | 'client' | undefined>> = {
  browser: undefined,
  device: undefined,
  paste: 'address',
  client: 'client',
}

const PROMPTS = {
  number: 'Choice (a number, or a pasted address):',
  address: 'Address (or a number):',
  client: 'Client id (or a number):',
} as const
