import type { Authenticator } from '../auth/authenticator.ts'
import type { HostError } from '../errors.ts'
import type { Attachment, HostEvent, Session } from '../runtime/types.ts'
import type { Message, Outbox } from './outbox.ts'
import type { QuestionPorts } from './questions.ts'
import type { SignInPorts } from './sign-ins.ts'

export interface ConversationPorts extends QuestionPorts {
  session: Session
  authenticator: Authenticator
  /** False where sign-in requests are not listened to. */
  asks: boolean
  /** Everything that has a face goes here. */
  show: (event: ConversationEvent) => void
  tell: (line: { level: 'info' | 'warning'; text: string }) => void
  log: (line: string) => void
  /** What the person has said before there was a session goes first. */
  outbox?: Outbox
  /** The files that a message names. */
  attach?: (message: string) => Promise<readonly Attachment[]> | undefined
  refused: SignInPorts['refused']
  /** A message did not get to the runtime, and is given back. Without it that is a line. */
  unsent?: (error: HostError) => void
}

type Faceless = 'permission' | 'permission-done' | 'ask' | 'ask-done' | 'auth' | 'auth-done'
export type ConversationEvent =
  | Exclude<HostEvent, { type: Faceless }>
  | { type: 'sent'; text: string }
  | { type: 'waiting'; servers: readonly string[] }
  | { type: 'queued'; messages: readonly string[]; steering?: readonly string[] }
  | { type: 'draft'; text: string }
  /** Servers that nobody has signed in to, although they asked for it; `later`: those of which the person said that they will. */
  | { type: 'unsigned'; servers: readonly string[]; later: readonly string[] }

/** `at-work`: something between two turns. `over`: the runtime has stopped, or the session was left. */
export type Phase = 'starting' | 'idle' | 'busy' | 'at-work' | 'over'

/** Whether a turn runs, or something between two. */
export function isBusy({ phase }: Pick<Conversation, 'phase'>): boolean {
  return phase === 'busy' || phase === 'at-work'
}

export interface Conversation {
  /** Sends a message, or keeps it until the running turn is over. Never rejects: failures are shown. */
  say(message: string | Message): void
  /** Sends a message into the running turn, for its next step; as {@link say} where none runs. */
  steer(text: string): Promise<void>
  /**
   * Does something as soon as no turn runs, before the next message goes. Work that can be stopped looks like a turn, and an
   * interrupt calls `stop`.
   */
  between(work: () => Promise<void>, stop?: () => Promise<void>): void
  /** Resolves when no work is at hand that nobody can see or stop: a moment. A turn is not waited for. */
  settled(): Promise<void>
  /** Stops the running turn; messages that waited behind it, or were to steer it, are given back. */
  interrupt(): Promise<void>
  readonly phase: Phase
  /** Lets every server connect anew, as soon as no turn runs. */
  reload(): void
  /** Last word of each MCP server. */
  servers(): ReadonlyMap<string, { status: string; error?: string }>
  /** Ends open questions, so that the session can be closed. */
  end(): Promise<void>
}
