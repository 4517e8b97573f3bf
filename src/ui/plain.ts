import type { Prompt, RouteName } from '../auth/types.ts'
import type { Read } from './plain/ask.ts'
import { type OpenSignIn, openDialog } from './plain/sign-in-dialog.ts'
import { createTurns, type Turns } from './plain/turns.ts'

export interface PlainPromptOptions {
  /** One line for the person, without its newline. */
  write: (line: string) => void
  /**
   * The line that answers, where a person is there. Writes `prompt` when lines begin to count. Rejects when there will be
   * none.
   */
  read?: Read
  /** Milliseconds since the epoch. */
  now: () => number
  /** The command that signs in to a server later on. */
  again: (server: string) => string
  /** Takes a line that was no answer, and is a message perhaps. */
  keep?: (text: string) => void
  /** The route that the person named on the command line: it is taken without a further question. */
  route?: RouteName
  /** The row of questions, where there are others than sign-ins. */
  turns?: Turns
}

/** The sign-in by plain lines, for chats, one-shots and commands: appended, nothing else. One question at a time. */
export function createPlainPrompt(io: PlainPromptOptions): Prompt {
  const turns = io.turns ?? createTurns()
  const open = new Set<OpenSignIn>()
  return {
    signIn: view => openDialog(io, view, { turns, turn: turns.enter(), open }),
    tell: line => io.write(line.text),
  }
}
