import type { Runtime } from '../runtime/types.ts'

/** The runtime of a program, and the next one when it has died. */
export interface Running {
  /** The one that is there, or is coming. */
  readonly runtime: Promise<Runtime>
  /** Puts another one in its place. Rejects as `startRuntime` does; then it can be tried once more. */
  again(): Promise<Runtime>
  /** Ends it, also while it is still starting. Never rejects. */
  stop(): Promise<void>
}

/** Starts a runtime. */
export function keepRunning(start: (signal: AbortSignal) => Promise<Runtime>): Running {
  const leaving = new AbortController()
  let runtime = started()

  function started(): Promise<Runtime> {
    const starting = start(leaving.signal)
    // It is looked at later than it may fail.
    starting.catch(() => {})
    return starting
  }

  /** What hangs is no longer there when the next one opens the same session. */
  async function end(): Promise<void> {
    await runtime.then(
      each => each.stop(),
      () => {},
    )
  }

  return {
    get runtime() {
      return runtime
    },
    again() {
      runtime = end().then(started)
      runtime.catch(() => {})
      return runtime
    },
    async stop() {
      leaving.abort()
      await end()
    },
  }
}
