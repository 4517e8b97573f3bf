import type { Key } from '../keys.ts'
import { graphemes } from '../width.ts'

/** So long nobody may have typed before a panel takes keys, in milliseconds. */
export const QUIET = 500

/** What the guard of one panel remembers: since when it has been quiet, and whether the panel takes keys by now. */
export interface Guard {
  readonly quietSince: number
  readonly open: boolean
}

/** Where the keys of one read go. Keys that answer nothing are not in the list. */
export interface Routed {
  guard: Guard
  to: 'panel' | 'composer'
  keys: readonly Key[]
}

/** The guard of a panel that appears at `now` (milliseconds of any clock, the same for all calls). */
export function newGuard(now: number): Guard {
  return { quietSince: now, open: false }
}

/**
 * Decides who gets the keys of one read while a panel is shown. The panel gets Esc always, unless it ends what is open in
 * the composer (`inside`: a search, a list); anything else only after 500 ms without typing since it appeared. Until then
 * keys belong to the composer. A panel without a line to type in (`takesText`) takes one key at a time: more in one read is
 * typed or pasted text, which goes to the composer and neither answers the panel nor sends anything, and counts as typing.
 */
export function guardKeys(
  guard: Guard,
  keys: readonly Key[],
  now: number,
  takesText: boolean,
  inside = false,
): Routed {
  if (!inside && keys.every(key => key.name === 'escape')) return { guard, to: 'panel', keys }
  const open = guard.open || now - guard.quietSince >= QUIET
  if (!open) return { guard: { quietSince: now, open }, to: 'composer', keys }
  if (takesText || isOneKey(keys)) return { guard: { quietSince: guard.quietSince, open }, to: 'panel', keys }
  const kept = keys.filter(key => key.name !== 'enter')
  // Without text there is nothing that the composer could lose: an arrow that is held down, say.
  if (!kept.some(isText)) return { guard: { quietSince: guard.quietSince, open }, to: 'panel', keys: kept }
  return { guard: newGuard(now), to: 'composer', keys: kept }
}

/** True for what a sentence can begin with. */
export function isText(key: Key): boolean {
  return key.name === 'char' || key.name === 'paste'
}

/** The same for a bracketed paste. Before the panel is open it counts as typing. */
export function guardPaste(
  guard: Guard,
  now: number,
  takesText: boolean,
): { guard: Guard; to: 'panel' | 'composer' } {
  const routed = guardKeys(guard, [{ name: 'paste', text: '' }], now, takesText)
  return { guard: routed.guard, to: routed.to }
}

function isOneKey(keys: readonly Key[]): boolean {
  const [key] = keys
  if (keys.length !== 1 || key?.name === 'paste') return false
  return key?.name !== 'char' || graphemes(key.text).length === 1
}
