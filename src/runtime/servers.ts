import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
import type { Connection } from './connection.ts'
import { Server } from './events.ts'
import type { Limits } from './limits.ts'
import { methods } from './protocol.ts'
import { createReadiness } from './readiness.ts'
import type { HostEvent, SessionConfig } from './types.ts'

export interface ServersPorts {
  sessionId: string
  connection: Connection
  servers: SessionConfig['servers']
  limits: Limits
  /** Whether a sign-in for this server is open. */
  asking(server: Clean): boolean
  tell(event: HostEvent): void
  log: (line: string) => void
}

export interface Servers {
  /** Takes every event of the session, and says what is to be told of it. */
  note(event: HostEvent): HostEvent
  /** As {@link Session.ready} tells; rejects with the signal's reason. */
  ready(signal: AbortSignal): Promise<Clean[]>
  /** Servers that have had their time in `ready` and are still loading. */
  late(): Clean[]
  /** Ends the waiting for servers that do not come up; `held` says whether a turn waits. */
  leaveBehind(held: boolean): Promise<void>
  reload(): Promise<void>
}

/** The MCP servers of one session: how they come up, and what becomes of those that do not. */
export function createServers(ports: ServersPorts): Servers {
  const { sessionId, connection, limits, tell, log } = ports
  const names = Object.keys(ports.servers).map(name => clean(name))
  const readiness = createReadiness({ servers: names, limits, asking: ports.asking, connecting })
  const stopped = new Set<Clean>()
  let waitedFor: readonly Clean[] = []

  /** Servers that the runtime is still connecting; none if it does not say so at once. */
  async function connecting(): Promise<Clean[]> {
    try {
      const { host } = await connection.call(methods.servers, { sessionId })
      return host.pendingConnections.map(name => clean(name))
    } catch (error) {
      log(`runtime: the servers could not be listed (${messageOf(error)})`)
      return []
    }
  }

  /**
   * Asks for all servers, which also makes the runtime load them where nothing else has. The answer takes as long as the
   * slowest server, so nobody waits for it; it fills in what no event has said.
   */
  async function load(): Promise<void> {
    try {
      const { servers } = await connection.call(methods.servers, { sessionId }, limits.ready)
      for (const each of servers) {
        const server = v.safeParse(Server, each)
        if (server.success) readiness.seed(clean(server.output.name), server.output.status)
      }
    } catch (error) {
      if (!(error instanceof HostError) || error.kind !== 'runtime-refused') return
      for (const name of names) readiness.seed(name, 'failed')
      say(`the MCP servers could not be loaded: ${error.detail}`)
    }
  }

  /**
   * A server on the network that does not answer is stopped: as long as one server loads, the runtime gives the model
   * the tools of none. A program may still be installing itself and goes on; the runtime gives it a minute.
   */
  async function stopSilent(slow: readonly Clean[]): Promise<void> {
    const silent = Object.entries(ports.servers).filter(
      ([name, { type }]) => slow.includes(clean(name)) && (type === 'http' || type === 'sse'),
    )
    await Promise.all(
      silent.map(async ([serverName]) => {
        stopped.add(clean(serverName))
        try {
          await connection.call(methods.stopServer, { sessionId, serverName })
        } catch (error) {
          log(`runtime: a server could not be stopped (${messageOf(error)})`)
        }
      }),
    )
  }

  async function moveToBackground(): Promise<void> {
    try {
      const slow = readiness.loading().filter(name => !stopped.has(name))
      const { movedToBackground } = await connection.call(methods.leaveServersBehind, { sessionId })
      if (movedToBackground && slow.length > 0) say(`going on without ${slow.join(', ')}, which still starts`)
    } catch (error) {
      log(`runtime: the servers could not be left behind (${messageOf(error)})`)
    }
  }

  function say(text: string) {
    tell({ type: 'notice', level: 'warning', text: clean(text, 300) })
  }

  return {
    note(event) {
      readiness.note(event)
      if (event.type !== 'server' || !stopped.has(event.name)) return event
      // The runtime calls it cancelled, as if a person had done that.
      return event.status === 'failed' ? { ...event, error: clean('it does not answer') } : event
    },
    async ready(signal) {
      if (names.length === 0) return []
      void load()
      const slow = await readiness.wait(signal)
      waitedFor = slow
      await stopSilent(slow)
      return slow
    },
    late: () => readiness.loading().filter(name => waitedFor.includes(name)),
    async leaveBehind(held) {
      await stopSilent(readiness.loading())
      if (held) await moveToBackground()
    },
    async reload() {
      readiness.reset()
      stopped.clear()
      await connection.call(methods.reloadServers, { sessionId })
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'error'
}
