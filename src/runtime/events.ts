import * as v from 'valibot'
import { clean } from '../text.ts'
import { askEvent } from './ask.ts'
import { permissionAsk } from './permission.ts'
import { problemText } from './problem.ts'
import { maybe } from './protocol.ts'
import { stateEvent } from './state-events.ts'
import { attached, type FileUse, toolFiles } from './tool-files.ts'
import { ToolResult, toolEnd, toolText } from './tool-result.ts'
import type { HostEvent, ServerStatus } from './types.ts'

const Envelope = v.object({ type: v.string(), data: v.optional(v.unknown()), agentId: maybe(v.string()) })

/** Names a request, tool call or message of the runtime. */
export const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(256))

type Read = (data: unknown, agent: string | undefined) => HostEvent | undefined

/** An event of the conversation itself: those of sub-agents do not belong there. */
function main<T>(schema: v.GenericSchema<unknown, T>, tell: (data: T) => HostEvent | undefined): Read {
  return (data, agent) => (agent === undefined ? any(schema, tell)(data, agent) : undefined)
}

function any<T>(
  schema: v.GenericSchema<unknown, T>,
  tell: (data: T, agent: string | undefined) => HostEvent | undefined,
): Read {
  return (data, agent) => {
    const judged = v.safeParse(schema, data)
    return judged.success ? tell(judged.output, agent) : undefined
  }
}

const Delta = { deltaContent: v.string() }
const Content = { content: v.string() }
const MessageId = { messageId: Id }
const ToolCall = { toolCallId: Id }
const Started = v.object({
  selectedModel: maybe(v.string()),
  alreadyInUse: v.fallback(v.optional(v.boolean(), false), false),
})

const Retry = v.object({ reason: maybe(v.string()) })

const STATUSES = v.picklist([
  'pending',
  'connected',
  'failed',
  'needs-auth',
  'disabled',
  'stopped',
  'not_configured',
] satisfies ServerStatus[])

export const Server = v.object({ name: v.string(), status: STATUSES, error: maybe(v.string()) })

/** What is said elsewhere already. */
const SILENT_INFO = new Set(['model_retry', 'cancellation'])

function started({ selectedModel, alreadyInUse }: v.InferOutput<typeof Started>): HostEvent {
  return { type: 'started', model: selectedModel ? clean(selectedModel) : undefined, alreadyInUse }
}

function retry({ reason }: v.InferOutput<typeof Retry>): HostEvent {
  const why = reason ? ` (${reason.replaceAll('_', ' ')})` : ''
  return { type: 'retry', text: clean(`the model did not answer${why}, trying again`) }
}

function notice(level: 'info' | 'warning', text: string): HostEvent | undefined {
  const line = clean(text, 300)
  return line === '' ? undefined : { type: 'notice', level, text: line }
}

const READ = new Map<string, Read>(
  Object.entries({
    'session.start': main(Started, started),
    'session.resume': main(Started, started),
    'session.title_changed': main(v.object({ title: v.string() }), ({ title }) => ({
      type: 'title',
      title: clean(title),
    })),
    'session.error': main(
      v.object({ errorType: v.string(), message: v.string(), statusCode: maybe(v.number()) }),
      ({ errorType, message, statusCode }) => ({
        type: 'error',
        kind: clean(errorType),
        text: problemText(message, statusCode),
        status: statusCode,
      }),
    ),
    'session.warning': main(v.object({ message: v.string() }), ({ message }) => notice('warning', message)),
    'session.info': main(v.object({ infoType: maybe(v.string()), message: v.string() }), data =>
      SILENT_INFO.has(data.infoType ?? '') ? undefined : notice('info', data.message),
    ),
    'session.idle': main(v.object({ aborted: v.optional(v.boolean(), false) }), ({ aborted }) => ({
      type: 'idle',
      aborted,
    })),
    'session.mcp_server_status_changed': any(
      v.object({ serverName: v.string(), status: STATUSES, error: maybe(v.string()) }),
      ({ serverName, status, error }) => serverEvent({ name: serverName, status, error }),
    ),

    'user.message': main(
      v.object({
        ...{ ...Content, messageId: v.fallback(v.string(), ''), source: maybe(v.string()) },
        attachments: v.fallback(v.optional(v.array(v.unknown()), []), []),
      }),
      ({ content, messageId, source, attachments }) =>
        source?.startsWith('agent-')
          ? undefined
          : { type: 'user', messageId, text: content, ...filesOf(attached(attachments)) },
    ),
    'system.notification': main(v.object(Content), ({ content }) => notice('info', content)),
    'assistant.turn_start': main(v.unknown(), () => ({ type: 'turn-start' })),
    'assistant.turn_retry': main(Retry, retry),
    // All that older runtimes say of it.
    'model.turn_retry': main(Retry, retry),
    'assistant.message_delta': main(v.object({ ...MessageId, ...Delta }), ({ messageId, deltaContent }) => ({
      type: 'reply-delta',
      messageId,
      text: deltaContent,
    })),
    // Empty when the model only calls tools.
    'assistant.message': main(v.object({ ...MessageId, ...Content }), ({ messageId, content }) =>
      content === '' ? undefined : { type: 'reply', messageId, text: content },
    ),
    'assistant.reasoning_delta': main(v.object({ reasoningId: Id, ...Delta }), data => ({
      type: 'reasoning-delta',
      id: data.reasoningId,
      text: data.deltaContent,
    })),
    'assistant.reasoning': main(v.object({ reasoningId: Id, ...Content }), ({ reasoningId, content }) => ({
      type: 'reasoning',
      id: reasoningId,
      text: content,
    })),
    abort: main(v.unknown(), () => ({ type: 'interrupted' })),

    'subagent.started': any(v.object(ToolCall), ({ toolCallId }, agent) =>
      agent === undefined ? undefined : { type: 'agent', id: agent, call: toolCallId },
    ),
    'tool.execution_start': any(
      v.object({
        ...ToolCall,
        toolName: v.string(),
        mcpServerName: maybe(v.string()),
        mcpToolName: maybe(v.string()),
        arguments: v.optional(v.unknown()),
      }),
      (data, agent) => ({
        type: 'tool-start',
        id: data.toolCallId,
        name: clean(data.mcpToolName ?? data.toolName),
        server: data.mcpServerName === undefined ? undefined : clean(data.mcpServerName),
        summary: summary(data.arguments),
        agent,
        ...filesOf(data.mcpServerName === undefined ? toolFiles(data.toolName, data.arguments) : []),
      }),
    ),
    'tool.shell_output': any(v.object({ ...ToolCall, text: v.string() }), ({ toolCallId, text }) => ({
      type: 'tool-output',
      id: toolCallId,
      text,
      cumulative: false,
    })),
    'tool.execution_partial_result': any(v.object({ ...ToolCall, partialOutput: v.string() }), data => ({
      type: 'tool-output',
      id: data.toolCallId,
      text: data.partialOutput,
      cumulative: true,
    })),
    'tool.execution_complete': any(v.object({ ...ToolCall, ...ToolResult }), data => ({
      type: 'tool-end',
      id: data.toolCallId,
      end: toolEnd(data),
      text: toolText(data),
    })),

    'permission.requested': any(
      v.object({
        requestId: Id,
        promptRequest: v.optional(v.unknown()),
        permissionRequest: v.optional(v.unknown()),
        resolvedByHook: v.optional(v.unknown()),
      }),
      data => {
        if (data.resolvedByHook) return undefined
        return {
          type: 'permission',
          ask: permissionAsk(data.requestId, data.promptRequest ?? data.permissionRequest),
        }
      },
    ),
    'permission.completed': any(v.object({ requestId: Id }), ({ requestId }) => ({
      type: 'permission-done',
      id: requestId,
    })),

    // Its data goes on as it is: judging them is the task of auth.
    'mcp.oauth_required': data =>
      any(v.object({ requestId: Id }), ({ requestId }) => ({ type: 'auth', id: requestId, data, calls: [] }))(
        data,
        undefined,
      ),
    'mcp.oauth_completed': any(v.object({ requestId: Id }), ({ requestId }) => ({
      type: 'auth-done',
      id: requestId,
    })),
  }),
)

/**
 * What an event of the runtime means to the host; undefined for those it has no use for, knows nothing of, or cannot
 * read. Sub-agents show as tool rows only. System prompts and snapshots of the conversation never get further.
 */
export function hostEvent(event: unknown): HostEvent | undefined {
  const judged = v.safeParse(Envelope, event)
  if (!judged.success) return undefined
  const { type, data, agentId } = judged.output
  const ours = agentId === undefined ? stateEvent(type, data) : undefined
  return ours ?? askEvent(type, data) ?? READ.get(type)?.(data, agentId)
}

export function serverEvent({ name, status, error }: v.InferOutput<typeof Server>): HostEvent {
  return { type: 'server', name: clean(name), status, error: error ? clean(error, 200) : undefined }
}

function filesOf(files: readonly FileUse[]): { files?: readonly FileUse[] } {
  return files.length === 0 ? {} : { files }
}

/** The arguments of a tool call as one short line. */
function summary(args: unknown) {
  if (typeof args !== 'object' || args === null) return clean(typeof args === 'string' ? args : '', 120)
  const parts = Object.entries(args).map(([key, value]) => {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
    return `${key}=${clean(text, 60)}`
  })
  return clean(parts.join(' '), 120)
}
