import { clean } from '../text.ts'
import type { Pending } from './pending.ts'
import type { HostEvent } from './types.ts'

export interface SilenceOptions {
  /** How long, in milliseconds. */
  after: number
  pending: Pick<Pending, 'unanswered'>
  tell(event: HostEvent): void
}

export interface Silence {
  /** Something has happened in the session. */
  note(): void
  stop(): void
}

/** Tells, once for each call, when a server does not answer and nothing else happens either. The runtime waits for minutes. */
export function createSilence({ after, pending, tell }: SilenceOptions): Silence {
  const told = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  function tellAll() {
    for (const { id, server, name } of pending.unanswered()) {
      if (told.has(id)) continue
      told.add(id)
      tell({
        type: 'notice',
        level: 'warning',
        text: clean(`${server} has not answered ${name} for ${Math.round(after / 1000)}s`, 200),
        hint: clean(`/mcp stop ${server} goes on without it`),
      })
    }
  }

  return {
    note() {
      clearTimeout(timer)
      const waits = pending.unanswered().some(({ id }) => !told.has(id))
      timer = waits ? setTimeout(tellAll, after) : undefined
    },
    stop: () => clearTimeout(timer),
  }
}
