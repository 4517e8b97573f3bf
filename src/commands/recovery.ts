import { HostError } from '../errors.ts'
import type { HostEvent, Session } from '../runtime/types.ts'
import type { SignIns } from './sign-ins.ts'

type ServerEvent = Extract<HostEvent, { type: 'server' }>

export interface RecoveryPorts {
  session: Session
  signIns: SignIns
  /** False where nobody answers sign-in requests: then nothing is tried again. */
  asks: boolean
  show: (event: ServerEvent) => void
  tell: (line: { level: 'info' | 'warning'; text: string }) => void
  refused: (error: HostError, server: string) => void
}

export interface Recovery {
  /** Takes every status of a server; false if it is not to be shown now. */
  note(event: ServerEvent): boolean
  /** Servers that are still on their way, or may wait for a sign-in. */
  unfinished(): string[]
  /** True when a server has refused its token since, which only a reload mends: once for each time that it was connected. */
  due(): boolean
  /** The person wants everything tried again. */
  forget(): void
  /** Waits until the servers have come up, and reloads them once if the runtime has left one of them unasked. */
  settle(signal: AbortSignal): Promise<void>
  /** Reloads all servers and waits as `settle` does. Those that were connected come back without a word. */
  reload(signal: AbortSignal): Promise<void>
}

/**
 * Works round what the runtime does not ask about (runtime-protocol 11.4 and 11.7): a token that a server refuses at
 * start-up or at its list of tools, and a server that needs a sign-in without any request for one. The only remedy is a reload,
 * which makes the runtime ask for all servers again; the authenticator answers the healthy ones from its store.
 */
export function createRecovery(ports: RecoveryPorts): Recovery {
  const { session, signIns, asks, show, tell, refused } = ports
  const statuses = new Map<string, ServerEvent>()
  /** Servers that were connected before a reload: what they go through meanwhile is not shown. */
  const quiet = new Set<string>()
  const tried = new Set<string>()

  function unasked(): string[] {
    return asks ? signIns.unasked().filter(name => !tried.has(name)) : []
  }

  function loud(): void {
    for (const name of quiet) {
      const last = statuses.get(name)
      if (last !== undefined && last.status !== 'connected') show(last)
    }
    quiet.clear()
  }

  async function again(signal: AbortSignal): Promise<void> {
    for (const [name, { status }] of statuses) if (status === 'connected') quiet.add(name)
    signIns.reloading()
    try {
      await session.reloadServers()
      await session.ready(signal)
    } finally {
      loud()
    }
  }

  async function settle(signal: AbortSignal): Promise<void> {
    const names = unasked()
    if (names.length === 0) return
    for (const name of names) tried.add(name)
    await again(signal)
    for (const name of signIns.unasked()) {
      const why = signIns.wasAsked(name)
        ? 'does not accept the token that it was given'
        : 'needs a sign-in that it does not ask for'
      const error = new HostError('sign-in-failed', `${name} ${why}`)
      tell({ level: 'warning', text: error.message })
      refused(error, name)
    }
  }

  return {
    note(event) {
      // What a reload brings back goes unsaid; what has come back may be tried once more another time.
      const was = statuses.get(event.name)?.status
      if (event.refused && asks && was === 'connected' && !signIns.isWaiting(event.name))
        quiet.add(event.name)
      if (event.status === 'connected') tried.delete(event.name)
      statuses.set(event.name, event)
      if (!quiet.has(event.name)) return true
      if (event.status === 'failed') quiet.delete(event.name)
      return event.status === 'failed'
    },
    unfinished: () =>
      [...statuses.values()]
        .filter(({ status }) => status === 'pending' || status === 'needs-auth')
        .map(({ name }) => name),
    due: () => unasked().length > 0,
    forget: () => tried.clear(),
    async settle(signal) {
      await session.ready(signal)
      await settle(signal)
    },
    async reload(signal) {
      await again(signal)
      await settle(signal)
    },
  }
}
