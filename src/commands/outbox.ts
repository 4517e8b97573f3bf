/** What the person says: their own words, or a command of the runtime that stands for a longer prompt. */
export interface Message {
  text: string
  /** What the model is sent in its place. */
  prompt?: string
}

/** What was said and is not with the model yet. */
export interface Outbox {
  /** Until the running turn is over. */
  readonly waiting: readonly Message[]
  /** Sent into the running turn, which has not taken them up yet. */
  readonly steering: readonly string[]
  /** While another session is being opened nothing goes to the one that is left. */
  held: boolean
  add(message: Message): void
  /** All that is not with the model, in order. */
  readonly unsent: readonly string[]
  /** Takes out the first one, to be sent; none while they are held. It is among `unsent` until it has {@link gone}. */
  next(): Message | undefined
  /** What {@link next} gave has gone to the runtime, or back to the person. */
  gone(): void
  /** Puts the one at this place, from 0, in front of all. */
  prefer(at: number): void
  /** Takes out the one at this place, from 0. */
  remove(at: number): Message | undefined
  /** Takes out all that wait. */
  clear(): Message[]
  /** This text is being sent into the running turn. */
  steer(text: string): Steering
  /** The runtime says that a message is with the model now; true if it is one of `steering`. */
  taken(text: string, id: string): boolean
  /** The running turn is being aborted: what the runtime was handed before then is dropped with it, whenever it names it. */
  aborting(): void
  /** Takes out what the running turn had been given and did not take up before it was interrupted. */
  dropped(): string[]
  /** Tells what is in it. */
  tell(): void
}

export interface Steering {
  /** It is on its way to the runtime. */
  handed(): void
  /** The runtime has it, under this id. */
  sent(id: string): void
  /** The runtime does not have it; false if it is with the model all the same. */
  failed(): boolean
}

/** What the running turn is given. */
interface Given {
  text: string
  id?: string
  state: 'new' | 'handed' | 'dropped'
}

export function createOutbox(
  show: (event: { type: 'queued'; messages: readonly string[]; steering: readonly string[] }) => void,
): Outbox {
  const waiting: Message[] = []
  let going: Message | undefined
  let steering: Given[] = []

  function tell(): void {
    show({
      type: 'queued',
      messages: waiting.map(({ text }) => text),
      steering: steering.map(({ text }) => text),
    })
  }

  function leave(which: (each: Given) => boolean): boolean {
    const at = steering.findIndex(which)
    if (at < 0) return false
    steering.splice(at, 1)
    tell()
    return true
  }

  function remove(at: number): Message | undefined {
    const [message] = waiting.splice(at, 1)
    if (message !== undefined) tell()
    return message
  }

  return {
    waiting,
    held: false,
    get steering() {
      return steering.map(({ text }) => text)
    },
    add: message => void waiting.push(message),
    get unsent() {
      const texts = (messages: readonly Message[]) => messages.map(({ text }) => text)
      return [...texts(going ? [going] : []), ...this.steering, ...texts(waiting)]
    },
    next() {
      going = this.held ? undefined : remove(0)
      return going
    },
    gone() {
      going = undefined
    },
    prefer(at) {
      waiting.unshift(...waiting.splice(at, 1))
      tell()
    },
    remove,
    clear() {
      const all = waiting.splice(0)
      if (all.length > 0) tell()
      return all
    },
    steer(text) {
      const each: Given = { text, state: 'new' }
      steering.push(each)
      tell()
      return {
        handed() {
          each.state = 'handed'
        },
        sent(id) {
          each.id = id
        },
        failed: () => leave(other => other === each),
      }
    },
    // The event may come before the reply that names it.
    taken: (text, id) =>
      leave(each => each.id === id) || leave(each => each.id === undefined && each.text === text),
    aborting() {
      for (const each of steering) if (each.state === 'handed') each.state = 'dropped'
    },
    dropped() {
      // What goes on its way later is not dropped: it begins a turn of its own.
      const isGone = ({ id, state }: Given) => id !== undefined || state === 'dropped'
      const gone = steering.filter(isGone)
      steering = steering.filter(each => !isGone(each))
      if (gone.length > 0) tell()
      return gone.map(({ text }) => text)
    },
    tell,
  }
}
