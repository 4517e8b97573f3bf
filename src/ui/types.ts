import type { Prompt } from '../auth/types.ts'
import type { Ask, AskAnswer, HostEvent, PermissionAsk, PermissionDecision } from '../runtime/types.ts'
import type { Clean } from '../text.ts'
import type { Theme } from './theme.ts'

/** What the screen is told: the events of the session that have a face, and lines of the host's own. */
export type ChatEvent =
  | Exclude<HostEvent, { type: 'permission' | 'permission-done' | 'ask' | 'ask-done' | 'auth' | 'auth-done' }>
  /** The person's message has been taken; it is printed at once, before the runtime says anything. */
  | { type: 'sent'; text: string }
  /** The first prompt waits for these servers. An empty list ends the waiting. */
  | { type: 'waiting'; servers: readonly string[] }
  /** Messages that will be sent when the running turn is over, and those that it has been given and not taken up yet. */
  | { type: 'queued'; messages: readonly string[]; steering?: readonly string[] }
  /** Text given back to the composer, in front of what is there. */
  | { type: 'draft'; text: string }
  /** Servers that nobody has signed in to, although they asked for it; `later`: those of which the person said that they will. */
  | { type: 'unsigned'; servers: readonly string[]; later: readonly string[] }
  /** A command of the person's own runs; its output comes as `tool-output` of the same id. */
  | { type: 'shell-start'; id: string; command: string }
  /** No code: it was stopped. `text` is raw; `left` lines in front of it are left out. */
  | { type: 'shell-end'; id: string; code?: number; text: string; left: number }
  /** The runtime is started again, after `stopped`. */
  | { type: 'restarting' }
  /** One line of the host: `✓`, `○`, `✗` and `!` are drawn by level. */
  | { type: 'line'; level: 'done' | 'info' | 'warning' | 'error'; text: string }
  /** Calls of this server are made as this account from now on; undefined where it has only one. */
  | { type: 'account'; server: string; account?: Clean }
  /** Several lines for the scrollback, not clean yet. */
  | { type: 'text'; text: string; diff?: boolean }
  /** Of the folder, where it is in a Git repository. */
  | { type: 'branch'; branch?: string }
  /** What GitHub has counted for this session. */
  | { type: 'cost'; premiumRequests: number }
  /** The session is up, or another one has taken its place: what was known of servers and context is over. */
  | { type: 'session'; id: string; model?: string }

/** What every chat is given, whatever it looks like. */
export interface ChatPorts {
  version: string
  model?: string
  /** The folder as it is shown: with `~`. */
  folder: string
  /** Names of the servers, in the order in which they are told. */
  servers?: readonly string[]
  /** A message or a `/` command of the person, not empty, byte for byte. `now`: it is for the running turn. */
  onSubmit(text: string, now?: boolean): void
  /** The person wants the runtime started again, which has stopped. */
  onRestart?(): void
  /** With nothing typed: the last message that waits is to be edited, or the first one goes into the running turn. */
  onQueue?(what: 'take-back' | 'now'): void
  /** Esc, or the first Ctrl+C, with nothing else open and something to stop. */
  onInterrupt(): void
  /** The files that a name behind `@` may mean, as paths from the folder of the session. Never rejects. */
  listFiles?(): Promise<readonly string[]>
  /** What can be written behind `/`; the words behind a command only for that one. Never rejects. */
  listCommands?(behind?: string): Promise<readonly CommandEntry[]>
}

/** A `/` command of the chat itself, for `/help`. */
export interface OwnCommand {
  name: string
  what: string
}

/** A `/` command, for completion. */
export interface CommandEntry {
  /** Without the slash. */
  name: string
  what: string
  /** Words that may stand behind it. */
  words: readonly string[]
}

export interface ChatScreenOptions extends ChatPorts {
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  /** Prompts of the past, newest last, for the arrow keys. */
  prompts: readonly string[]
  /** Environment variables that decide about colour (NO_COLOR, TERM, ...). */
  env: Readonly<Record<string, string | undefined>>
  /** The colours to begin with. */
  theme?: Theme
  /** What `sign-in` waits for at most, and other time questions, are asked of this clock. */
  now: () => number
  /** The clock of the person's keys, where `now` is the time of a session that is drawn again. */
  realTime?: () => number
  /** Whatever else, beside the terminal's own sequence, brings a text to the clipboard. */
  copyAside?(text: string): void
  /**
   * Ctrl+Z: stops this process (SIGTSTP), `whole` with its group, as its terminal would, and resolves when it goes on. Without it
   * the key does nothing.
   */
  suspend?(whole: boolean): Promise<void>
  /** Tells when this program would be stopped from outside, and when it goes on; returns how to end that. */
  watchStops?(stopped: () => void, goesOn: () => void): () => void
  /** Ctrl+G: lets the person edit the text in a program of theirs, which has the terminal meanwhile. Never rejects. */
  editText?(text: string): Promise<Edited>
}

/** What came of an editor: the text, or one line that says why there is none. */
export type Edited = { text: string } | { problem: string }

/** The chat as a person has it: on the screen (Ink, inline), or as plain lines. */
export interface Chat extends Prompt {
  show(event: ChatEvent): void
  /** Finished blocks of the past (resume), printed in one go before anything else happens. */
  showHistory(events: readonly HostEvent[]): Promise<void>
  /** Asks for a permission; one question or panel is open at a time. Rejects with the signal's reason. */
  askPermission(ask: PermissionAsk, signal: AbortSignal): Promise<PermissionDecision>
  /** Puts a question of the model or of a server to the person. Rejects with the signal's reason. */
  ask(ask: Ask, signal: AbortSignal): Promise<AskAnswer>
  /** Puts a clean text on the person's clipboard; false where that cannot be done. */
  copy(text: string): boolean
  /** The commands that plain lines have in place of keys; undefined on a screen. */
  readonly own?: readonly OwnCommand[]
  /** Opens the person's editor, with this text or what is written; false where there is none. */
  edit(text: string): boolean
  /** Draws in these colours from now on; without a theme nothing changes. Gives the one that is on; undefined without colours. */
  theme(theme?: Theme): Theme | undefined
  /** Resolves when the person leaves (Ctrl+C twice, or Ctrl+D on an empty line), with the text that was not sent. */
  readonly left: Promise<{ by: 'interrupt' | 'end'; draft: string }>
  /**
   * Prints what is still to be printed, takes the live region away and gives the terminal back. Resolves with what is written and was
   * not sent.
   */
  close(): Promise<string>
}
