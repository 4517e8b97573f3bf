import { clean } from '../text.ts'
import type { HostEvent } from './types.ts'

/** The kind of the error that {@link createUnsaved} looks for. */
export const UNSAVED = clean('unsaved')

export interface Unsaved {
  /** Whether something has been told since the last message. */
  readonly told: boolean
  /** Takes every event; false for what was told already. */
  note(event: HostEvent): boolean
  stop(): void
}

/**
 * A runtime that cannot write its log says so again and again, and never that the turn is over (measured, 1.0.85). It is told once
 * for each message, and after `after` milliseconds without a word of anything else, while nothing is open, `stuck` is called.
 */
export function createUnsaved(after: number, open: () => boolean, stuck: () => void): Unsaved {
  let told = false
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const look = () => {
    timer = open() ? setTimeout(look, after) : undefined
    if (timer === undefined) stuck()
  }
  return {
    get told() {
      return told
    },
    note(event) {
      if (event.type === 'error' && event.kind === UNSAVED) {
        const news = !told
        told = true
        timer ??= setTimeout(look, after)
        return news
      }
      if (event.type === 'user') told = false
      if (event.type === 'idle' || event.type === 'stopped') stop()
      else timer?.refresh()
      return true
    },
    stop,
  }
}
