import { vi } from 'vitest'

/** For how many milliseconds a test waits for what has to come: the time of a busy machine, since none is waited out. */
export const PATIENCE = 45_000

/** Calls `look` again and again until it does not throw, and gives what it gives. Rejects after {@link PATIENCE}. */
export function waitFor<T>(
  look: () => T | Promise<T>,
  { timeout = PATIENCE, interval = 10 } = {},
): Promise<T> {
  return vi.waitFor(look, { timeout, interval })
}
