/** Timers that end together. */
export interface Timers {
  /** Does something after so many milliseconds; returns how to call it off. */
  later(work: () => void, ms: number): () => void
  /** Calls all of them off. */
  clear(): void
}

/** `safely` runs the work of each: no error boundary catches what comes from a timer. */
export function openTimers(safely: (work: () => void) => void): Timers {
  const timers = new Set<NodeJS.Timeout>()
  return {
    later(work, ms) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        safely(work)
      }, ms)
      timers.add(timer)
      return () => {
        timers.delete(timer)
        clearTimeout(timer)
      }
    },
    clear() {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
