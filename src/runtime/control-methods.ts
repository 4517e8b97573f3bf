import * as v from 'valibot'
import { MODES, PERMISSIONS } from './modes.ts'
import { maybe, method } from './protocol.ts'
import type { Mode, PermissionMode } from './types.ts'

interface InSession {
  sessionId: string
}

const Count = v.fallback(v.number(), 0)
const Unjudged = v.fallback(v.array(v.unknown()), [])

export const OneModel = v.object({
  id: v.pipe(v.string(), v.regex(/^[\w.:/@-]{1,200}$/)),
  name: maybe(v.string()),
  supportedReasoningEfforts: v.fallback(v.array(v.pipe(v.string(), v.regex(/^[a-z]{1,20}$/))), []),
})
export const Tool = v.object({ name: v.string(), description: v.fallback(v.string(), '') })
export const Change = v.object({ diff: v.string() })
export const Command = v.object({
  name: v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,40}$/)),
  description: v.fallback(v.string(), ''),
})
const Metrics = v.object({
  totalPremiumRequestCost: Count,
  totalApiDurationMs: Count,
  codeChanges: v.fallback(v.object({ linesAdded: Count, linesRemoved: Count }), {
    linesAdded: 0,
    linesRemoved: 0,
  }),
  modelMetrics: v.fallback(v.record(v.string(), v.unknown()), {}),
})
export const ModelMetrics = v.object({
  requests: v.object({ count: v.number() }),
  usage: v.object({ inputTokens: Count, outputTokens: Count, cacheReadTokens: Count }),
})
const Invocation = v.variant('kind', [
  v.object({ kind: v.literal('text'), text: v.string() }),
  v.object({
    kind: v.literal('agent-prompt'),
    prompt: v.string(),
    displayPrompt: maybe(v.string()),
    mode: maybe(MODES),
  }),
  v.object({ kind: v.literal('completed'), message: maybe(v.string()), mode: maybe(MODES) }),
])

/** How long a summary by the model may take, in milliseconds. */
export const COMPACTING = 600_000

export const setMode = method<InSession & { mode: Mode }>()('session.mode.set', v.unknown())
export const getPermissions = method<InSession>()(
  'session.permissions.getMode',
  v.object({ mode: PERMISSIONS }),
)
export const setPermissions = method<InSession & { mode: PermissionMode }>()(
  'session.permissions.setMode',
  v.object({ mode: PERMISSIONS }),
)
export const listModels = method<InSession>()('session.model.list', v.object({ list: Unjudged }))
export const switchModel = method<InSession & { modelId: string; reasoningEffort?: string }>()(
  'session.model.switchTo',
  v.unknown(),
)
export const listTools = method<InSession & { serverName: string }>()(
  'session.mcp.listTools',
  v.object({ tools: Unjudged }),
)
export const compact = method<InSession & { customInstructions?: string }>()(
  'session.history.compact',
  v.object({ messagesRemoved: Count, tokensRemoved: Count }),
)
export const stopCompacting = method<InSession>()('session.history.abortManualCompaction', v.unknown())
export const getUsage = method<InSession>()('session.usage.getMetrics', Metrics)
export const getChanges = method<InSession & { mode: 'unstaged' }>()(
  'session.workspaces.diff',
  v.object({ changes: Unjudged }),
)
export const listCommands = method<InSession>()('session.commands.list', v.object({ commands: Unjudged }))
export const invoke = method<InSession & { name: string; input?: string }>()(
  'session.commands.invoke',
  v.fallback(v.union([Invocation, v.object({ kind: v.literal('other') })]), { kind: 'other' }),
)
