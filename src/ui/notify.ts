type Env = Readonly<Record<string, string | undefined>>

/** So long the person must not have typed before they are called, in milliseconds. */
export const AWAY = 8000

const TEXT = 'copilot-host has a question for you'
const SEQUENCES = {
  off: '',
  bell: '\u0007',
  osc9: `\u001b]9;${TEXT}\u0007`,
  osc777: `\u001b]777;notify;copilot-host;${TEXT}\u0007`,
} as const

/**
 * What calls a person who looks elsewhere: a notification where the terminal is known to have them, else the bell.
 * `COPILOT_HOST_NOTIFY` (`off`, `bell`, `osc9`, `osc777`) says which, whatever the terminal is.
 */
export function callSequence(env: Env): string {
  const asked = env.COPILOT_HOST_NOTIFY
  if (asked === 'off' || asked === 'bell' || asked === 'osc9' || asked === 'osc777') return SEQUENCES[asked]
  // A multiplexer keeps what it does not know to itself, and passes the bell on.
  if (env.TMUX || env.STY) return SEQUENCES.bell
  const { TERM = '', TERM_PROGRAM = '' } = env
  if (['iTerm.app', 'WezTerm', 'ghostty'].includes(TERM_PROGRAM) || /kitty|ghostty/.test(TERM))
    return SEQUENCES.osc9
  return /^(?:foot|rxvt)/.test(TERM) ? SEQUENCES.osc777 : SEQUENCES.bell
}

export interface Caller {
  /** The person has typed. */
  typed(): void
  /** This question is in front, or none is any more. */
  asks(question: number | undefined): void
}

/**
 * Calls the person once for each question in front of which they have not typed for a while. `later` runs something after so
 * many milliseconds and gives how to call it off; `now` is in milliseconds.
 */
export function createCaller(
  call: () => void,
  now: () => number,
  later: (work: () => void, ms: number) => () => void,
): Caller {
  let typedAt = now()
  let cancel: (() => void) | undefined
  let front: number | undefined
  const called = new Set<number>()

  function wait(): void {
    cancel?.()
    cancel = undefined
    const question = front
    if (question === undefined || called.has(question)) return
    const work = () => {
      called.add(question)
      call()
    }
    cancel = later(work, Math.min(AWAY, Math.max(0, typedAt + AWAY - now())))
  }

  return {
    typed() {
      typedAt = now()
      // Who types is there; they may go away all the same before they have answered.
      wait()
    },
    asks(question) {
      if (question === front) return
      front = question
      wait()
    },
  }
}
