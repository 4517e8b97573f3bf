import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../src/auth/types.ts'

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
  },
}
