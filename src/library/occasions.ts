import type { AuthRequest, Clock } from '../auth/types.ts'

/** A request that comes so soon after the answer to another one of its server is about the same tool call, in milliseconds. */
const AT_ONCE = 5_000

export interface Occasions {
  /** The request with its occasion in the place of its tool calls; at start-up there are none. */
  name(request: AuthRequest): AuthRequest
  answered(request: AuthRequest): void
}

/**
 * The SDK does not say which tool call a request is made for, and the runtime follows a refused `refresh` with a `reauth` for
 * the same call: without a name for the occasion the person who said no would be asked again at once.
 */
export function createOccasions(clock: Pick<Clock, 'now'>): Occasions {
  const last = new Map<string, { name: string; until: number }>()
  let count = 0
  return {
    name(request) {
      if (request.reason === 'initial') return request
      const { url } = request.server
      const before = last.get(url)
      count += 1
      const name = before !== undefined && clock.now() <= before.until ? before.name : `occasion ${count}`
      last.set(url, { name, until: Number.POSITIVE_INFINITY })
      return { ...request, calls: [name] }
    },
    answered({ server: { url } }) {
      const occasion = last.get(url)
      if (occasion !== undefined) last.set(url, { ...occasion, until: clock.now() + AT_ONCE })
    },
  }
}
