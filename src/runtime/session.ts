import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
import type { Connection } from './connection.ts'
import { hostEvent, Server } from './events.ts'
import { readHistory } from './history.ts'
import type { Limits } from './limits.ts'
import { createPending } from './pending.ts'
import { methods } from './protocol.ts'
import { createReadiness } from './readiness.ts'
import { createTurn } from './turn.ts'
import type { HostEvent, PermissionDecision, Session } from './types.ts'

export interface SessionPorts {
  id: string
  connection: Connection
  /** Names of the MCP servers of this session. */
  servers: readonly string[]
  limits: Limits
  log: (line: string) => void
  onClose(): void
}

export interface LiveSession {
  session: Session
  /** Takes an event of the wire. */
  take(event: unknown): void
  /** Tells an event of our own. */
  tell(event: HostEvent): void
}

/** One session of the runtime, as the rest of the program sees it. */
export function createSession(ports: SessionPorts): LiveSession {
  const { id: sessionId, connection, limits, log } = ports
  const servers = ports.servers.map(name => clean(name))
  const listeners = new Set<(event: HostEvent) => void>()
  const answered = new Set<string>()
  const ended = new AbortController()
  const pending = createPending()
  const turn = createTurn()
  const readiness = createReadiness({ servers, limits, asking: pending.asking, connecting })
  let unheard: HostEvent[] | undefined = []
  /** Servers that have had their time in ready() and used it up. */
  let late: readonly Clean[] = []

  function tell(event: HostEvent) {
    emit(pending.follow(event))
    if (event.type === 'stopped') ended.abort(event.error)
  }

  function emit(events: readonly HostEvent[]) {
    if (ended.signal.aborted) return
    for (const event of events) {
      readiness.note(event)
      turn.note(event)
      if (unheard) unheard.push(event)
      else for (const listener of [...listeners]) hand(event, listener)
    }
  }

  function hand(event: HostEvent, listener: (event: HostEvent) => void) {
    try {
      listener(event)
    } catch (error) {
      log(`runtime: a listener failed at ${event.type} (${error instanceof Error ? error.message : 'error'})`)
    }
  }

  function take(event: unknown) {
    const meaning = hostEvent(event)
    if (meaning) tell(meaning)
    else if (isAuth(event)) log('runtime: a sign-in request without a usable id was dropped')
  }

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
   * Asks for all servers, which also makes the runtime load them where nothing else has. The answer may take as long as
   * the slowest server, so nobody waits for it; it fills in what no event has said.
   */
  async function load(): Promise<void> {
    try {
      const { servers: list } = await connection.call(methods.servers, { sessionId }, limits.ready)
      for (const each of list) {
        const server = v.safeParse(Server, each)
        if (server.success) readiness.seed(clean(server.output.name), server.output.status)
      }
    } catch (error) {
      if (!(error instanceof HostError) || error.kind !== 'runtime-refused') return
      for (const name of servers) readiness.seed(name, 'failed')
      tell({
        type: 'notice',
        level: 'warning',
        text: clean(`the MCP servers could not be loaded: ${error.detail}`, 300),
      })
    }
  }

  /** Lets a turn that waits for servers begin without them. */
  async function leaveServersBehind(): Promise<void> {
    try {
      const slow = readiness.loading()
      const { movedToBackground } = await connection.call(methods.leaveServersBehind, { sessionId })
      if (!movedToBackground) return
      const who = slow.length === 0 ? 'an MCP server' : slow.join(', ')
      tell({ type: 'notice', level: 'warning', text: clean(`going on without ${who}: slow to answer`, 200) })
    } catch (error) {
      log(`runtime: the servers could not be left behind (${messageOf(error)})`)
    }
  }

  /** Sends an answer; false if the runtime no longer waited for it. Either way the request is over. */
  async function answer(id: string, send: () => Promise<{ success: boolean }>): Promise<boolean> {
    if (answered.has(id)) return false
    answered.add(id)
    try {
      return (await send()).success
    } catch (error) {
      if (!(error instanceof HostError) || error.kind !== 'runtime-refused') throw error
      log(`runtime: an answer was not taken (${error.detail})`)
      return false
    } finally {
      emit(pending.answered(id))
    }
  }

  const session: Session = {
    id: sessionId,
    listen(listener) {
      listeners.add(listener)
      const kept = unheard ?? []
      unheard = undefined
      for (const event of kept) hand(event, listener)
      return () => listeners.delete(listener)
    },
    async ready(signal) {
      if (servers.length === 0) return []
      void load()
      late = await readiness.wait(signal ? AbortSignal.any([signal, ended.signal]) : ended.signal)
      return [...late]
    },
    async send(prompt) {
      const again = readiness.loading().some(name => late.includes(name))
      turn.expect(
        again ? [limits.turnAfterReady, limits.turn] : [limits.turn],
        () => void leaveServersBehind(),
      )
      try {
        return (await connection.call(methods.send, { sessionId, prompt })).messageId
      } catch (error) {
        turn.stop()
        throw error
      }
    },
    async abort() {
      // The runtime aborts a turn that waits for servers only when it no longer waits.
      if (turn.held) void leaveServersBehind()
      const timer = setTimeout(() => void leaveServersBehind(), limits.brief)
      try {
        await connection.call(methods.abort, { sessionId })
      } finally {
        clearTimeout(timer)
        turn.stop()
      }
    },
    answerPermission(ask, decision) {
      const result = decide(decision, ask.approval)
      return answer(ask.id, () =>
        connection.call(methods.answerPermission, { sessionId, requestId: ask.id, result }),
      )
    },
    answerAuth(requestId, given) {
      const result = given.kind === 'token' ? { ...given, tokenType: 'Bearer' as const } : given
      return answer(requestId, () => connection.call(methods.answerAuth, { sessionId, requestId, result }))
    },
    async reloadServers() {
      emit(pending.withdrawSignIns())
      readiness.reset()
      await connection.call(methods.reloadServers, { sessionId })
    },
    history: limit => readHistory(connection, sessionId, limit),
    async close() {
      turn.stop()
      ended.abort(new HostError('cancelled', 'the session was closed'))
      ports.onClose()
      await connection
        .call(methods.destroy, { sessionId })
        .catch(error => log(`runtime: ${messageOf(error)}`))
    },
  }
  return { session, take, tell }
}

function decide(decision: PermissionDecision, approval: unknown) {
  if (decision.kind === 'no') return { kind: 'reject' as const, feedback: decision.reason }
  // Without an approval the runtime would take "this session" for "once" all the same.
  if (decision.kind === 'once' || approval === undefined) return { kind: 'approve-once' as const }
  return { kind: 'approve-for-session' as const, approval }
}

function isAuth(event: unknown): boolean {
  return v.is(v.object({ type: v.literal('mcp.oauth_required') }), event)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'error'
}
