import type { HostEvent, ToolEnd } from '../runtime/types.ts'
import { type Clean, cleanBlock } from '../text.ts'

/** One piece of a conversation as `sessions show` and `sessions export` give it. */
export interface Said {
  /** ISO 8601; absent where the log does not say it. */
  time?: string
  who: 'you' | 'model' | 'tool' | 'host'
  /** The sub-agent that called the tool. */
  agent?: string
  /** The name of the tool, with its MCP server. */
  tool?: string
  arguments?: string
  outcome?: ToolEnd
  text: string
}

/** What of an event somebody said; empty for all others. */
export function saidIn(event: HostEvent): string {
  switch (event.type) {
    case 'user':
    case 'reply':
    case 'tool-end':
    case 'error':
      return event.text
    default:
      return ''
  }
}

interface Call {
  said: Said
  /** The sub-agent that made it. */
  by?: string
  /** The calls of the sub-agent that it started, as far as they have ended. */
  inner: Said[]
}

/** Puts the events of a session together, oldest first: a tool call and its end become one piece, before those of its sub-agent. */
export function createTranscript(): {
  take(event: HostEvent, time: string): Said[]
  /** What is still open: tools that were cut off. */
  end(): Said[]
} {
  const running = new Map<string, Call>()
  const agents = new Map<string, { name: string; call: string }>()

  function finish(id: string, { said, inner, by = '' }: Call): Said[] {
    running.delete(id)
    const parent = running.get(agents.get(by)?.call ?? '')
    if (parent === undefined) return [said, ...inner]
    for (const each of [said, ...inner]) parent.inner.push(each)
    return []
  }

  return {
    take(event, at) {
      const time = at === '' ? undefined : at
      switch (event.type) {
        case 'user':
          return [{ time, who: 'you', text: cleanBlock(event.text) }]
        case 'reply':
          return [{ time, who: 'model', text: cleanBlock(event.text) }]
        case 'error':
          return [{ time, who: 'host', text: event.text }]
        case 'interrupted':
          return [{ time, who: 'host', text: 'interrupted' }]
        case 'agent':
          agents.set(event.id, { name: event.name || 'sub-agent', call: event.call })
          return []
        case 'tool-start': {
          const { agent: id } = event
          const agent = id === undefined ? undefined : (agents.get(id)?.name ?? 'sub-agent')
          const said = {
            time,
            who: 'tool' as const,
            agent,
            tool: nameOf(event),
            arguments: event.summary,
            text: '',
          }
          running.set(event.id, { said, inner: [], by: id })
          return []
        }
        case 'tool-end': {
          const call = running.get(event.id)
          if (call === undefined) return []
          const said = { ...call.said, outcome: event.end, text: cleanBlock(event.text) }
          return finish(event.id, { ...call, said })
        }
        default:
          return []
      }
    },
    end() {
      // Those of sub-agents come last, and are put below the call that started them.
      const inward = [...running].reverse().map(([id, call]) => {
        const said = { ...call.said, outcome: 'cancelled' as const }
        return finish(id, { ...call, said })
      })
      return inward.reverse().flat()
    },
  }
}

function nameOf({ server, name }: { server?: Clean; name: Clean }): string {
  return server === undefined ? name : `${server} · ${name}`
}
