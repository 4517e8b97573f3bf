import type { HostEvent } from './types.ts'

export interface Turn {
  /** Takes every event of the session. */
  note(event: HostEvent): void
  /** True while a message was sent and its turn has not begun. */
  readonly held: boolean
  /** A message is being sent: calls `late` after each of these times (in milliseconds) until its turn begins. */
  expect(times: readonly number[], late: () => void): void
  /** The message was not taken, or nobody cares any more. */
  stop(): void
}

/** Follows the turns of a session, and tells when one does not begin. `changed` hears whether one runs, when that is news. */
export function createTurn(changed: (running: boolean) => void = () => {}): Turn {
  let running = false
  let timers: NodeJS.Timeout[] = []

  function run(now: boolean) {
    if (now === running) return
    running = now
    changed(now)
  }

  function begun() {
    for (const timer of timers) clearTimeout(timer)
    timers = []
  }
  return {
    note(event) {
      if (event.type === 'user') run(true)
      // Between the two the runtime asks the servers for their tools.
      else if (event.type === 'turn-start') {
        run(true)
        begun()
      } else if (event.type === 'idle' || event.type === 'stopped') {
        run(false)
        begun()
      }
    },
    get held() {
      return timers.length > 0
    },
    expect(times, late) {
      if (running) return
      run(true)
      timers = times.map(ms => setTimeout(late, ms))
    },
    stop() {
      run(false)
      begun()
    },
  }
}
