import { HostError } from '../errors.ts'
import type { Limits } from './limits.ts'

export interface PulseOptions {
  limits: Pick<Limits, 'pulse' | 'alive'>
  /** Asks the runtime for a sign of life; rejects with `runtime-silent` when none came in time. */
  beat(): Promise<unknown>
  /** It gives none. */
  onLost(error: HostError): void
}

/** Tells when a runtime that is waited for neither says anything nor answers: it hangs, or was stopped. */
export interface Pulse {
  /** The runtime has said something. */
  heard(): void
  /** A turn of this session runs, or no longer does. */
  turn(session: string, running: boolean): void
  /** A call was not answered in time: is anybody there? */
  doubt(): void
  stop(): void
}

export function createPulse({ limits, beat, onLost }: PulseOptions): Pulse {
  const turns = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let heard = false
  let beating = false
  let over = false

  function listen(): void {
    clearTimeout(timer)
    timer = undefined
    heard = false
    if (!over && turns.size > 0) timer = setTimeout(() => (heard ? listen() : void doubt()), limits.pulse)
  }

  async function isThere(): Promise<boolean> {
    try {
      await beat()
      return true
    } catch (thrown) {
      // A refusal is a sign of life.
      return heard || !(thrown instanceof HostError) || thrown.kind !== 'runtime-silent'
    }
  }

  async function doubt(): Promise<void> {
    if (beating || over) return
    beating = true
    heard = false
    // Twice: when this program itself was stopped for a while, or the machine slept, the first deadline has passed unseen.
    const there = (await isThere()) || (await isThere())
    beating = false
    if (over) return
    if (there) return listen()
    onLost(new HostError('runtime-silent', `not a word for ${Math.round((2 * limits.alive) / 1000)} s`))
  }

  return {
    heard() {
      heard = true
    },
    turn(session, running) {
      if (running) turns.add(session)
      else turns.delete(session)
      if (running !== (timer !== undefined)) listen()
    },
    doubt: () => void doubt(),
    stop() {
      over = true
      clearTimeout(timer)
    },
  }
}
