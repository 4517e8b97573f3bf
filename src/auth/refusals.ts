import type { HostError } from '../errors.ts'
import type { AuthRequest, Clock, WebUrl } from './types.ts'

/**
 * For how long a sign-in that failed is not tried again for the same first request: the runtime connects twice, the second
 * time when every sign-in of the first one is over, also those to other servers, or was waited for long enough.
 */
const QUIET = 30_000
/** The same for a renewal that failed for now: nobody is asked by trying it once more. */
const BRIEF = 10_000

interface Entry {
  /** Why the person is not asked again, and the tool calls of the request that was declined. */
  declined?: { error: HostError; calls: readonly string[]; server: boolean }
  failed?: { error: HostError; at: number; calls: readonly string[] }
  /** The person wants to be asked again, and has not been since. */
  insisted?: boolean
  /** The rights that were declined last, as they were asked for. */
  more?: AuthRequest
}

/** What the person said no to in this session, and what failed a moment ago. */
export interface Refusals {
  /** Why this request is answered `cancelled` without a word; undefined if it is not. */
  silence(request: AuthRequest): HostError | undefined
  declined(request: AuthRequest, error: HostError): void
  failed(request: AuthRequest, error: HostError): void
  /** Follows the work on a request, whichever server it is about, until it has its answer. */
  during<T>(work: Promise<T>): Promise<T>
  /** There is a token now: what was refused before says nothing any more, except about more rights. */
  succeeded(request: AuthRequest): void
  /** Asks again from now on: for this server, or for all. */
  forget(server?: WebUrl): void
  /** True from `forget` until the next answer, whatever it is. */
  insisted(request: AuthRequest): boolean
  /** After `forget`, once: the question about more rights that was declined, to be put before this request. */
  declinedRights(request: AuthRequest): AuthRequest | undefined
}

/**
 * The runtime repeats a first request at once after a refusal, and follows a refused `refresh` with a `reauth` for the same
 * tool calls. Neither is a new question, so neither is shown; the same goes for what has just failed. Refusals belong to
 * the address of a server, never to its name.
 */
export function createRefusals(clock: Pick<Clock, 'now'>): Refusals {
  const entries = new Map<WebUrl, Entry>()
  const waiting = new Set<{ came: number }>()
  /** The runtime may not have repeated it yet. */
  const isFresh = ({ at, error }: { at: number; error: HostError }) => {
    const ago = Math.abs(clock.now() - at)
    if (error.kind === 'renewal-failed') return ago < BRIEF
    return ago < QUIET || [...waiting].some(({ came }) => came <= at)
  }
  return {
    silence({ server, reason, calls }) {
      const { declined, failed } = entries.get(server.url) ?? {}
      if (reason === 'reauth') {
        const same = [declined, failed].find(before => calls.some(call => before?.calls.includes(call)))
        if (same !== undefined) return same.error
      }
      if (reason !== 'initial') return undefined
      if (declined?.server) return declined.error
      return failed !== undefined && isFresh(failed) ? failed.error : undefined
    },
    declined(request, error) {
      const { server, reason, calls } = request
      const before = entries.get(server.url)
      // Declining more rights is not declining the server: what it was given stays good.
      const whole = reason !== 'upscope' || before?.declined?.server === true
      const more = reason === 'upscope' ? request : undefined
      entries.set(server.url, { declined: { error, calls, server: whole }, more })
    },
    failed({ server, calls }, error) {
      entries.set(server.url, {
        ...entries.get(server.url),
        insisted: false,
        failed: { error, at: clock.now(), calls },
      })
    },
    during(work) {
      const request = { came: clock.now() }
      waiting.add(request)
      return work.finally(() => {
        waiting.delete(request)
        for (const { failed } of entries.values())
          if (failed !== undefined && failed.at >= request.came) failed.at = clock.now()
      })
    },
    succeeded({ server, reason }) {
      const { declined, more, insisted } = entries.get(server.url) ?? {}
      if (reason === 'upscope') entries.delete(server.url)
      else
        entries.set(server.url, {
          declined: declined?.server ? undefined : declined,
          more,
          // Rights that are still to be asked for once more: the person has said so while this was on its way.
          insisted: insisted && more !== undefined,
        })
    },
    forget(server) {
      for (const [url, { more }] of entries) {
        if (server === undefined || server === url) entries.set(url, { insisted: true, more })
      }
    },
    declinedRights(request) {
      const entry = entries.get(request.server.url)
      if (request.reason !== 'initial' || !entry?.insisted || entry.more === undefined) return undefined
      const { tool, challenge } = entry.more
      entry.more = undefined
      return {
        ...request,
        reason: 'upscope',
        tool,
        challenge: { ...request.challenge, scope: challenge.scope },
      }
    },
    insisted: ({ server }) => entries.get(server.url)?.insisted === true,
  }
}
