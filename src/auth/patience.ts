import type { HostError } from '../errors.ts'
import type { Clock } from './types.ts'

/**
 * Pauses between attempts at a server in trouble that names none, and when the last attempt has to begin, in milliseconds:
 * its answer may take 15 s, and a lock lasts 30 s.
 */
const PAUSES = [1_000, 2_000, 4_000]
const PATIENCE = 12_000

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
