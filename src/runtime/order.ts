import type { HostEvent } from './types.ts'

export interface OrderOptions {
  /** Whether something that belongs before this event has not come yet. */
  isEarly(event: HostEvent): boolean
  /** Whether it comes on the other way: nothing of it waits. */
  isInner(event: HostEvent): boolean
  /** How long the first event waits for what it lacks, in milliseconds; 0: not at all. */
  most: number
  tell(event: HostEvent): void
}

export interface Order {
  take(event: HostEvent): void
  /** Tells what waits, at once. */
  flush(): void
}

/**
 * Brings events into order. The runtime sends what sub-agents do on a way of its own, which may be slower or faster by some
 * milliseconds: a question may come before the call that it is about, and a call may end before those that it has started.
 */
export function createOrder({ isEarly, isInner, most, tell }: OrderOptions): Order {
  const waiting: HostEvent[] = []
  let late: NodeJS.Timeout | undefined

  function next(): void {
    clearTimeout(late)
    late = undefined
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (most > 0 && isEarly(first)) {
        late = setTimeout(patienceOver, most)
        return
      }
      waiting.shift()
      tell(first)
    }
  }

  function patienceOver(): void {
    const first = waiting.shift()
    if (first !== undefined) tell(first)
    next()
  }

  return {
    take(event) {
      if (isInner(event)) {
        tell(event)
        if (waiting.length > 0) next()
      } else if (waiting.push(event) === 1) next()
    },
    flush() {
      clearTimeout(late)
      for (const event of waiting.splice(0)) tell(event)
    },
  }
}
