import * as v from 'valibot'
import { clean } from '../text.ts'
import { notificationText } from './notification.ts'
import { type Help, problemText, unsavedText, withHelp } from './problem.ts'
import { maybe } from './protocol.ts'
import type { HostEvent } from './types.ts'
import { UNSAVED } from './unsaved.ts'

const text = maybe(v.string())
const Problem = v.object({
  errorType: v.fallback(v.string(), 'unknown'),
  message: v.fallback(v.string(), ''),
  statusCode: maybe(v.number()),
  ...{ remediation: text, url: text },
})
const Notice = v.object({
  ...{ message: v.string(), infoType: text, remediation: text, tip: text, url: text },
})
const Notification = v.object({ content: v.string(), kind: v.optional(v.unknown()) })
const Retry = v.object({ reason: text })

/** What is said elsewhere already. */
const SILENT_INFO = new Set(['model_retry', 'cancellation', 'file_created'])

/** Where there is no language server, the tool that we exclude is one that the runtime does not know. */
const NO_LANGUAGE_SERVER = /^Unknown tool name\b.*"lsp"$/

/** What an event tells the person in a line: errors, warnings, what happens beside the conversation, another attempt. */
export function noticeEvent(type: string, data: unknown): HostEvent | undefined {
  switch (type) {
    case 'session.error': {
      const judged = v.safeParse(Problem, data)
      return judged.success ? problem(judged.output) : undefined
    }
    case 'session.warning':
    case 'session.info': {
      const judged = v.safeParse(Notice, data)
      if (!judged.success || SILENT_INFO.has(judged.output.infoType ?? '')) return undefined
      const { message, ...help } = judged.output
      if (NO_LANGUAGE_SERVER.test(message)) return undefined
      return notice(type === 'session.info' ? 'info' : 'warning', message, help)
    }
    case 'system.notification': {
      const judged = v.safeParse(Notification, data)
      const text = judged.success && notificationText(judged.output.content, judged.output.kind)
      return text ? notice('info', text) : undefined
    }
    case 'assistant.turn_retry':
    // All that older runtimes say of it.
    case 'model.turn_retry': {
      const judged = v.safeParse(Retry, data)
      return judged.success ? retry(judged.output.reason) : undefined
    }
    default:
      return undefined
  }
}

function problem({ errorType, message, statusCode, ...help }: v.InferOutput<typeof Problem>): HostEvent {
  if (/^Failed to persist session events/.test(message))
    return { type: 'error', kind: UNSAVED, text: unsavedText(message) }
  const words = withHelp(problemText(message, statusCode), help)
  return { type: 'error', kind: clean(errorType), text: words, status: statusCode }
}

function notice(level: 'info' | 'warning', message: string, help: Help = {}): HostEvent | undefined {
  const line = clean(message, 300)
  return line === '' ? undefined : { type: 'notice', level, text: withHelp(line, help) }
}

function retry(reason: string | undefined): HostEvent {
  const why = reason ? ` (${reason.replaceAll('_', ' ')})` : ''
  return { type: 'retry', text: clean(`the model did not answer${why}, trying again`) }
}
