import type { Accounts } from '../../auth/accounts.ts'
import { HostError } from '../../errors.ts'
import type { Host } from '../../host.ts'
import type { Session } from '../../runtime/types.ts'
import type { Chat } from '../../ui/types.ts'
import type { ChatSession } from '../chat-session-types.ts'
import type { Conversation } from '../conversation.ts'
import type { Outbox } from '../outbox.ts'
import type { Running } from '../running.ts'
import type { Settings } from '../settings.ts'

/** What a `/` command may use. */
export interface SlashPorts {
  host: Host
  settings: Settings
  chat: Pick<Chat, 'show' | 'ask' | 'copy' | 'own' | 'edit' | 'theme'>
  current: ChatSession
  outbox: Outbox
  /** The accounts of servers. */
  accounts: Accounts
  running: Running
  /** Takes a message of the person's; `now`: it is for the running turn. */
  submit(text: string, now?: boolean): void
  /** Asks for a sign-in again: of this server, or of all. */
  signIn(server: string | undefined): void
  quit(): void
}

/** A `/` command of this program. What it throws is told in one line. */
export interface SlashCommand {
  /** Without the slash. */
  name: string
  aliases?: readonly string[]
  /** What may stand behind it, for people: `[id [effort]]`. */
  input?: string
  /** What it does, in a few words. */
  what: string
  /** Plain lines cannot do it. */
  screen?: boolean
  run(input: string, ports: SlashPorts): void | Promise<void>
  /** What may stand behind it, for completion. */
  words?(ports: SlashPorts): readonly string[]
  /** ... where it has to be asked for: once somebody types there. */
  findWords?(ports: SlashPorts): Promise<readonly string[]>
}

/** One line of ours. */
export function say(
  { chat }: Pick<SlashPorts, 'chat'>,
  text: string,
  level: 'info' | 'warning' = 'info',
): void {
  chat.show({ type: 'line', level, text })
}

/** Several lines, for the scrollback; foreign text in them need not be clean. */
export function sayAll({ chat }: Pick<SlashPorts, 'chat'>, lines: readonly string[]): void {
  chat.show({ type: 'text', text: lines.join('\n') })
}

/** The session of the chat, once it is up. */
export async function sessionOf({
  current,
}: Pick<SlashPorts, 'current'>): Promise<{ session: Session; conversation: Conversation }> {
  await current.begun
  const { session, conversation } = current
  if (session === undefined || conversation === undefined)
    throw new HostError('failure', 'there is no session')
  return { session, conversation }
}

/** When something happens that waits for the end of a turn; empty: at once. Throws where the runtime has stopped: it never would. */
export function whenDone({ phase }: Conversation, { settings }: Pick<SlashPorts, 'settings'>): string {
  if (phase === 'over')
    throw new HostError(
      'failure',
      'the Copilot runtime has stopped: try again when it runs (Enter starts it)',
    )
  if (phase === 'idle') return ''
  if (phase !== 'starting') return 'when this turn is over'
  return Object.keys(settings.session.servers).length > 0 ? 'when the servers are there' : ''
}

/** One of several words. Throws HostError `usage`, which names them. */
export function oneOf<T extends string>(input: string, words: readonly T[], command: string): T {
  const word = words.find(each => each === input.toLowerCase())
  if (word !== undefined) return word
  throw new HostError('usage', `${command} takes one of ${words.join(', ')}`)
}

/** True for a line that may be a command: one word behind the slash, which no path of several names is. */
export function isCommand(text: string): boolean {
  return /^\/[a-z\d-]+(\s|$)/iu.test(text)
}
