import type { HostError } from '../errors.ts'
import { LONGEST_ANSWER } from './http.ts'
import type { Clock } from './types.ts'

/** Pauses between attempts at a server in trouble that names none, and when the last attempt has to begin, in milliseconds. */
const PAUSES = [1_000, 2_000, 4_000]
const PATIENCE = 12_000

/** How long the answer to a renewal that is sent once more may take, and how long it takes to keep one, in milliseconds. */
const REPEATED_ANSWER = 12_000
const KEEPING = 2_000

/**
 * What one request of a renewal may take, and what has to be left of the lock when it is sent. The lock lasts 30 s
 * (`store/lock.ts`); 29 of them go to the last attempt (it begins after 12, 15 for its answer, 2 to keep it), as to the repeat
 * of a first request without an answer (15, then 12 and 2). One is left for the store to be read.
 */
export function timesOf(repeated: boolean): { answer: number; needed: number } {
  const answer = repeated ? REPEATED_ANSWER : LONGEST_ANSWER
  return { answer, needed: answer + KEEPING }
}

/**
 * Waits between the attempts at a server in trouble: as long as it asks for (Retry-After), else 1 s, 2 s and 4 s. What it
 * gives rejects with the error itself where no other attempt is worth it, and with the reason of the signal.
 */
export function createPatience(clock: Clock): (error: HostError, signal: AbortSignal) => Promise<void> {
  const until = clock.now() + PATIENCE
  const pauses = [...PAUSES]
  return async (error, signal) => {
    const usual = pauses.shift()
    const pause = error.retryAfter === undefined ? usual : error.retryAfter * 1000
    if (usual === undefined || pause === undefined || clock.now() + pause > until) throw error
    await clock.sleep(pause, signal)
  }
}
