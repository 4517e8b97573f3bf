import * as v from 'valibot'
import type { Limits } from './limits.ts'
import { MODES } from './modes.ts'
import type { Attachment, Provider, ServerConfig } from './types.ts'

/** One method of the runtime: what it takes, how long it may take, and what of its answer we need. */
export interface Method<Params, Result> {
  readonly name: string
  readonly deadline: keyof Limits
  readonly result: v.GenericSchema<unknown, Result>
  /** Carries the type of the parameters; never set. */
  readonly params?: Params
}

export function method<Params extends object>() {
  return <Result>(
    name: string,
    result: v.GenericSchema<unknown, Result>,
    deadline: keyof Limits = 'call',
  ): Method<Params, Result> => ({ name, deadline, result })
}

interface InSession {
  sessionId: string
}

interface Answer<Result> extends InSession {
  requestId: string
  result: Result
}

/** The same for create and resume: the runtime restores history only. */
export interface SessionParams extends InSession {
  model?: string
  provider?: Provider
  gitHubToken?: string
  mcpServers: Readonly<Record<string, ServerConfig>>
  workingDirectory: string
  clientName: string
  streaming: true
  requestPermission: true
  enableScriptSafety: boolean
  enableFileHooks: boolean
  excludedTools: readonly string[]
  hooks?: true
  requestElicitation?: boolean
  envValueMode: 'direct'
  disableResume?: boolean
  disabledMcpServers?: readonly string[]
}

/** A field that is not always there, or not always what it should be. */
export function maybe<T>(schema: v.GenericSchema<unknown, T>) {
  return v.fallback(v.optional(schema), undefined)
}

/** The id of a session is shown, and names its folder. */
export const StoredId = v.pipe(v.string(), v.regex(/^(?!\.)[\w.-]{1,255}$/))

const Nothing = v.unknown()
const Success = v.object({ success: v.boolean() })
const Opened = v.object({
  sessionId: StoredId,
  mode: maybe(MODES),
})
const Unjudged = v.array(v.unknown())

export const methods = {
  connect: method<{ clientInfo: { editorName: string } }>()(
    'connect',
    v.object({ protocolVersion: v.number(), version: v.fallback(v.string(), 'unknown') }),
    'connect',
  ),
  ping: method<object>()('ping', Nothing, 'alive'),
  shutdown: method<object>()('runtime.shutdown', Nothing, 'brief'),

  create: method<SessionParams>()('session.create', Opened, 'slow'),
  resume: method<SessionParams>()('session.resume', Opened, 'slow'),
  destroy: method<InSession>()('session.destroy', Nothing, 'brief'),
  remove: method<InSession>()('session.delete', Success, 'slow'),
  rename: method<InSession & { name: string }>()('session.name.set', Nothing),
  list: method<{ filter?: { cwd: string } }>()('session.list', v.object({ sessions: Unjudged })),

  send: method<
    InSession & {
      prompt: string
      displayPrompt?: string
      attachments: readonly Attachment[]
      mode?: 'immediate'
    }
  >()('session.send', v.object({ messageId: v.string() }), 'slow'),
  abort: method<InSession>()('session.abort', Nothing, 'slow'),
  registerInterest: method<InSession & { eventType: string }>()('session.eventLog.registerInterest', Nothing),
  readEvents: method<
    InSession & {
      cursor?: string
      max: number
      direction: 'backward'
      includeEphemeral: false
      agentScope: 'primary'
      types: readonly string[]
    }
  >()(
    'session.eventLog.read',
    v.object({ events: Unjudged, cursor: maybe(v.string()), hasMore: v.fallback(v.boolean(), false) }),
  ),

  answerPermission: method<
    Answer<
      | { kind: 'approve-once' }
      | { kind: 'approve-for-session'; approval: object }
      | { kind: 'approve-for-location'; approval: object; locationKey: string }
      | { kind: 'reject'; feedback?: string }
    >
  >()('session.permissions.handlePendingPermissionRequest', Success),
  /** The Git repository of a folder, or that folder: what an approval for a project is kept for. */
  resolveLocation: method<InSession & { workingDirectory: string }>()(
    'session.permissions.locations.resolve',
    v.object({ locationKey: v.pipe(v.string(), v.minLength(1)) }),
  ),
  /** Puts what was allowed for the project of that folder in the place of what counts in this session, and tells it. Experimental. */
  applyLocation: method<InSession & { workingDirectory: string }>()(
    'session.permissions.locations.apply',
    v.fallback(v.object({ appliedRules: v.fallback(Unjudged, []) }), { appliedRules: [] }),
  ),
  answerUserInput: method<InSession & { requestId: string }>()('session.ui.handlePendingUserInput', Success),
  answerPlan: method<InSession & { requestId: string }>()('session.ui.handlePendingExitPlanMode', Success),
  answerElicitation: method<InSession & { requestId: string }>()(
    'session.ui.handlePendingElicitation',
    Success,
  ),
  answerAuth: method<
    Answer<
      { kind: 'cancelled' } | { kind: 'token'; accessToken: string; tokenType: 'Bearer'; expiresIn?: number }
    >
  >()('session.mcp.oauth.handlePendingRequest', Success),

  /** What the runtime replaces wherever it writes or shows text. Experimental. */
  hide: method<{ values: readonly string[] }>()('secrets.addFilterValues', Nothing, 'brief'),

  servers: method<InSession>()(
    'session.mcp.list',
    v.object({
      servers: Unjudged,
      host: v.fallback(v.object({ pendingConnections: v.fallback(v.array(v.string()), []) }), {
        pendingConnections: [],
      }),
    }),
    'brief',
  ),
  reloadServers: method<InSession>()('session.mcp.reload', Nothing),
  listTools: method<InSession & { serverName: string }>()('session.mcp.listTools', Nothing, 'brief'),
  stopServer: method<InSession & { serverName: string }>()('session.mcp.stopServer', Nothing, 'brief'),
  leaveServersBehind: method<InSession>()(
    'session.mcp.moveLoadingToBackground',
    v.object({ movedToBackground: v.boolean() }),
    'brief',
  ),

  login: method<{ host: string; token: string }>()(
    'account.login',
    v.object({ storedInVault: v.boolean() }),
    'slow',
  ),
  authStatus: method<object>()(
    'auth.getStatus',
    v.object({ isAuthenticated: v.boolean(), login: maybe(v.string()) }),
  ),
}

/** The parameters of `session.event`; the event itself is judged by `events.ts`. */
export const SessionEvent = v.object({ sessionId: v.string(), event: v.unknown() })
