import { forever } from './elsewhere.ts'

interface Run<T> {
  key: string
  calls: string[]
  controller: AbortController
  waiting: number
  result: Promise<T>
}

/** One run at a time for each group (a server); a request with the key of the running one shares it, others follow it. */
export interface Runs<T> {
  join(
    request: { group: string; key: string; calls?: readonly string[] },
    work: Work<T>,
    signal: AbortSignal,
  ): Promise<T>
}

/** `calls`: the tool calls of all who wait for this run; there may be more of them at its end. */
type Work<T> = (signal: AbortSignal, calls: readonly string[]) => Promise<T>

/**
 * A run is aborted only when everybody who waited for it has gone, and even then its end is awaited: what it has
 * opened is closed, and what it has begun to write is written, when `join` returns.
 */
export function createRuns<T>(): Runs<T> {
  const running = new Map<string, Run<T>>()

  function start(group: string, key: string, work: Work<T>): Run<T> {
    const controller = new AbortController()
    const calls: string[] = []
    const result = work(controller.signal, calls).finally(() => running.delete(group))
    const run = { key, calls, controller, waiting: 0, result }
    running.set(group, run)
    return run
  }

  return {
    async join({ group, key, calls = [] }, work, signal) {
      let run = running.get(group)
      while (run !== undefined && (run.key !== key || run.controller.signal.aborted)) {
        await Promise.race([run.result.catch(() => {}), forever(signal)])
        run = running.get(group)
      }
      signal.throwIfAborted()
      const mine = run ?? start(group, key, work)
      const leave = () => {
        mine.waiting -= 1
        if (mine.waiting === 0) mine.controller.abort(signal.reason)
      }
      mine.calls.push(...calls)
      mine.waiting += 1
      signal.addEventListener('abort', leave, { once: true })
      return mine.result.finally(() => signal.removeEventListener('abort', leave))
    },
  }
}
