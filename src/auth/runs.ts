interface Run<T> {
  key: string
  controller: AbortController
  waiting: number
  result: Promise<T>
}

/** One run at a time for each group (a server); a request with the key of the running one shares it, others follow it. */
export interface Runs<T> {
  join(
    names: { group: string; key: string },
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>
}

/**
 * A run is aborted only when everybody who waited for it has gone, and even then its end is awaited: what it has
 * opened is closed, and what it has begun to write is written, when `join` returns.
 */
export function createRuns<T>(): Runs<T> {
  const running = new Map<string, Run<T>>()

  function start(group: string, key: string, work: (signal: AbortSignal) => Promise<T>): Run<T> {
    const controller = new AbortController()
    const result = work(controller.signal).finally(() => running.delete(group))
    const run = { key, controller, waiting: 0, result }
    running.set(group, run)
    return run
  }

  return {
    async join({ group, key }, work, signal) {
      let run = running.get(group)
      while (run !== undefined && (run.key !== key || run.controller.signal.aborted)) {
        await run.result.catch(() => {})
        run = running.get(group)
      }
      signal.throwIfAborted()
      const mine = run ?? start(group, key, work)
      const leave = () => {
        mine.waiting -= 1
        if (mine.waiting === 0) mine.controller.abort(signal.reason)
      }
      mine.waiting += 1
      signal.addEventListener('abort', leave, { once: true })
      return mine.result.finally(() => signal.removeEventListener('abort', leave))
    },
  }
}
