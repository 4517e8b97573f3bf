import type { Journal } from './store/journal.ts'
import type { Clock, Grant, WebUrl } from './types.ts'

/** How often the journal is looked at, in milliseconds, and how far back. */
const PAUSE = 2_000
const RECENT = 50

/**
 * Resolves when somebody has signed in to the server after `since` (milliseconds since the epoch), in whichever program of
 * this user; rejects with the signal's reason.
 */
export type Elsewhere = (server: WebUrl, since: number, signal: AbortSignal) => Promise<void>

/** Learns from the journal, which all programs of a user share, what happens in the others. */
export function createElsewhere(journal: Pick<Journal, 'read' | 'changed'>, clock: Clock): Elsewhere {
  return async (server, since, signal) => {
    let seen: string | undefined
    for (;;) {
      const changed = await journal.changed()
      if (changed !== undefined && changed !== seen) {
        seen = changed
        const recent = await journal.read(RECENT)
        if (
          recent.some(({ outcome, url, time, ms }) => {
            return outcome === 'signed-in' && url === server && Date.parse(time) + ms >= since
          })
        )
          return
      }
      await clock.sleep(PAUSE, signal)
    }
  }
}

/**
 * Does `work`, unless `elsewhere` gives a grant first: then the work is aborted, and its end awaited. What the work has
 * achieved meanwhile counts.
 */
export async function unlessElsewhere<T>(
  work: (signal: AbortSignal) => Promise<T>,
  elsewhere: (signal: AbortSignal) => Promise<Grant>,
  signal: AbortSignal,
): Promise<T | { grant: Grant; route: 'elsewhere' }> {
  const over = new AbortController()
  const within = AbortSignal.any([signal, over.signal])
  let found: Grant | undefined
  elsewhere(within).then(
    grant => {
      found = grant
      over.abort()
    },
    () => {},
  )
  try {
    return await work(within)
  } catch (thrown) {
    if (found === undefined || signal.aborted) throw thrown
    return { grant: found, route: 'elsewhere' }
  } finally {
    over.abort()
  }
}

/** Never resolves; rejects with the signal's reason. */
export function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
