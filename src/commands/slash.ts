import { access } from 'node:fs/promises'
import { hostError } from '../errors.ts'
import { clean } from '../text.ts'
import type { CommandEntry } from '../ui/types.ts'
import { type SlashCommand, type SlashPorts, say, sayAll } from './slash/command.ts'
import { FILE_COMMANDS } from './slash/files.ts'
import { MODEL_COMMANDS } from './slash/model.ts'
import { nearest } from './slash/nearest.ts'
import { NUMBER_COMMANDS } from './slash/numbers.ts'
import { QUEUE_COMMANDS } from './slash/queue.ts'
import { runRuntimeCommand, runtimeCommands } from './slash/runtime.ts'
import { SCREEN_COMMANDS } from './slash/screen.ts'
import { SERVER_COMMANDS } from './slash/servers.ts'
import { SESSION_COMMANDS } from './slash/sessions.ts'
import { TRANSCRIPT_COMMANDS } from './slash/transcript.ts'

/** The `/` commands of this program, in the order in which `/help` has them. */
export const COMMANDS: readonly SlashCommand[] = [
  ...SERVER_COMMANDS,
  ...MODEL_COMMANDS,
  ...SESSION_COMMANDS,
  ...QUEUE_COMMANDS,
  ...NUMBER_COMMANDS,
  ...TRANSCRIPT_COMMANDS,
  ...FILE_COMMANDS,
  ...SCREEN_COMMANDS,
  { name: 'help', what: 'these commands', run: (_input, ports) => help(ports) },
  {
    name: 'quit',
    aliases: ['exit'],
    what: 'leave (Ctrl+C twice or Ctrl+D do it too)',
    run: (_input, ports) => ports.quit(),
  },
]

export interface Slash {
  /**
   * Does what a line that begins with `/` asks for. One that begins with the name of something in the root folder is a message
   * (`now` as of that). Never rejects: what goes wrong is told.
   */
  run(line: string, now?: boolean): Promise<void>
  /** What can stand there, for completion, and what behind this one of them. Never rejects. */
  entries(behind?: string): Promise<CommandEntry[]>
}

export function createSlash(ports: SlashPorts): Slash {
  /** False if there is no such command. */
  async function perform(name: string, input: string): Promise<boolean> {
    const command = COMMANDS.find(each => each.name === name || each.aliases?.includes(name))
    if (command) await command.run(input, ports)
    else if ((await runtimeCommands(ports)).some(each => each.name === name))
      await runRuntimeCommand(name, input, ports)
    else return false
    return true
  }

  async function tellNone(name: string): Promise<void> {
    const names = [
      ...offeredBy(ports).flatMap(each => [each.name, ...(each.aliases ?? [])]),
      ...[...(ports.chat.own ?? []), ...(await runtimeCommands(ports))].map(each => each.name),
    ]
    const meant = nearest(name, names)
    const hint = meant === undefined ? '/help lists them' : `did you mean /${meant}?`
    say(ports, `there is no command /${clean(name, 40)} (${hint})`, 'warning')
  }

  async function findWords(name: string | undefined): Promise<readonly string[]> {
    return (await COMMANDS.find(each => each.name === name)?.findWords?.(ports)) ?? []
  }

  return {
    async run(line, now) {
      const [, word = '', input = ''] = /^\/([a-z\d-]+)\s*([\s\S]*)$/iu.exec(line.trim()) ?? []
      const name = word.toLowerCase()
      try {
        if (await perform(name, input.trim())) return
        if (await isThere(`/${word}`)) ports.submit(line, now)
        else await tellNone(name)
      } catch (thrown) {
        const { message } = hostError(thrown, `/${name} failed`)
        const [first = '', ...more] = message.split('\n')
        say(ports, first, 'warning')
        if (more.length > 0) sayAll(ports, more)
      }
    },
    async entries(behind) {
      const found = await findWords(behind).catch(() => [])
      const ours = COMMANDS.flatMap(({ name, aliases = [], what, words }) =>
        [name, ...aliases.filter(alias => !alias.startsWith(name))].map(each => ({
          ...{ name: each, what },
          words: words?.(ports) ?? (each === behind ? found : []),
        })),
      )
      const others = (await runtimeCommands(ports)).map(({ name, description }) => ({
        ...{ name, words: [] },
        what: description,
      }))
      return [...ours, ...others].sort((one, other) => (one.name < other.name ? -1 : 1))
    },
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The commands that this chat can do. */
function offeredBy({ chat }: SlashPorts): readonly SlashCommand[] {
  return chat.own === undefined ? COMMANDS : COMMANDS.filter(({ screen }) => screen !== true)
}

/** Columns for what is typed. */
const LEFT = 28

async function help(ports: SlashPorts): Promise<void> {
  const row = (usage: string, what: string) =>
    usage.length < LEFT - 1 ? `${usage.padEnd(LEFT)}${what}` : `${usage}\n${' '.repeat(LEFT)}${what}`
  const own = (ports.chat.own ?? []).map(each => row(`/${each.name}`, each.what))
  const ours = [...offeredBy(ports).map(command => row(usageOf(command), command.what)), ...own]
  const others = (await runtimeCommands(ports)).map(each => row(`/${each.name}`, clean(each.description, 50)))
  sayAll(ports, others.length === 0 ? ours : [...ours, '', 'Of the Copilot runtime:', ...others])
}

/** A command as it is typed: `/new, /clear`, `/rename <name>`. */
export function usageOf({ name, aliases = [], input }: SlashCommand): string {
  return [[name, ...aliases].map(each => `/${each}`).join(', '), input].filter(Boolean).join(' ')
}
