import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import { wireAnswer } from './ask.ts'
import type { Connection } from './connection.ts'
import { createControls } from './controls.ts'
import { hostEvent } from './events.ts'
import { readHistory } from './history.ts'
import type { Limits } from './limits.ts'
import { createPending } from './pending.ts'
import { methods } from './protocol.ts'
import { createServers } from './servers.ts'
import { createSilence } from './silence.ts'
import { createTurn } from './turn.ts'
import type { HostEvent, PermissionDecision, Session, SessionConfig } from './types.ts'

export interface SessionPorts {
  id: string
  connection: Connection
  folder: string
  /** The MCP servers of this session. */
  servers: SessionConfig['servers']
  /** Whether programs that do not answer at start may go on starting. */
  patient: boolean
  limits: Limits
  log: (line: string) => void
  onClose(): void
  /** Whether a turn runs, when that is news. */
  onTurn(running: boolean): void
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
  const listeners = new Set<(event: HostEvent) => void>()
  const answered = new Set<string>()
  const ended = new AbortController()
  const pending = createPending()
  const silence = createSilence({ after: limits.silent, pending, tell })
  const turn = createTurn(ports.onTurn)
  const servers = createServers({ ...ports, sessionId, asking: pending.asking, tell })
  let unheard: HostEvent[] | undefined = []

  function tell(event: HostEvent) {
    emit(pending.follow(event))
    silence.note()
    if (event.type === 'stopped') ended.abort(event.error)
  }

  function emit(events: readonly HostEvent[]) {
    if (ended.signal.aborted) return
    for (const each of events) {
      const event = servers.note(each)
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
      silence.note()
    }
  }

  /** What a tool prints of it reaches neither the model nor a file. A runtime that cannot do that is none the worse for it. */
  async function hide(secret: string): Promise<void> {
    await connection.call(methods.hide, { values: [secret] }).catch(error => {
      if (!(error instanceof HostError) || error.kind === 'runtime-died') throw error
      log('runtime: a token could not be registered to be hidden')
    })
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
    ready: signal => servers.ready(signal ? AbortSignal.any([signal, ended.signal]) : ended.signal),
    async send(prompt, attachments = [], { now, shown } = {}) {
      // Servers that ready() has waited for already are not waited for a second time.
      const times = servers.late().length > 0 ? [limits.turnAfterReady, limits.turn] : [limits.turn]
      turn.expect(times, () => void servers.leaveBehind(() => turn.held))
      try {
        const more = { displayPrompt: shown, mode: now ? ('immediate' as const) : undefined }
        return (await connection.call(methods.send, { sessionId, prompt, attachments, ...more })).messageId
      } catch (error) {
        turn.stop()
        throw error
      }
    },
    async abort() {
      // The runtime aborts a turn that waits for servers only when it no longer waits.
      let aborting = true
      const leaveBehind = () => void servers.leaveBehind(() => aborting)
      if (turn.held) leaveBehind()
      const timer = setTimeout(leaveBehind, limits.brief)
      try {
        await connection.call(methods.abort, { sessionId })
      } finally {
        aborting = false
        clearTimeout(timer)
        turn.stop()
      }
    },
    answerPermission(ask, decision) {
      return answer(ask.id, async () => {
        const result = await decide(decision, ask.approval, () => projectOf(ports, tell))
        return connection.call(methods.answerPermission, { sessionId, requestId: ask.id, result })
      })
    },
    answerAsk(ask, given) {
      const { method, result } = wireAnswer(ask, given)
      return answer(ask.id, () =>
        connection.call(methods[method], { sessionId, requestId: ask.id, ...result }),
      )
    },
    async answerAuth(requestId, given) {
      if (given.kind === 'token') await hide(given.accessToken)
      const result = given.kind === 'token' ? { ...given, tokenType: 'Bearer' as const } : given
      return answer(requestId, () => connection.call(methods.answerAuth, { sessionId, requestId, result }))
    },
    async reloadServers() {
      emit(pending.withdrawSignIns())
      await servers.reload()
    },
    stopServer: name => servers.stop(name),
    async rename(name) {
      await connection.call(methods.rename, { sessionId, name })
    },
    controls: createControls(connection, sessionId),
    history: limit => readHistory(connection, sessionId, limit),
    async close() {
      turn.stop()
      silence.stop()
      ended.abort(new HostError('cancelled', 'the session was closed'))
      ports.onClose()
      await connection
        .call(methods.destroy, { sessionId })
        .catch(error => log(`runtime: ${messageOf(error)}`))
    },
  }
  return { session, take, tell }
}

async function decide(
  decision: PermissionDecision,
  approval: object | undefined,
  project: () => Promise<string | undefined>,
) {
  if (decision.kind === 'no') return { kind: 'reject' as const, feedback: decision.reason }
  // Without an approval the runtime would take "this session" for "once" all the same.
  if (decision.kind === 'once' || approval === undefined) return { kind: 'approve-once' as const }
  const locationKey = decision.kind === 'project' ? await project() : undefined
  return locationKey === undefined
    ? { kind: 'approve-for-session' as const, approval }
    : { kind: 'approve-for-location' as const, approval, locationKey }
}

/** What the runtime keeps approvals of this folder under; undefined, and the person is told, where it keeps none. */
async function projectOf(
  { id: sessionId, connection, folder: workingDirectory }: SessionPorts,
  tell: (event: HostEvent) => void,
): Promise<string | undefined> {
  try {
    return (await connection.call(methods.resolveLocation, { sessionId, workingDirectory })).locationKey
  } catch (thrown) {
    if (!(thrown instanceof HostError)) throw thrown
    const text = clean(`this runtime keeps nothing for a project (${thrown.detail || thrown.message})`, 200)
    tell({ type: 'notice', level: 'warning', text: clean(`${text}: it is allowed for this session`, 300) })
    return undefined
  }
}

function isAuth(event: unknown): boolean {
  return v.is(v.object({ type: v.literal('mcp.oauth_required') }), event)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'error'
}
