import { setTimeout as sleep } from 'node:timers/promises'
import type { Clean } from '../text.ts'
import type { Limits } from './limits.ts'
import type { HostEvent, ServerStatus } from './types.ts'

export interface ReadinessOptions {
  servers: readonly Clean[]
  limits: Pick<Limits, 'ready' | 'quiet'>
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
  connected(): Clean[]
  /**
   * As {@link Session.ready} tells; rejects with the signal's reason. `over` is called once with each server whose time has
   * passed, also while a sign-in to another one is open.
   */
  wait(signal: AbortSignal, over?: (servers: readonly Clean[]) => void): Promise<Clean[]>
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
    connected: () => servers.filter(name => status(name) === 'connected'),
    async wait(signal, over = () => {}) {
      const start = performance.now()
      /** From when on the time of a server runs: it stands still while a person signs in, here or at a server before it. */
      const began = new Map<Clean, number>()
      const held = new Set<Clean>()
      const told = new Set<Clean>()
      const left = (name: Clean) =>
        asking(name)
          ? Number.POSITIVE_INFINITY
          : Math.max(0, (began.get(name) ?? start) + limits.ready - performance.now())
      for (;;) {
        for (const name of servers) {
          if (asking(name) || MAYBE_DONE.has(status(name))) held.add(name)
          else if (held.delete(name)) began.set(name, performance.now())
        }
        const late = loading().filter(name => left(name) === 0)
        const fresh = late.filter(name => !told.has(name))
        for (const name of fresh) told.add(name)
        if (fresh.length > 0) over(fresh)
        const times = servers.map(name => Math.min(untilSettled(name), left(name)))
        const settled = times.every(ms => ms === 0)
        if (settled) {
          const unfinished = late.length > 0 ? [] : await connecting()
          signal.throwIfAborted()
          if (!servers.some(name => unfinished.includes(name) && !DONE.has(status(name)) && left(name) > 0))
            return servers.filter(
              name => status(name) !== 'connected' && (told.has(name) || loading().includes(name)),
            )
        }
        await change(settled ? limits.quiet : Math.min(...times.filter(ms => ms > 0)), signal)
      }
    },
  }
}
