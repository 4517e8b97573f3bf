import type { Clock } from '../../src/auth/types.ts'

export interface FakeClock extends Clock {
  /** Moves the time; everybody whose sleep is over wakes up. */
  advance(ms: number): void
  /** How many milliseconds each sleeper still has to sleep, shortest first. */
  readonly sleepers: readonly number[]
}

/** A clock that stands still until it is told to move. It starts at the real time. */
export function fakeClock(start = Date.now()): FakeClock {
  let now = start
  const sleepers = new Set<{ until: number; wake: () => void }>()
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const sleeper = { until: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    advance(ms) {
      now += ms
      for (const sleeper of sleepers) {
        if (sleeper.until > now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
    get sleepers() {
      return [...sleepers].map(({ until }) => until - now).sort((a, b) => a - b)
    },
  }
}

/** Runs `work` while every pause of less than a minute on this clock is over at once. */
export async function hurried<T>(clock: FakeClock, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    const [pause = 0] = clock.sleepers
    if (pause < 60_000) clock.advance(pause)
  }, 1)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
