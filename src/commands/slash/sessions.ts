import { HostError } from '../../errors.ts'
import { clean } from '../../text.ts'
import { chooseSession } from '../choose-session.ts'
import { isBusy } from '../conversation-types.ts'
import { listSessions, type SessionChoice, shortId } from '../pick-session.ts'
import { type SlashCommand, type SlashPorts, say, sayAll, sessionOf, whenDone } from './command.ts'

/** How many sessions are listed, and offered. */
const LISTED = 10

/** `/sessions`, `/resume`, `/new`, `/clear` and `/rename`. */
export const SESSION_COMMANDS: readonly SlashCommand[] = [
  { name: 'sessions', what: 'the latest sessions', run: list },
  {
    name: 'resume',
    input: '[id | name]',
    what: 'go on with another session; choose without an id',
    async run(input, ports) {
      const id = input === '' ? await choose(ports) : input
      if (id !== undefined) await change({ kind: 'stored', id }, ports)
    },
    findWords: offered,
  },
  {
    name: 'new',
    aliases: ['clear'],
    what: 'begin a new session; what is printed stays',
    run: (_input, ports) => change({ kind: 'new' }, ports),
  },
  {
    name: 'rename',
    input: '<name>',
    what: 'name this session; /resume takes the name',
    async run(input, ports) {
      const name = clean(input)
      if (name === '') throw new HostError('usage', '/rename takes the name')
      await (await sessionOf(ports)).session.rename(name)
      say(ports, `this session is called "${name}" now`)
    },
  },
]

async function list(_input: string, ports: SlashPorts): Promise<void> {
  const all = await (await ports.running.runtime).sessions()
  if (all.length === 0) return say(ports, 'no session is stored yet')
  const shown = all.slice(0, LISTED)
  const lines = listSessions(shown, ports.host.clock.now(), all)
  const here = shown.findIndex(({ id }) => id === ports.current.session?.id)
  const more = all.length - shown.length
  sayAll(ports, [
    ...lines.map((line, at) => (at === here ? `${line}  (this one)` : line)),
    `${more > 0 ? `${more} more: copilot-host sessions; ` : ''}/resume <id> goes on with one`,
  ])
}

/** Names of sessions, the latest first, and behind them their ids. */
async function offered(ports: SlashPorts): Promise<string[]> {
  const all = (await (await ports.running.runtime).sessions()).filter(
    ({ id }) => id !== ports.current.session?.id,
  )
  return [...new Set([...all.flatMap(({ summary }) => summary ?? []), ...all.map(({ id }) => shortId(id))])]
}

async function choose(ports: SlashPorts): Promise<string | undefined> {
  const all = (await (await ports.running.runtime).sessions()).filter(
    ({ id }) => id !== ports.current.session?.id,
  )
  if (all.length === 0) throw new HostError('session-unknown', 'there is no other session yet')
  return chooseSession(all, { ...ports, copilotHome: ports.settings.folders.copilot })
}

async function change(choice: SessionChoice, ports: SlashPorts): Promise<void> {
  const { current, outbox, running } = ports
  if (current.changing)
    throw new HostError('usage', 'a session is being opened already: try again when it is there')
  const { session, conversation } = await sessionOf(ports)
  await conversation.settled()
  // One that is starting again resumes this session.
  whenDone(conversation, ports)
  const runtime = await running.runtime
  if (isBusy(conversation) || outbox.waiting.length > 0)
    throw new HostError('usage', 'a turn is running: Esc (Ctrl+C with --plain) stops it, then try again')
  const left = current.state.said
  await current.change(choice, runtime)
  const back = left ? `; /resume ${shortId(session.id)} goes back` : ''
  const next = current.session
  if (choice.kind === 'new') say(ports, `a new session${back}`)
  else if (next !== undefined) say(ports, `session ${shortId(next.id)}${back}`)
}
