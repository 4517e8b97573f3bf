/** What comes in is taken in order, each one once; whoever takes waits for it. */
export interface Queue<T> {
  readonly length: number
  put(item: T): void
  /** Nothing more will come: what is there can still be taken, then `take` rejects with this. */
  end(reason: unknown): void
  /** The next item. Rejects with the signal's reason, and takes nothing then. One taker at a time. */
  take(signal: AbortSignal): Promise<T>
}

export function createQueue<T>(): Queue<T> {
  const items: T[] = []
  let over: { reason: unknown } | undefined
  let wake = () => {}
  return {
    get length() {
      return items.length
    },
    put(item) {
      items.push(item)
      wake()
    },
    end(reason) {
      over ??= { reason }
      wake()
    },
    async take(signal) {
      for (;;) {
        signal.throwIfAborted()
        const [item] = items.splice(0, 1)
        if (item !== undefined) return item
        if (over) throw over.reason
        const change = Promise.withResolvers<void>()
        wake = change.resolve
        signal.addEventListener('abort', wake, { once: true })
        await change.promise
        signal.removeEventListener('abort', wake)
      }
    },
  }
}
