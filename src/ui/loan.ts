import type { Terminal } from './app.tsx'
import type { ChatScreenOptions } from './types.ts'

/** The terminal, given to another program for a while. */
export interface Loan {
  /** Resolves when it is back; undefined while nobody else has it. */
  readonly away: Promise<void> | undefined
  /** Gives it away while the work lasts; does nothing where it is away already. */
  give(work: () => Promise<void>): void
  /** Stops this program; with all that its terminal would stop along, where the person has pressed Ctrl+Z. */
  stop(whole: boolean): void
  /** Stops from outside are the system's again. */
  end(): void
}

export interface LoanOptions extends Pick<ChatScreenOptions, 'suspend' | 'watchStops'> {
  terminal: () => Terminal | undefined
  onBack: () => void
  onError: (error: unknown) => void
}

/** From now on a stop from outside finds the terminal as it was before, and who goes on takes it back. */
export function openLoan({ terminal, suspend, watchStops, onBack, onError }: LoanOptions): Loan {
  let away: Promise<void> | undefined

  function give(work: () => Promise<void>): void {
    if (away !== undefined) return
    away = terminal()
      ?.suspend(work)
      .catch(onError)
      .finally(() => {
        away = undefined
        onBack()
      })
  }

  function stop(whole: boolean): void {
    if (suspend === undefined) return
    // Where another program has it there is nothing to give.
    if (terminal() === undefined || away !== undefined) void suspend(whole)
    else give(() => suspend(whole))
  }

  // Whoever had it meanwhile has left it in another mode.
  const unwatch = watchStops?.(
    () => stop(false),
    () => give(async () => {}),
  )
  return {
    get away() {
      return away
    },
    give,
    stop,
    end: () => unwatch?.(),
  }
}
