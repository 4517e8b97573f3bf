import type { Authenticator } from '../auth/authenticator.ts'
import type { Host } from '../host.ts'
import type { HostEvent, PermissionMode, Runtime, Session } from '../runtime/types.ts'
import type { Chat } from '../ui/types.ts'
import type { Conversation } from './conversation-types.ts'
import type { Files } from './files.ts'
import type { ChatOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { SessionChoice } from './pick-session.ts'
import type { Settings } from './settings.ts'

export interface ChatSessionPorts {
  options: ChatOptions
  settings: Settings
  host: Host
  chat: Chat
  authenticator: Authenticator
  files: Files
  outbox: Outbox
}

/** What is known of the session besides the conversation. */
export interface SessionState {
  /** The last answer of the model, whole (raw). */
  answer?: string
  usage?: Extract<HostEvent, { type: 'usage' }>
  model?: string
  effort?: string
  mode: Extract<HostEvent, { type: 'mode' }>['mode']
  permissions: PermissionMode
  /** Only what has been said is stored, and can be resumed. */
  said: boolean
}

/** The session that a chat is about; another one can take its place. */
export interface ChatSession {
  readonly session: Session | undefined
  /** Undefined while there is none yet, or another one is being opened: what is said then waits for that one. */
  readonly conversation: Conversation | undefined
  /** Another session is about to take the place of this one. */
  readonly changing: boolean
  readonly state: SessionState
  /** Resolves when there is a conversation: when the session has begun, or is still this one after all. */
  readonly begun: Promise<void>
  /** `past`: of a stored session, as far as it is shown. */
  begin(session: Session, past?: readonly HostEvent[]): void
  /**
   * Leaves this session as it is stored and goes on with another one. Rejects when that one cannot be opened, or another one
   * is about to be: then nothing has changed, and what was said meanwhile is given back.
   */
  change(choice: SessionChoice, runtime: Runtime): Promise<void>
  /**
   * Goes on with this session where it was, in a runtime that has taken the place of one that died; in a new one if nothing of
   * it was stored. Rejects, and nothing has changed, when it cannot be opened.
   */
  resume(runtime: Runtime): Promise<void>
  /** Who decides about tools from now on. Gives the mode that is on. */
  setPermissions(mode: PermissionMode): Promise<PermissionMode>
  end(): Promise<void>
}
