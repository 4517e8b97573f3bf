import type { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { Usage } from '../runtime/controls.ts'
import { clean, cleanBlock } from '../text.ts'
import { createAnswer } from './answer.ts'
import type { ConversationEvent } from './conversation.ts'
import { createOutput, errorFields, jsonText } from './output.ts'
import {
  OUTPUT_VERSION,
  type OutputKind,
  type RunError,
  type RunEvent,
  type RunResult,
} from './run-events.ts'

/** What a run without a chat writes: the answer or JSON to stdout, everything else to stderr. */
export interface RunOutput {
  session(opened: { session: string; model?: string }): void
  take(event: ConversationEvent): void
  permission(ruled: Omit<Extract<RunEvent, { type: 'permission' }>, 'type'>): void
  /** One line about the run. */
  warn(text: string): void
  /** The same to a person who is there. */
  say(text: string): void
  /** Why the run ends with another code than 0. `about`: the sign-in that would help; `told`: a person has read it. */
  fail(error: HostError, more?: { about: Pick<RunError, 'server' | 'reason' | 'run'>; told: boolean }): void
  /** The last word. */
  end(exitCode: number, usage?: Usage): void
}

/** `folder`: that of the session. Texts that come from elsewhere are cleaned here. */
export function createRunOutput(kind: OutputKind, host: Host): RunOutput {
  const began = performance.now()
  const lines = createOutput({ json: kind !== 'text' }, host)
  const write = (event: RunEvent) => {
    if (kind === 'stream-json') host.stdout.write(`${jsonText(event)}\n`)
  }
  /** The text of each reply, and the replies that are whole. */
  const replies = new Map<string, string>()
  const whole = new Set<string>()
  const answer = createAnswer(
    (text, message) => {
      if (kind === 'text') return void host.stdout.write(text)
      replies.set(message, (replies.get(message) ?? '') + text)
      write({ type: 'text', message, text })
    },
    kind === 'stream-json' || (kind === 'text' && host.stdout.isTTY === true),
  )
  const said = new Set<string>()
  let session: string | undefined
  let turns = 0
  let tools = 0
  let error: RunError | undefined

  function once(text: string): void {
    if (!said.has(text)) lines.warn(text)
    said.add(text)
  }

  /** What happens, for a person who watches: the answer stays alone on stdout. */
  function progress(text: string): void {
    if (kind !== 'text' || host.stderr.isTTY !== true) return
    host.stderr.write(`${answer.open && host.stdout.isTTY ? '\n' : ''}${text}\n`)
  }

  return {
    session(opened) {
      session = opened.session
      write({ type: 'session', version: OUTPUT_VERSION, ...opened, folder: host.folder })
    },
    take(event) {
      answer.take(event)
      switch (event.type) {
        case 'reply':
          whole.add(event.messageId)
          return
        case 'retry':
          for (const message of [...replies.keys()].filter(id => !whole.has(id))) {
            replies.delete(message)
            write({ type: 'discarded', message })
          }
          once(event.text)
          return write({ type: 'notice', level: 'info', text: event.text })
        case 'turn-start':
          turns += 1
          return write({ type: 'turn', turn: turns })
        case 'reasoning':
          return write({ type: 'reasoning', text: cleanBlock(event.text) })
        case 'tool-start': {
          const { id, name: tool, server, summary, agent } = event
          tools += 1
          progress(`○ ${server === undefined ? tool : `${server} · ${tool}`}  ${summary}`.trimEnd())
          return write({ type: 'tool-start', id, tool, server, summary, agent })
        }
        case 'tool-end':
          if (event.end === 'failed') progress(`✗ ${clean(event.text, 200)}`)
          return write({ type: 'tool-end', id: event.id, end: event.end, text: cleanBlock(event.text) })
        case 'server':
          if (event.status === 'failed')
            once(`${event.name} is not connected: ${event.error ?? 'no reason given'}`)
          return write({ type: 'server', server: event.name, status: event.status, error: event.error })
        case 'notice':
          // The runtime names a command that is none here.
          if (event.text.includes('/mcp auth ')) return
          if (event.level === 'warning') lines.warn(event.text)
          return write({ type: 'notice', level: event.level, text: event.text })
      }
    },
    permission: ruled => write({ type: 'permission', ...ruled }),
    warn: once,
    say: lines.say,
    fail(reason, { about, told } = { about: {}, told: false }) {
      answer.end()
      error ??= { ...errorFields(reason), ...about }
      if (kind !== 'text') host.stderr.write(`${jsonText({ error })}\n`)
      else if (!told) once(about.run === undefined ? reason.message : `${reason.message}. Run: ${about.run}`)
    },
    end(exitCode, usage) {
      answer.end()
      if (kind === 'text') return
      const duration = Math.round(performance.now() - began)
      const result: RunResult = {
        version: OUTPUT_VERSION,
        ...{ session, exitCode, answer: [...replies.values()].join(''), turns, tools, duration },
        ...{ usage, error },
      }
      if (kind === 'json') host.stdout.write(`${jsonText(result, 2)}\n`)
      else write({ type: 'result', ...result })
    },
  }
}
