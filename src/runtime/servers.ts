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

/** How the runtime tells a 401 at the list of tools. */
const CHALLENGE = /oauth challenge|requires authentication|HTTP 401/i

/** The MCP servers of one session: how they come up, and what becomes of those that do not. */
export function createServers(ports: ServersPorts): Servers {
  const { sessionId, connection, limits, tell, log } = ports
  const names = Object.keys(ports.servers).map(name => clean(name))
  const remote = Object.entries(ports.servers)
    .filter(([, { type }]) => type === 'http' || type === 'sse')
    .map(([name]) => name)
  const readiness = createReadiness({ servers: names, limits, asking: ports.asking, connecting })
  const stopped = new Set<Clean>()
  /** Connected servers whose tools are being asked for, and those that have given them. */
  const proving = new Set<Clean>()
  const proven = new Set<Clean>()
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
    const silent = remote.filter(name => slow.includes(clean(name)))
    await Promise.all(
      silent.map(async serverName => {
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
      const slow = loading().filter(name => !stopped.has(name))
      const { movedToBackground } = await connection.call(methods.leaveServersBehind, { sessionId })
      if (movedToBackground && slow.length > 0) say(`going on without ${slow.join(', ')}, which still starts`)
    } catch (error) {
      log(`runtime: the servers could not be left behind (${messageOf(error)})`)
    }
  }

  /**
   * Asks a server on the network for its tools, which the runtime does not do before the first turn. A 401 there raises no
   * sign-in request and leaves the server connected without tools (runtime 1.0.85): then it needs a sign-in after all.
   */
  async function prove(name: Clean): Promise<void> {
    proving.add(name)
    const refused = await connection.call(methods.listTools, { sessionId, serverName: nameOf(name) }).then(
      () => false,
      error => error instanceof HostError && error.kind === 'runtime-refused' && CHALLENGE.test(error.detail),
    )
    // Something else has been said about it meanwhile.
    if (!proving.delete(name)) return
    if (refused) log(`runtime: ${name} refuses to list its tools (401)`)
    else proven.add(name)
    tell({ type: 'server', name, status: refused ? 'needs-auth' : 'connected' })
  }

  // A list of tools waits for other servers that load: its own server has come up all the same.
  const isLoading = (name: Clean) => !proving.has(name)
  const loading = () => readiness.loading().filter(isLoading)
  const nameOf = (name: Clean) => remote.find(each => clean(each) === name) ?? name

  function say(text: string) {
    tell({ type: 'notice', level: 'warning', text: clean(text, 300) })
  }

  return {
    note(event) {
      if (event.type === 'server') {
        const { name, status } = event
        if (status === 'connected' && !proven.has(name) && remote.some(each => clean(each) === name)) {
          if (!proving.has(name)) void prove(name)
          return this.note({ ...event, status: 'pending' })
        }
        if (status !== 'connected' && !(status === 'pending' && proving.has(name))) {
          proving.delete(name)
          proven.delete(name)
        }
      }
      readiness.note(event)
      if (event.type !== 'server' || !stopped.has(event.name)) return event
      // The runtime calls it cancelled, as if a person had done that.
      return event.status === 'failed' ? { ...event, error: clean('it does not answer') } : event
    },
    async ready(signal) {
      if (names.length === 0) return []
      void load()
      const slow = (await readiness.wait(signal)).filter(isLoading)
      waitedFor = slow
      await stopSilent(slow)
      return slow
    },
    late: () => loading().filter(name => waitedFor.includes(name)),
    async leaveBehind(held) {
      await stopSilent(loading())
      if (held) await moveToBackground()
    },
    async reload() {
      readiness.reset()
      for (const names of [stopped, proving, proven]) names.clear()
      await connection.call(methods.reloadServers, { sessionId })
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'error'
}
