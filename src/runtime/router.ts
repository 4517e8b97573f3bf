import * as v from 'valibot'
import { nestsTooDeep } from '../text.ts'
import { SessionEvent } from './protocol.ts'

/** How many events are kept for sessions whose id is not known yet, and how large all of them may be, in characters. */
const EARLY = 1000
const EARLY_SIZE = 8 * 1024 * 1024
/** What one counts for that cannot be measured. */
const DEEP_SIZE = 1024 * 1024

export interface Router {
  /** Takes the parameters of a `session.event` notification. Events of nobody's session are dropped. */
  route(params: unknown): void
  /** Runs what opens a session; events of ids that are not known yet are kept meanwhile. */
  opening<T>(open: () => Promise<T>): Promise<T>
  /** From now on events of this session go there, those that came early first. */
  attach(id: string, take: (event: unknown) => void): void
  detach(id: string, take: (event: unknown) => void): void
}

/** Brings the events of one connection to its sessions. Their ids are the runtime's, which need not be those asked for. */
export function createRouter(): Router {
  const routes = new Map<string, (event: unknown) => void>()
  let early: { id: string; event: unknown; size: number }[] = []
  let opening = 0

  function keep(id: string, event: unknown): void {
    if (early.length >= EARLY) return
    const size = nestsTooDeep(event) ? DEEP_SIZE : (JSON.stringify(event)?.length ?? 0)
    if (early.reduce((sum, each) => sum + each.size, size) <= EARLY_SIZE) early.push({ id, event, size })
  }

  return {
    route(params) {
      const judged = v.safeParse(SessionEvent, params)
      if (!judged.success) return
      const { sessionId: id, event } = judged.output
      const take = routes.get(id)
      if (take) take(event)
      else if (opening > 0) keep(id, event)
    },
    async opening(open) {
      opening += 1
      try {
        return await open()
      } finally {
        opening -= 1
        if (opening === 0) early = []
      }
    },
    attach(id, take) {
      routes.set(id, take)
      const mine = early.filter(each => each.id === id)
      early = early.filter(each => each.id !== id)
      for (const { event } of mine) take(event)
    },
    detach(id, take) {
      if (routes.get(id) === take) routes.delete(id)
    },
  }
}
