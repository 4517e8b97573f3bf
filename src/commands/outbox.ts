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
  add(message: Message): void
  /** Takes out the one at this place, from 0. */
  remove(at: number): Message | undefined
  /** Takes out all that wait. */
  clear(): Message[]
  /** This text is being sent into the running turn. */
  steer(text: string): Steering
  /** The runtime says that a message is with the model now; true if it is one of `steering`. */
  taken(text: string, id: string): boolean
  /** Takes out what the running turn had been given and did not take up before it was interrupted. */
  dropped(): string[]
  /** Tells what is in it. */
  tell(): void
}

export interface Steering {
  /** The runtime has it, under this id. */
  sent(id: string): void
  /** The runtime does not have it; false if it is with the model all the same. */
  failed(): boolean
}

export function createOutbox(
  show: (event: { type: 'queued'; messages: readonly string[]; steering: readonly string[] }) => void,
): Outbox {
  const waiting: Message[] = []
  let steering: { text: string; id?: string }[] = []

  function tell(): void {
    show({
      type: 'queued',
      messages: waiting.map(({ text }) => text),
      steering: steering.map(({ text }) => text),
    })
  }

  function leave(which: (each: { text: string; id?: string }) => boolean): boolean {
    const at = steering.findIndex(which)
    if (at < 0) return false
    steering.splice(at, 1)
    tell()
    return true
  }

  return {
    waiting,
    get steering() {
      return steering.map(({ text }) => text)
    },
    add: message => void waiting.push(message),
    remove(at) {
      const [message] = waiting.splice(at, 1)
      if (message !== undefined) tell()
      return message
    },
    clear() {
      const all = waiting.splice(0)
      if (all.length > 0) tell()
      return all
    },
    steer(text) {
      const each: { text: string; id?: string } = { text }
      steering.push(each)
      tell()
      return {
        sent(id) {
          each.id = id
        },
        failed: () => leave(other => other === each),
      }
    },
    // The event may come before the reply that names it.
    taken: (text, id) =>
      leave(each => each.id === id) || leave(each => each.id === undefined && each.text === text),
    dropped() {
      const gone = steering.filter(({ id }) => id !== undefined)
      // What is still on its way comes too late to be dropped: it begins a turn of its own.
      steering = steering.filter(({ id }) => id === undefined)
      if (gone.length > 0) tell()
      return gone.map(({ text }) => text)
    },
    tell,
  }
}
