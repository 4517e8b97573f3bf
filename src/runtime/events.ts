import * as v from 'valibot'
import { clean } from '../text.ts'
import { askEvent } from './ask.ts'
import { noticeEvent } from './notice-events.ts'
import { permissionAsk } from './permission.ts'
import { maybe } from './protocol.ts'
import { stateEvent } from './state-events.ts'
import { attached, type FileUse, toolFiles } from './tool-files.ts'
import { ToolResult, toolEnd, toolText } from './tool-result.ts'
import { toolSummary } from './tool-summary.ts'
import type { HostEvent, ServerStatus } from './types.ts'

const Envelope = v.object({ type: v.string(), data: v.optional(v.unknown()), agentId: v.nullish(v.string()) })

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

const Aborted = v.object({ aborted: v.literal(true) })
const Agent = v.object({
  ...ToolCall,
  agentDisplayName: maybe(v.string()),
  agentName: maybe(v.string()),
  executionMode: maybe(v.string()),
})

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

function started({ selectedModel, alreadyInUse }: v.InferOutput<typeof Started>): HostEvent {
  return { type: 'started', model: selectedModel ? clean(selectedModel) : undefined, alreadyInUse }
}

const READ = new Map<string, Read>(
  Object.entries({
    'session.start': main(Started, started),
    'session.resume': main(Started, started),
    'session.title_changed': main(v.object({ title: v.string() }), ({ title }) => ({
      type: 'title',
      title: clean(title),
    })),
    // Whatever it says: a turn without its end would never let the next message go.
    'session.idle': main(v.unknown(), data => ({ type: 'idle', aborted: v.is(Aborted, data) })),
    // Nothing goes on after it, and whatever is open is void (runtime-protocol 8.4).
    'session.shutdown': main(v.unknown(), () => ({ type: 'idle', aborted: true })),
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
    'assistant.intent': main(v.object({ intent: v.string() }), ({ intent }) => ({
      type: 'doing',
      text: clean(intent, 60),
    })),
    'assistant.turn_start': main(v.unknown(), () => ({ type: 'turn-start' })),
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

    'subagent.started': any(Agent, ({ toolCallId, agentDisplayName, agentName, executionMode }, agent) => {
      if (agent === undefined) return undefined
      const name = clean(agentDisplayName || agentName || '', 40)
      return { type: 'agent', id: agent, call: toolCallId, name, background: executionMode === 'background' }
    }),
    'subagent.completed': any(v.object({ cancelled: maybe(v.boolean()) }), ({ cancelled }, agent) =>
      agent === undefined
        ? undefined
        : { type: 'agent-end', id: agent, end: cancelled ? 'cancelled' : 'ok', text: '' },
    ),
    'subagent.failed': any(v.object({ error: maybe(v.string()) }), ({ error = '' }, agent) =>
      agent === undefined ? undefined : { type: 'agent-end', id: agent, end: 'failed', text: error },
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
        summary: toolSummary(data.toolName, data.arguments),
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
    'tool.execution_progress': any(v.object({ ...ToolCall, progressMessage: v.string() }), data => ({
      type: 'tool-output',
      id: data.toolCallId,
      text: data.progressMessage,
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
  const { type, data } = judged.output
  const agentId = judged.output.agentId ?? undefined
  const ours = agentId === undefined ? (stateEvent(type, data) ?? noticeEvent(type, data)) : undefined
  return ours ?? askEvent(type, data) ?? READ.get(type)?.(data, agentId)
}

export function serverEvent({ name, status, error }: v.InferOutput<typeof Server>): HostEvent {
  return { type: 'server', name: clean(name), status, error: error ? clean(error, 200) : undefined }
}

function filesOf(files: readonly FileUse[]): { files?: readonly FileUse[] } {
  return files.length === 0 ? {} : { files }
}
