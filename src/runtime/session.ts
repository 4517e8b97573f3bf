import * as v from 'valibot'
import { HostError, ofKind } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
import { wireAnswer } from './ask.ts'
import type { Connection } from './connection.ts'
import { createControls } from './controls.ts'
import { decisionResult, projectOf } from './decision.ts'
import { hostEvent } from './events.ts'
import { hide } from './hide.ts'
import { readHistory } from './history.ts'
import type { Limits } from './limits.ts'
import { createOrder } from './order.ts'
import { createPending } from './pending.ts'
import { methods } from './protocol.ts'
import { createServers } from './servers.ts'
import { createSilence } from './silence.ts'
import { createTurn } from './turn.ts'
import type { HostEvent, PermissionAsk, Session, SessionConfig } from './types.ts'
import { createUnsaved } from './unsaved.ts'

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
  const order = createOrder({ ...pending, most: limits.order, tell: deliver })
  const silence = createSilence({ after: limits.silent, pending, tell })
  const turn = createTurn(ports.onTurn)
  const servers = createServers({ ...ports, sessionId, asking: pending.asking, tell })
  const unsaved = createUnsaved(limits.silent, pending.open, () => void session.abort().catch(() => {}))
  let unheard: HostEvent[] | undefined = []
  /** How often the session has come to rest. */
  let rests = 0

  function tell(event: HostEvent) {
    if (!unsaved.note(event)) return
    if (event.type === 'idle') rests += 1
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

  /** The server that no longer takes its token, where the runtime finds that out before a call and asks nobody (runtime 1.0.85). */
  function refusedBy(event: HostEvent): Clean | undefined {
    if (event.type !== 'tool-end' || event.end !== 'failed' || !UNVERIFIED.test(event.text)) return undefined
    return pending.serverOf(event.id)
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
    if (meaning === undefined) {
      if (isAuth(event)) log('runtime: a sign-in request without a usable id was dropped')
      return
    }
    if (meaning.type === 'permission' && meaning.ask.unshown) return refuse(meaning.ask)
    order.take(meaning)
  }

  function deliver(meaning: HostEvent) {
    // Asked before: the call is over when it has been told.
    const name = refusedBy(meaning)
    tell(meaning)
    if (name !== undefined) tell({ type: 'server', name, status: 'needs-auth', refused: true })
  }

  /** Nobody can agree to what cannot be shown. */
  function refuse(ask: PermissionAsk) {
    const what = 'what it is about nests too deep to be shown'
    tell({ type: 'notice', level: 'warning', text: clean(`a tool call was not allowed: ${what}`) })
    const reason = `The person could not be asked: ${what}.`
    session
      .answerPermission(ask, { kind: 'no', reason })
      .catch(error => log(`runtime: a refusal was not taken (${messageOf(error)})`))
  }

  /** Sends an answer; false if the runtime no longer waited for it. Either way the request is over. */
  async function answer(id: string, send: () => Promise<{ success: boolean }>): Promise<boolean> {
    if (answered.has(id)) return false
    answered.add(id)
    try {
      const { success } = await send()
      log(`runtime: the answer to ${id} was ${success ? 'taken' : 'no longer waited for'}`)
      return success
    } catch (error) {
      log(`runtime: an answer was not taken (${ofKind('runtime-refused', error).detail})`)
      return false
    } finally {
      emit(pending.answered(id))
      silence.note()
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
    ready: signal => servers.ready(signal ? AbortSignal.any([signal, ended.signal]) : ended.signal),
    get stale() {
      return servers.stale
    },
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
      const before = rests
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
      // One whose disk is full has ended the turn and does not say so.
      setTimeout(() => {
        if (unsaved.told && rests === before) tell({ type: 'idle', aborted: true })
      }, limits.brief).unref()
    },
    answerPermission(ask, decision) {
      return answer(ask.id, async () => {
        const result = await decisionResult(decision, ask.approval, () => projectOf(ports, tell))
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
      // The runtime takes one after the other: who waits for the token does not wait for the first to be answered.
      const hidden = given.kind === 'token' ? hide(connection, given.accessToken, log) : undefined
      const result = given.kind === 'token' ? { ...given, tokenType: 'Bearer' as const } : given
      const send = () => connection.call(methods.answerAuth, { sessionId, requestId, result })
      const [taken] = await Promise.all([answer(requestId, send), hidden])
      return taken
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
      unsaved.stop()
      ended.abort(new HostError('cancelled', 'the session was closed'))
      order.flush()
      ports.onClose()
      await connection
        .call(methods.destroy, { sessionId })
        .catch(error => log(`runtime: ${messageOf(error)}`))
    },
  }
  return {
    session,
    take,
    tell(event) {
      order.flush()
      tell(event)
    },
  }
}

/** How the runtime ends a call of a tool that it knows from before and could not look up once more: the server wants another token. */
const UNVERIFIED = /^MCP tool catalog changed before tool [^\n]*OAuth challenge required \(HTTP 401\)/

function isAuth(event: unknown): boolean {
  return v.is(v.object({ type: v.literal('mcp.oauth_required') }), event)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'error'
}
