import { setTimeout as sleep } from 'node:timers/promises'
import type { Clean } from '../text.ts'
import type { Limits } from './limits.ts'
import type { HostEvent, ServerStatus } from './types.ts'

export interface ReadinessOptions {
  servers: readonly Clean[]
  limits: Pick<Limits, 'ready' | 'quiet' | 'brief'>
  /** Whether a sign-in for this server is open. */
  asking(server: Clean): boolean
  /** Asks the runtime which servers it is still connecting; none if it does not say. */
  connecting(): Promise<readonly Clean[]>
}

export interface Readiness {
  /** Takes every event of the session. */
  note(event: HostEvent): void
  /** What is known of a server for sure, which an event may have said before. */
  seed(server: Clean, status: ServerStatus): void
  /** Forgets everything: the servers are about to connect again. */
  reset(): void
  /** Servers that are neither there nor waiting for a person. */
  loading(): Clean[]
  /** As {@link Session.ready} tells; rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<Clean[]>
}

const DONE = new Set<ServerStatus | undefined>(['connected', 'failed', 'disabled', 'stopped'])
/** Said in passing as well, so that they count only when nothing follows. */
const MAYBE_DONE = new Set<ServerStatus | undefined>(['needs-auth', 'not_configured'])

/** Tells when the MCP servers of a session have come up, by their status events (runtime-protocol 11.6). */
export function createReadiness(options: ReadinessOptions): Readiness {
  const { servers, limits, asking, connecting } = options
  const states = new Map<Clean, { status: ServerStatus | undefined; since: number }>()
  const watchers = new Set<() => void>()

  const status = (server: Clean) => states.get(server)?.status
  const loading = () =>
    servers.filter(name => !DONE.has(status(name)) && !MAYBE_DONE.has(status(name)) && !asking(name))

  /** Milliseconds until this server counts as come up, if nothing happens; Infinity if something has to. */
  function untilSettled(server: Clean): number {
    const state = states.get(server)
    if (DONE.has(state?.status)) return 0
    if (!state || !MAYBE_DONE.has(state.status) || asking(server)) return Number.POSITIVE_INFINITY
    return Math.max(0, state.since + limits.quiet - performance.now())
  }

  function set(server: Clean, status: ServerStatus | undefined) {
    states.set(server, { status, since: performance.now() })
  }

  function wakeAll() {
    for (const wake of [...watchers]) wake()
  }

  /** Resolves at the next event, or after `ms`. */
  async function change(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const changed = Promise.withResolvers<void>()
    watchers.add(changed.resolve)
    try {
      const until = AbortSignal.any([signal, over.signal])
      // Longer than any timer would be no timer at all.
      const timer = sleep(Math.min(ms, 2 ** 31 - 1), undefined, { signal: until }).catch(() => {})
      await Promise.race([changed.promise, timer])
      signal.throwIfAborted()
    } finally {
      over.abort()
      watchers.delete(changed.resolve)
    }
  }

  return {
    note(event) {
      if (event.type === 'server') set(event.name, event.status)
      // The quiet time starts anew when a sign-in ends: the runtime may ask once more.
      else if (event.type === 'auth' || event.type === 'auth-done') {
        for (const [name, state] of states) set(name, state.status)
      } else return
      wakeAll()
    },
    seed(server, status) {
      if (states.has(server)) return
      set(server, status)
      wakeAll()
    },
    reset: () => states.clear(),
    loading,
    async wait(signal) {
      let left = limits.ready
      while (left > 0) {
        const due = Math.max(0, ...servers.map(untilSettled))
        if (due === 0) {
          const late = await connecting()
          signal.throwIfAborted()
          if (!servers.some(name => late.includes(name) && !DONE.has(status(name)))) return []
        }
        const paused = servers.some(asking)
        const start = performance.now()
        await change(Math.min(due || limits.quiet, paused ? Number.POSITIVE_INFINITY : left), signal)
        if (!paused) left -= performance.now() - start
        // A server that was just given its token must have time to use it.
        else if (!servers.some(asking)) left = Math.max(left, limits.brief)
      }
      return loading()
    },
  }
}
