import { type RuntimeProcess, startProcess } from '../runtime/process.ts'
import type { Runtime, RuntimeOptions } from '../runtime/types.ts'
import { reached } from '../trace.ts'

/** The runtime of a program, and the next one when it has died. */
export interface Running {
  /** The one that is there, or is coming. What talks to it is loaded when this is first asked for. */
  readonly runtime: Promise<Runtime>
  /** Puts another one in its place. Rejects as `startRuntime` does; then it can be tried once more. */
  again(): Promise<Runtime>
  /** Ends it, also while it is still starting. Never rejects. */
  stop(): Promise<void>
}

/** Starts the process of the runtime at once, so that it comes up while everything else is loaded. */
export function keepRunning(options: RuntimeOptions): Running {
  const leaving = new AbortController()
  let ahead: Promise<RuntimeProcess> | undefined = startProcess(options)
  // It is looked at later than it may fail.
  ahead.then(
    () => reached('runtime started'),
    () => {},
  )
  let runtime: Promise<Runtime> | undefined

  function started(): Promise<Runtime> {
    const starting = start()
    starting.catch(() => {})
    return starting
  }

  async function start(): Promise<Runtime> {
    const child = ahead ?? startProcess(options)
    ahead = undefined
    child.catch(() => {})
    const { startRuntime } = await import('../runtime/runtime.ts')
    const runtime = await startRuntime(options, undefined, leaving.signal, child)
    reached('runtime answers')
    return runtime
  }

  /** What hangs is no longer there when the next one opens the same session. */
  async function end(): Promise<void> {
    runtime ??= started()
    await runtime.then(
      each => each.stop(),
      () => {},
    )
  }

  return {
    get runtime() {
      runtime ??= started()
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
