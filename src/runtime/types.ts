import type { HostError } from '../errors.ts'
import type { Clean } from '../text.ts'
import type { Ask, AskAnswer } from './ask-types.ts'
import type { Controls } from './controls.ts'
import type { AsksFirst, PermissionAsk, PermissionDecision } from './permission-types.ts'
import type { FileUse } from './tool-files.ts'

export type * from './ask-types.ts'
export type * from './permission-types.ts'
export type { FileUse } from './tool-files.ts'

/** One MCP server as Copilot CLI's configuration describes it; see `config/server-entry.ts` for the judge. */
export type ServerConfig =
  | {
      type: 'http' | 'sse'
      url: string
      tools?: string[]
      excludeTools?: string[]
      headers?: Record<string, string>
      timeout?: number
      oauthClientId?: string
      oauthPublicClient?: boolean
      oauthGrantType?: 'authorization_code' | 'client_credentials'
      auth?: boolean | { redirectPort: number }
    }
  | {
      type: 'stdio' | 'local'
      command: string
      args?: string[]
      cwd?: string
      env?: Record<string, string>
      tools?: string[]
      excludeTools?: string[]
      timeout?: number
    }

/** A model provider of the person's own (BYOK), as `session.create` takes it. */
export interface Provider {
  type: 'openai' | 'azure' | 'anthropic'
  baseUrl: string
  wireApi?: 'completions' | 'responses'
  apiKey?: string
  bearerToken?: string
  azure?: { apiVersion?: string }
  headers?: Record<string, string>
  modelId?: string
  wireModel?: string
  maxPromptTokens?: number
  maxOutputTokens?: number
}

/** What `session.create` and `session.resume` are given: all of it, both times (the runtime restores history only). */
export interface SessionConfig {
  folder: string
  model?: string
  provider?: Provider
  gitHubToken?: string
  servers: Readonly<Record<string, ServerConfig>>
  /** True if somebody answers `mcp.oauth_required`; only then is interest registered. */
  signIn: boolean
  /** True if somebody answers questions and forms; only then may the model and the servers ask. */
  asks?: boolean
  /** Every shell command is asked about, also one that only reads or was allowed for the project: somebody judges them by rules. */
  everyCommand?: boolean
  /** Absent: the runtime alone decides what is asked about. */
  asksFirst?: AsksFirst
  /** Servers of the runtime's own configuration that are not to be started. */
  off?: readonly string[]
  /** Resumes without a word about it in the log of the session. */
  quietly?: boolean
}

export interface RuntimeOptions {
  /** `COPILOT_CLI_PATH`: another runtime than the one of the platform package. */
  path?: string
  /** The Node that runs `path` when it is a script. */
  execPath: string
  /** The environment of the child: already without keys and tokens. */
  env: Record<string, string>
  folder: string
  /** False for a host that brings its own model: a stored GitHub login is then not looked at. */
  login: boolean
  /** Lines for the debug log: cleaned, without payloads. */
  log?: (line: string) => void
  /** Has `work` done at once when this process ends in whatever way; returns how to call it off. */
  atExit?: (work: () => void) => () => void
}

export interface SessionSummary {
  id: string
  /** ISO 8601. */
  started: string
  modified: string
  /** The name that was given to it, else how it began. */
  summary?: Clean
  folder?: string
}

export type ToolEnd = 'ok' | 'failed' | 'denied' | 'cancelled'

/** How the agent works: asking, planning first, or going on by itself until it is done. */
export type Mode = 'interactive' | 'plan' | 'autopilot'

/** Who decides about tool calls: the person, the person with the advice of a model, or nobody. */
export type PermissionMode = 'manual' | 'assisted' | 'allow-all'

export type ServerStatus =
  | 'pending'
  | 'connected'
  | 'failed'
  | 'needs-auth'
  | 'disabled'
  | 'stopped'
  | 'not_configured'

/**
 * What a session tells its host. Texts of one line are clean; texts of a stream (`text` of reply, reasoning and tool
 * output) are raw, since they can only be cleaned where they are joined.
 */
export type HostEvent =
  | { type: 'started'; model?: Clean; alreadyInUse: boolean }
  | { type: 'user'; messageId: string; text: string; files?: readonly FileUse[] }
  | { type: 'turn-start' }
  | { type: 'reply-delta'; messageId: string; text: string }
  | { type: 'reply'; messageId: string; text: string }
  | { type: 'reasoning-delta'; id: string; text: string }
  | { type: 'reasoning'; id: string; text: string }
  /** A sub-agent began to work for a tool call; what it calls carries its `id`. `background`: the call does not wait for it. */
  | { type: 'agent'; id: string; call: string; name?: Clean; background?: boolean }
  /** It is over; the call that started it may have ended long before. `text` says why it failed. */
  | { type: 'agent-end'; id: string; end: ToolEnd; text: string }
  | {
      type: 'tool-start'
      id: string
      name: Clean
      server?: Clean
      summary: Clean
      agent?: string
      /** What it reads or changes if it ends well, where that can be told. */
      files?: readonly FileUse[]
    }
  | { type: 'tool-output'; id: string; text: string; cumulative: boolean }
  | { type: 'tool-end'; id: string; end: ToolEnd; text: string }
  | { type: 'permission'; ask: PermissionAsk }
  | { type: 'permission-done'; id: string }
  | { type: 'ask'; ask: Ask }
  | { type: 'ask-done'; id: string }
  | { type: 'auth'; id: string; data: unknown; calls: readonly string[]; tool?: Clean }
  /** Answered, by us or by somebody else, or withdrawn: once for each `auth`. */
  | { type: 'auth-done'; id: string }
  /** `refused`: it had connected, and no longer takes its token; the runtime does not ask about that. */
  | { type: 'server'; name: Clean; status: ServerStatus; error?: Clean; refused?: true }
  /** What the model is given, and at most can be, in tokens; `parts` where the runtime tells them. */
  | { type: 'usage'; tokens: number; limit: number; parts?: ContextParts }
  | { type: 'mode'; mode: Mode }
  | { type: 'permissions'; mode: PermissionMode }
  | { type: 'model'; model: Clean; effort?: Clean }
  | { type: 'title'; title: Clean }
  /** What the model says that it is about to do. */
  | { type: 'doing'; text: Clean }
  | { type: 'retry'; text: Clean }
  /** `hint`: what a person in a chat can do about it. */
  | { type: 'notice'; level: 'info' | 'warning'; text: Clean; hint?: Clean }
  | { type: 'error'; kind: Clean; text: Clean; status?: number }
  | { type: 'interrupted' }
  | { type: 'idle'; aborted: boolean }
  /** The connection is gone; nothing comes after this. */
  | { type: 'stopped'; error: HostError }

export interface ContextParts {
  system: number
  tools: number
  conversation: number
}

/** A file that goes with a message: the runtime tells the model of it. `path` is absolute. */
export interface Attachment {
  type: 'file'
  path: string
  displayName: string
}

export interface SendOptions {
  /** Into the running turn, at its next step, in place of behind it. An abort drops what was not taken up yet. */
  now?: boolean
  /** What stands for the prompt in the conversation. */
  shown?: string
}

export interface Session {
  /** As the runtime answered it, which need not be the id that was asked for. */
  readonly id: string
  /** Every event from the first one on (those before the first listener are kept for it). Returns how to stop. */
  listen(listener: (event: HostEvent) => void): () => void
  /**
   * Resolves when the servers have come up far enough for a first prompt: each one connected, failed, or waiting for
   * nobody (runtime-protocol 11.6). A server has 10 s, in which time a sign-in to it does not count; one on the network
   * that takes longer is stopped. Gives the names of the servers that are not there yet.
   */
  ready(signal?: AbortSignal): Promise<string[]>
  /**
   * True when the runtime has yet to ask a server for its tools, which it does with the next message, and the server may refuse
   * its token by now: {@link ready} finds out.
   */
  readonly stale: boolean
  /** Gives the id of the message. */
  send(prompt: string, attachments?: readonly Attachment[], how?: SendOptions): Promise<string>
  abort(): Promise<void>
  /** All give false when the runtime no longer waits for this answer. */
  answerPermission(ask: PermissionAsk, decision: PermissionDecision): Promise<boolean>
  answerAsk(ask: Ask, answer: AskAnswer): Promise<boolean>
  answerAuth(
    id: string,
    answer: { kind: 'token'; accessToken: string; expiresIn?: number } | { kind: 'cancelled' },
  ): Promise<boolean>
  /** Makes every server connect again, which is the only way to be asked for a sign-in again. */
  reloadServers(): Promise<void>
  /** Ends a server: calls that it has not answered fail, and the turn goes on without it. */
  stopServer(name: string): Promise<void>
  rename(name: string): Promise<void>
  readonly controls: Controls
  /** The events of the past, oldest first, at most `limit` from the end. */
  history(limit: number): Promise<HostEvent[]>
  /** Leaves the session as it is stored. */
  close(): Promise<void>
}

export interface Runtime {
  readonly version: string
  create(config: SessionConfig): Promise<Session>
  resume(id: string, config: SessionConfig): Promise<Session>
  /** Newest first; with a folder, only those that were started in it. */
  sessions(folder?: string): Promise<SessionSummary[]>
  /** Deletes a stored session with all its data; false if there was none. */
  remove(id: string): Promise<boolean>
  /** Stores a GitHub token as the runtime's own login; false if it could not be kept in a vault. */
  storeLogin(token: string, host?: string): Promise<{ login: Clean; storedInVault: boolean }>
  /** The stored login, if there is one. */
  login(): Promise<Clean | undefined>
  /** Resolves when the runtime ended without being told to. */
  readonly died: Promise<HostError>
  stop(): Promise<void>
}
