import { vi } from 'vitest'
import { PATIENCE } from './patience.ts'

/** Calls `look` again and again until it does not throw, and gives what it gives. Rejects after {@link PATIENCE}. */
export function waitFor<T>(
  look: () => T | Promise<T>,
  { timeout = PATIENCE, interval = 10 } = {},
): Promise<T> {
  return vi.waitFor(look, { timeout, interval })
}
