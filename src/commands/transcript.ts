import type { HostEvent, ToolEnd } from '../runtime/types.ts'
import { type Clean, cleanBlock } from '../text.ts'

/** One piece of a conversation as `sessions show` and `sessions export` give it. */
export interface Said {
  /** ISO 8601; absent where the log does not say it. */
  time?: string
  who: 'you' | 'model' | 'tool' | 'host'
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

/** Puts the events of a session together, oldest first: a tool call and its end become one piece. */
export function createTranscript(): {
  take(event: HostEvent, time: string): Said[]
  /** What is still open: tools that were cut off. */
  end(): Said[]
} {
  const running = new Map<string, Said>()
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
        case 'tool-start':
          running.set(event.id, {
            time,
            who: 'tool',
            tool: nameOf(event),
            arguments: event.summary,
            text: '',
          })
          return []
        case 'tool-end': {
          const call = running.get(event.id)
          running.delete(event.id)
          return call ? [{ ...call, outcome: event.end, text: cleanBlock(event.text) }] : []
        }
        default:
          return []
      }
    },
    end() {
      const cut = [...running.values()].map(call => ({ ...call, outcome: 'cancelled' as const }))
      running.clear()
      return cut
    },
  }
}

function nameOf({ server, name }: { server?: Clean; name: Clean }): string {
  return server === undefined ? name : `${server} · ${name}`
}
