import type { Mode, PermissionMode, ServerStatus } from '../../runtime/types.ts'
import { type Clean, clean, cleanBlock } from '../../text.ts'
import { durationText } from '../duration.ts'
import { MODE_WORDS, modelWords, noticeWords, PERMISSION_WORDS, RESTART, TRY_AGAIN } from '../status-words.ts'
import type { ChatEvent } from '../types.ts'

/** What is told already, as far as the next line depends on it. */
export interface Told {
  readonly tools: ReadonlyMap<string, { label: string; server?: string; startedAt: number }>
  /** The sub-agents that are at work, and the tool calls that started them. */
  readonly agents: ReadonlyMap<string, { name: string; call: string; startedAt: number }>
  /** As whom the tools of a server are called, where it has several accounts. */
  readonly accounts: ReadonlyMap<string, Clean>
  readonly servers: Readonly<Record<string, ServerStatus>>
  /** Messages that are announced and not sent yet. */
  readonly queued: readonly string[]
  readonly steering: readonly string[]
  readonly mode: Mode
  readonly permissions: PermissionMode
  /** The line that the person typed last: their terminal shows it. */
  readonly typed?: string
}

export const NOTHING_TOLD: Told = {
  tools: new Map(),
  agents: new Map(),
  accounts: new Map(),
  servers: {},
  queued: [],
  steering: [],
  mode: 'interactive',
  permissions: 'manual',
}

/** Longest message and output that a line shows, in characters. */
const LONGEST = 200

/** The lines that an event is told with; replies are told by `reply.ts`. Pure; `now` is in milliseconds since the epoch. */
export function eventLines(told: Told, event: ChatEvent, now: number): { told: Told; lines: string[] } {
  // For few: a function takes no more arguments than fit the stack.
  const only = (...lines: string[]) => ({ told, lines })
  switch (event.type) {
    case 'tool-start': {
      const { agent } = event
      const of = agent === undefined ? '' : ` (of ${told.agents.get(agent)?.name ?? 'an agent'})`
      const label = [event.server, event.name].filter(Boolean).join(' ') + of
      const tools = new Map(told.tools).set(event.id, { label, server: event.server, startedAt: now })
      const summary = event.summary === '' ? '' : `: ${event.summary}`
      return {
        told: { ...told, tools },
        lines: [`tool ${label}${calledAs(told, event)} starts${summary}`],
      }
    }
    case 'tool-end': {
      const tool = told.tools.get(event.id)
      if (tool === undefined) return only()
      const tools = new Map(told.tools)
      tools.delete(event.id)
      const took = durationText(now - tool.startedAt)
      const line = `tool ${tool.label}${calledAs(told, tool)} ${ENDS[event.end]}${took && ` after ${took}`}${firstLine(event.text)}`
      return { told: { ...told, tools }, lines: [line] }
    }
    case 'agent': {
      const { id, call, name } = event
      const agents = new Map(told.agents).set(id, { call, name: name || 'an agent', startedAt: now })
      return { told: { ...told, agents }, lines: [] }
    }
    case 'agent-end': {
      const agent = told.agents.get(event.id)
      const agents = new Map(told.agents)
      agents.delete(event.id)
      // Where the call that started it is still open, its end says the same.
      const silent = agent === undefined || told.tools.has(agent.call)
      const took = silent ? '' : durationText(now - agent.startedAt)
      const line = `agent ${agent?.name} ${ENDS[event.end]}${took && ` after ${took}`}${firstLine(event.text)}`
      return { told: { ...told, agents }, lines: silent ? [] : [line] }
    }
    case 'account': {
      const accounts = new Map(told.accounts)
      accounts.delete(event.server)
      if (event.account !== undefined) accounts.set(event.server, event.account)
      return { told: { ...told, accounts }, lines: [] }
    }
    case 'sent': {
      const shown = event.text === told.typed
      return { told: { ...told, typed: undefined }, lines: shown ? [] : [`you: ${shorten(event.text)}`] }
    }
    case 'user':
      return { told, lines: indented('you: ', event.text) }
    case 'interrupted':
      return only('interrupted')
    case 'idle':
    case 'stopped': {
      const cut = [...told.tools.values()].map(({ label }) => `tool ${label} ${ENDS.cancelled}`)
      const last = event.type === 'idle' ? ['ready'] : [`error: ${event.error.message}`, RESTART]
      return { told: { ...told, tools: new Map(), agents: new Map() }, lines: [...cut, ...last] }
    }
    case 'restarting':
      return only('starting it again')
    case 'line':
    case 'notice':
      return only(
        `${event.level === 'warning' || event.level === 'error' ? `${event.level}: ` : ''}${clean(noticeWords(event), 500)}`,
      )
    case 'error':
      return only(`error: ${clean(event.text, 500)}`)
    case 'retry':
      return only(clean(event.text, 500))
    case 'server': {
      const { name, status } = event
      // On the way to the same state once more there is no news.
      const servers = status === 'pending' ? told.servers : { ...told.servers, [name]: status }
      const news = told.servers[name] !== status && STATES[status] !== undefined
      const why = status === 'failed' ? `${event.error ? ` (${event.error})` : ''}; ${TRY_AGAIN}` : ''
      return { told: { ...told, servers }, lines: news ? [`${name}: ${STATES[status]}${why}`] : [] }
    }
    case 'started':
      return only(...(event.alreadyInUse ? ['warning: this session is open in another program as well'] : []))
    case 'waiting':
      return only(
        ...(event.servers.length > 0
          ? [`waiting for ${event.servers.map(name => clean(name)).join(', ')}`]
          : []),
      )
    case 'queued': {
      const { steering = [] } = event
      const fresh = [
        ...event.messages.slice(told.queued.length).map(message => `queued: ${shorten(message)}`),
        ...steering.slice(told.steering.length).map(message => `for the next step: ${shorten(message)}`),
      ]
      const typed = fresh.length > 0 ? undefined : told.typed
      return { told: { ...told, queued: event.messages, steering, typed }, lines: fresh }
    }
    case 'mode': {
      const lines = event.mode === told.mode ? [] : [MODE_WORDS[event.mode]]
      return { told: { ...told, mode: event.mode }, lines }
    }
    case 'permissions': {
      const mark = event.mode === 'allow-all' ? 'warning: ' : ''
      const lines = event.mode === told.permissions ? [] : [`${mark}${PERMISSION_WORDS[event.mode]}`]
      return { told: { ...told, permissions: event.mode }, lines }
    }
    case 'model':
      return only(`model: ${modelWords(event.model, event.effort)}`)
    case 'session':
      return { told: { ...told, servers: {}, mode: 'interactive', permissions: 'manual' }, lines: [] }
    case 'text':
      return { told, lines: cleanBlock(event.text).trimEnd().split('\n') }
    case 'draft':
      return {
        told,
        lines: event.text.trim() === '' ? [] : [...indented('not sent: ', event.text), '/send sends it'],
      }
    default:
      return only()
  }
}

const ENDS = {
  ok: 'is done',
  failed: 'has failed',
  denied: 'was not allowed',
  cancelled: 'was cancelled',
} as const

function calledAs({ accounts }: Told, { server }: { server?: string }): string {
  const account = accounts.get(server ?? '')
  return account === undefined ? '' : ` as ${account}`
}

/** States worth a line. */
const STATES: Readonly<Partial<Record<ServerStatus, string>>> = {
  connected: 'connected',
  failed: 'not available',
  'needs-auth': 'needs a sign-in',
}

function firstLine(output: string): string {
  const [first = '', ...more] = cleanBlock(output.slice(0, 100_000)).trim().split('\n')
  if (first === '') return ''
  return `: ${clean(first, LONGEST)}${more.length === 0 ? '' : ` (and ${more.length} more lines)`}`
}

function shorten(text: string): Clean {
  return clean(text, LONGEST)
}

/** A text of the person, whole; its further lines stand in from ours. */
function indented(label: string, text: string): string[] {
  return cleanBlock(text)
    .trim()
    .split('\n')
    .map((line, at) => (at === 0 ? `${label}${line}` : `  ${line}`))
}
