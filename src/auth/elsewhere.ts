import type { Journal, JournalEntry } from './store/journal.ts'
import type { Clock, Grant, WebUrl } from './types.ts'

/** How often the journal is looked at, in milliseconds, and how far back. */
const PAUSE = 2_000
const RECENT = 50
/** How often one sign-in is told: who could not get at it, in a store that is slow or locked for a moment, tries again. */
const TIMES = 5

/**
 * Tells each time that somebody has signed in to the server, in whichever program of this user: after `since` (milliseconds since
 * the epoch) or from now on; and a few times more, at each look, as long as somebody listens. Rejects with the signal's reason.
 */
export type Elsewhere = (server: WebUrl, since: number, signal: AbortSignal) => AsyncIterable<void>

/**
 * Learns from the journal, which all programs of a user share, what happens in the others. A line that is there from the
 * beginning is judged by its time; one that comes later counts whatever it says: the clock may have been set in between.
 */
export function createElsewhere(journal: Pick<Journal, 'read' | 'changed'>, clock: Clock): Elsewhere {
  return async function* (server, since, signal) {
    let seen: string | undefined
    let known: ReadonlySet<string> | undefined
    let times = 0
    for (;;) {
      const changed = await journal.changed()
      if (changed !== undefined && changed !== seen) {
        seen = changed
        const recent = await journal.read(RECENT)
        const signIns = recent.filter(({ outcome, url }) => outcome === 'signed-in' && url === server)
        const before = known
        known = new Set(signIns.map(line => JSON.stringify(line)))
        const now = clock.now()
        const isNew = signIns.some(line =>
          before ? !before.has(JSON.stringify(line)) : isBetween(since, endOf(line), now),
        )
        if (isNew) times = TIMES
      }
      known ??= new Set()
      if (times > 0) {
        times -= 1
        yield
      }
      await clock.sleep(PAUSE, signal)
    }
  }
}

function endOf({ time, ms }: JournalEntry): number {
  return Date.parse(time) + ms
}

function isBetween(first: number, at: number, last: number): boolean {
  return first <= at && at <= last
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

/** The first grant that is there when a sign-in is told; what cannot be read is no reason to stop listening. */
export async function firstGrant(
  told: AsyncIterable<void> | Iterable<void>,
  signal: AbortSignal,
  read: () => Promise<Grant | undefined>,
): Promise<Grant> {
  for await (const _ of told) {
    const grant = await read().catch(() => undefined)
    if (grant !== undefined) return grant
  }
  return forever(signal)
}

/** Never resolves; rejects with the signal's reason. */
export function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
