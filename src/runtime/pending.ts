import * as v from 'valibot'
import { type Clean, clean } from '../text.ts'
import { mcpAsk } from './permission.ts'
import type { HostEvent, PermissionAsk } from './types.ts'

const AuthData = v.object({ serverName: v.string() })

/** So many calls are followed at a time, and so many servers at all: more than anybody has. */
const MOST = 500
interface Call {
  server: Clean | undefined
  name: Clean
  agent: string | undefined
  /** How far it is with its questions: allowed once, and since then its server was signed in to. */
  asked: 'no' | 'once' | 'signed-in'
}

export interface Pending {
  /**
   * What is to be told when the runtime says this: the event itself, completed where it lacks something, with the ends
   * that follow from it and that the runtime leaves unsaid; nothing for a repetition, or for an end of what is not open.
   */
  follow(event: HostEvent): HostEvent[]
  /** Ends a question or sign-in that was answered, unless its end has been told. */
  answered(id: string): HostEvent[]
  /** Ends every open sign-in. */
  withdrawSignIns(): HostEvent[]
  /** Calls of tools that a server has not answered; none while the person is asked something. */
  unanswered(): { id: string; server: Clean; name: Clean }[]
  /** Whose tool an open call is. */
  serverOf(id: string): Clean | undefined
  /** Whether what belongs before this event has not come yet: the call of a question, the ends of calls that this one has started. */
  isEarly(event: HostEvent): boolean
  /** Whether it is of a sub-agent. */
  isInner(event: HostEvent): boolean
  /** Whether anything is open. */
  open(): boolean
  /** Whether a sign-in for this server is open. */
  asking(server: Clean): boolean
}

/**
 * Keeps what is open in a session: tool calls, questions, sign-in requests. The runtime drops them without a word when a
 * turn is interrupted (runtime-protocol 5.5 and 11.9); here each of them gets exactly one end.
 */
export function createPending(): Pending {
  const tools = new Map<string, Call>()
  const agents = new Map<string, Extract<HostEvent, { type: 'agent' }>>()
  const questions = new Set<string>()
  const asks = new Set<string>()
  const signIns = new Map<string, { server: Clean | undefined; midCall: boolean }>()
  const seen = new Set<string>()
  const servers = new Set<string>()

  /** An id stands for one request, whatever it is about. */
  const isOpen = (id: string) => questions.has(id) || asks.has(id) || signIns.has(id)

  function started(event: Extract<HostEvent, { type: 'auth' }>): HostEvent[] {
    if (seen.has(event.id) || isOpen(event.id)) return []
    seen.add(event.id)
    const data = v.safeParse(AuthData, event.data)
    const server = data.success ? clean(data.output.serverName) : undefined
    const calls = [...tools].filter(([, tool]) => tool.server !== undefined && tool.server === server)
    signIns.set(event.id, { server, midCall: calls.length > 0 })
    for (const [, call] of calls) if (call.asked === 'once') call.asked = 'signed-in'
    return [{ ...event, calls: calls.map(([id]) => id), tool: calls[0]?.[1].name }]
  }

  function withdraw(which: (signIn: { midCall: boolean }) => boolean): HostEvent[] {
    const ids = [...signIns].filter(([, signIn]) => which(signIn)).map(([id]) => id)
    for (const id of ids) signIns.delete(id)
    return ids.map(id => ({ type: 'auth-done', id }))
  }

  /** Whose wish it is, and why it may be asked a second time: a call begins anew after a sign-in (runtime-protocol fact 18). */
  function about(ask: PermissionAsk): PermissionAsk {
    const call = tools.get(ask.toolCallId ?? '')
    if (call === undefined) return ask
    const signedIn = call.asked === 'signed-in' ? call.server : undefined
    if (call.asked === 'no') call.asked = 'once'
    const known =
      ask.kind === 'other' && call.server !== undefined ? mcpAsk(ask, call.server, call.name) : ask
    return { ...known, agent: agents.get(call.agent ?? '')?.name, signedIn }
  }

  /** A sign-in at start-up outlives the turn; one made for a tool call does not. */
  function over(): HostEvent[] {
    const events: HostEvent[] = [
      ...[...questions].map(id => ({ type: 'permission-done', id }) as const),
      ...[...asks].map(id => ({ type: 'ask-done', id }) as const),
      ...withdraw(signIn => signIn.midCall),
      ...inward().map(id => ({ type: 'tool-end', id, end: 'cancelled', text: '' }) as const),
    ]
    questions.clear()
    asks.clear()
    tools.clear()
    return events
  }

  /** Whether a sub-agent works for this call, which waits for it. */
  function isWork(agent: string | undefined, call: string): boolean {
    const found = agents.get(agent ?? '')
    return found?.call === call && found.background !== true
  }

  /** The open calls, those of sub-agents before the ones that started them. */
  function inward(): string[] {
    const all = [...tools]
    const inner = all.filter(([, call]) => call.agent !== undefined)
    return [...inner.reverse(), ...all.filter(([, call]) => call.agent === undefined)].map(([id]) => id)
  }

  return {
    follow(event) {
      switch (event.type) {
        case 'tool-start':
          if (tools.size >= MOST && !tools.has(event.id)) return []
          tools.set(event.id, { server: event.server, name: event.name, agent: event.agent, asked: 'no' })
          return [event]
        case 'agent':
          if (agents.size < MOST) agents.set(event.id, event)
          return [event]
        case 'tool-output':
          return tools.has(event.id) ? [event] : []
        case 'tool-end':
          return tools.delete(event.id) ? [event] : []
        case 'server':
          if (servers.size < MOST) servers.add(event.name)
          return servers.has(event.name) ? [event] : []
        case 'permission':
          if (isOpen(event.ask.id)) return []
          questions.add(event.ask.id)
          return [{ ...event, ask: about(event.ask) }]
        case 'permission-done':
          return questions.delete(event.id) ? [event] : []
        case 'ask':
          if (isOpen(event.ask.id)) return []
          asks.add(event.ask.id)
          return [event]
        case 'ask-done':
          return asks.delete(event.id) ? [event] : []
        case 'auth':
          return started(event)
        case 'auth-done':
          return signIns.delete(event.id) ? [event] : []
        // Also where nothing was aborted: at the end of all work nothing of it can be open any more.
        case 'interrupted':
        case 'idle':
          return [...over(), event]
        case 'stopped':
          return [...over(), ...withdraw(() => true), event]
        default:
          return [event]
      }
    },
    answered(id) {
      if (questions.delete(id)) return [{ type: 'permission-done', id }]
      if (asks.delete(id)) return [{ type: 'ask-done', id }]
      return signIns.delete(id) ? [{ type: 'auth-done', id }] : []
    },
    unanswered() {
      if (questions.size + asks.size + signIns.size > 0) return []
      return [...tools].flatMap(([id, { server, name }]) =>
        server === undefined ? [] : [{ id, server, name }],
      )
    },
    serverOf: id => tools.get(id)?.server,
    isEarly(event) {
      if (event.type === 'permission')
        return event.ask.toolCallId !== undefined && !tools.has(event.ask.toolCallId)
      return event.type === 'tool-end' && [...tools.values()].some(({ agent }) => isWork(agent, event.id))
    },
    isInner(event) {
      if (event.type === 'agent' || event.type === 'agent-end') return true
      if (event.type === 'tool-start') return event.agent !== undefined
      if (event.type !== 'tool-output' && event.type !== 'tool-end') return false
      return tools.get(event.id)?.agent !== undefined
    },
    open: () => tools.size + questions.size + asks.size + signIns.size > 0,
    withdrawSignIns: () => withdraw(() => true),
    asking: server => [...signIns.values()].some(signIn => signIn.server === server),
  }
}
