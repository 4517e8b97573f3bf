import { HostError } from '../../errors.ts'
import type { Read } from './ask.ts'
import type { Turns } from './turns.ts'

export interface QuestionPorts {
  write: (line: string) => void
  read: Read
  turns: Turns
}

/**
 * Asks when it is the turn of this question. `otherwise` is the answer of a person who gives it up (Ctrl+C) or leaves. Who puts
 * it away is asked again when it is called back. Rejects
 * with the signal's reason when the question is withdrawn; the person is told if they have seen it.
 */
export async function inTurn<T>(
  { write, turns }: QuestionPorts,
  title: string,
  otherwise: T,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const turn = turns.enter()
  const either = AbortSignal.any([signal, turn.signal])
  let shown = false
  // At once: whatever withdraws it is told next.
  const tell = () => {
    if (shown) write(`no longer asked: ${title}`)
  }
  signal.addEventListener('abort', tell)
  try {
    for (;;) {
      await turn.begin(either)
      shown = true
      const { later } = turn
      try {
        return await work(AbortSignal.any([either, later]))
      } catch (thrown) {
        if (!later.aborted || either.aborted) throw thrown
      }
      write('It waits. /answer asks it again.')
    }
  } catch (thrown) {
    signal.throwIfAborted()
    const given = turn.signal.aborted || (thrown instanceof HostError && thrown.kind === 'cancelled')
    if (!given) throw thrown
    return otherwise
  } finally {
    signal.removeEventListener('abort', tell)
    turn.end()
  }
}
