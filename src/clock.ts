import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './auth/types.ts'

/** Node fires a timer that is longer (25 days or so) at once. In milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1

/** The clock of a real machine: it sleeps for any time, without end too. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    let left = ms
    do {
      await sleep(Math.min(left, LONGEST_TIMER), undefined, { signal }).catch(() => signal.throwIfAborted())
      left -= LONGEST_TIMER
    } while (left > 0)
  },
}
