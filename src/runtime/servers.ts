import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
import { reached } from '../trace.ts'
import type { Connection } from './connection.ts'
import { Server } from './events.ts'
import type { Limits } from './limits.ts'
import { createProofs } from './proofs.ts'
import { methods } from './protocol.ts'
import { createReadiness } from './readiness.ts'
import { askForTools } from './tool-lists.ts'
import type { HostEvent, SessionConfig } from './types.ts'

export interface ServersPorts {
  sessionId: string
  connection: Connection
  servers: SessionConfig['servers']
  patient: boolean
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
  /** As {@link Session.stale} tells. */
  readonly stale: boolean
  /** Servers that have had their time in `ready` and are still loading. */
  late(): Clean[]
  /** Ends the waiting for servers that do not answer, for as long as `held` says that something waits. */
  leaveBehind(held: () => boolean): Promise<void>
  reload(): Promise<void>
  /** Stops a server because the person wants that. Rejects when the runtime refuses. */
  stop(name: string): Promise<void>
}

type ServerEvent = Extract<HostEvent, { type: 'server' }>

/** How the runtime tells that a program has not said a word for a minute. */
const MUTE = /did not complete within \d+ ms/i
const SILENT = clean('it did not answer in time and was stopped')

/** The MCP servers of one session: how they come up, and what becomes of those that do not. */
export function createServers(ports: ServersPorts): Servers {
  const { sessionId, connection, limits, tell, log } = ports
  const names = Object.keys(ports.servers).map(name => clean(name))
  const remote = Object.entries(ports.servers)
    .filter(([, { type }]) => type === 'http' || type === 'sse')
    .map(([name]) => name)
  const readiness = createReadiness({
    servers: names,
    limits,
    // A list of tools waits for other servers that load: its own server has come up all the same.
    asking: name => ports.asking(name) || (proofs.asking(name) && left.size === 0),
    connecting,
  })
  /** Servers that were stopped, by us or by the person. */
  const stopped = new Map<Clean, 'silent' | 'unwanted'>()
  /** Programs that had their time and still start. */
  const left = new Set<Clean>()
  /** Programs of which it was told that they still start. */
  const told = new Set<Clean>()
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
   * the tools of none. A program may still be installing itself and goes on, where there will be another turn; the runtime
   * gives it a minute.
   */
  async function giveUp(slow: readonly Clean[]): Promise<void> {
    const kept = slow.filter(name => ports.patient && !isRemote(name))
    for (const name of kept) left.add(name)
    await stopSilent(slow.filter(name => !kept.includes(name)))
  }

  async function stopSilent(silent: readonly Clean[]): Promise<void> {
    const fresh = silent.filter(name => !stopped.has(name))
    for (const name of fresh) stopped.set(name, 'silent')
    await Promise.all(
      fresh.map(name =>
        connection
          .call(methods.stopServer, { sessionId, serverName: nameOf(name) })
          .catch(error => log(`runtime: a server could not be stopped (${messageOf(error)})`)),
      ),
    )
  }

  async function moveToBackground(): Promise<void> {
    try {
      const slow = loading().filter(name => !stopped.has(name))
      const { movedToBackground } = await connection.call(methods.leaveServersBehind, { sessionId })
      const fresh = slow.filter(name => !told.has(name))
      if (!movedToBackground || fresh.length === 0) return
      for (const name of fresh) told.add(name)
      say(
        `going on without the tools of MCP servers: ${fresh.join(', ')} still ${fresh.length > 1 ? 'start' : 'starts'}`,
        `/mcp stop ${fresh[0]} ends the waiting`,
      )
    } catch (error) {
      log(`runtime: the servers could not be left behind (${messageOf(error)})`)
    }
  }

  /** Stops the servers that do not tell their tools, which the runtime waits for between a message and its turn. */
  async function stopThoseWithoutTools(held: () => boolean): Promise<void> {
    const answers = await Promise.all(
      readiness.connected().map(async name => ({ name, answer: await listTools(name, limits.brief) })),
    )
    const silent = answers.filter(({ answer }) => answer === 'silent').map(({ name }) => name)
    if (held()) await stopSilent(silent)
  }

  const loading = () => readiness.loading().filter(name => !proofs.asking(name))
  const listTools = (name: Clean, deadline: number) =>
    askForTools(connection, { sessionId, serverName: nameOf(name) }, { deadline, again: limits.again })
  const proofs = createProofs({
    ...{ limits, askForTools: listTools, tell, log },
    loading: () => loading().length > 0,
    silent: name => void stopSilent([name]),
  })
  const isRemote = (name: Clean) => remote.some(each => clean(each) === name)
  const nameOf = (name: string) => Object.keys(ports.servers).find(each => clean(each) === name) ?? name

  function say(text: string, hint?: string) {
    tell({ type: 'notice', level: 'warning', text: clean(text, 300), hint: hint ? clean(hint) : undefined })
  }

  /** The runtime calls a server that was stopped cancelled, as if a person had done that, and may start it once more. */
  function meant(event: ServerEvent): ServerEvent {
    const { name, status, error } = event
    // Or the runtime would start it again for every turn, and wait again.
    if (status === 'failed' && !stopped.has(name) && MUTE.test(error ?? '')) void stopSilent([name])
    const why = status === 'connected' || status === 'needs-auth' ? undefined : stopped.get(name)
    if (why === undefined) return event
    return why === 'silent'
      ? { ...event, status: 'failed', error: SILENT }
      : { ...event, status: 'stopped', error: undefined }
  }

  return {
    note(event) {
      if (event.type !== 'server') {
        readiness.note(event)
        proofs.note(event)
        return event
      }
      const { name, status } = event
      if (status === 'connected') reached('server connected')
      if (status === 'connected' && !proofs.has(name) && isRemote(name)) {
        proofs.begin(name)
        return this.note({ ...event, status: 'pending' })
      }
      if (status !== 'connected' && !(status === 'pending' && proofs.asking(name))) proofs.forget(name)
      if (status !== 'pending') left.delete(name)
      const told = meant(event)
      readiness.note(told)
      return told
    },
    async ready(signal) {
      if (names.length === 0) return []
      void load()
      await proofs.renew()
      const stops: Promise<void>[] = []
      const late = await readiness.wait(signal, over => {
        stops.push(giveUp(over.filter(name => !proofs.asking(name))))
      })
      const slow = late.filter(name => !proofs.asking(name))
      waitedFor = slow
      await Promise.all(stops)
      return slow
    },
    get stale() {
      return proofs.stale
    },
    late: () => loading().filter(name => waitedFor.includes(name)),
    async leaveBehind(held) {
      await giveUp(loading())
      if (held()) await moveToBackground()
      if (held() && loading().length === 0) await stopThoseWithoutTools(held)
    },
    async reload() {
      readiness.reset()
      proofs.reset()
      for (const names of [stopped, left, told]) names.clear()
      const reloaded = connection.call(methods.reloadServers, { sessionId })
      // The answer takes as long as the slowest server; only what is refused is refused at once.
      reloaded.catch(error => log(`runtime: ${messageOf(error)}`))
      await Promise.race([reloaded, sleep(limits.brief, undefined, { ref: false })])
    },
    async stop(name) {
      stopped.set(clean(name), 'unwanted')
      await connection.call(methods.stopServer, { sessionId, serverName: nameOf(name) })
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'error'
}
