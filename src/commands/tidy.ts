import type { Host } from '../host.ts'

/** How long nothing must have happened, in milliseconds. */
const QUIET = 1000

/**
 * Gives back what a turn has left behind, when it has been over for a moment: an engine that has memory enough would leave tens of
 * megabytes of garbage standing for as long as a chat is open. Each call of the function that it gives puts it off.
 */
export function openTidy({ clock, collect }: Pick<Host, 'clock' | 'collect'>): (quiet: boolean) => void {
  let waiting: AbortController | undefined
  return quiet => {
    waiting?.abort()
    waiting = undefined
    if (!quiet) return
    const mine = new AbortController()
    waiting = mine
    clock.sleep(QUIET, mine.signal).then(collect, () => {})
  }
}
