import { Command, CommanderError } from 'commander'
import { expect, test, vi } from 'vitest'
import { run } from '../../src/commands/program.ts'
import { createHost } from '../../src/host.ts'
import { temporaryFolder } from '../support/folder.ts'

vi.stubGlobal('VERSION', '0.0.0')

/** The tree of commands as the program makes it; nothing of it is run. */
async function commands(): Promise<{ program: Command; all: Map<string, Command> }> {
  const home = await temporaryFolder()
  const real = createHost(new AbortController().signal, new URL('../..', import.meta.url), () => () => {})
  const host = { ...real, home, folder: home, env: { HOME: home } }
  let program = new Command()
  const parsing = vi.spyOn(Command.prototype, 'parseAsync').mockImplementation(async function (
    this: Command,
  ) {
    program = this
    return this
  })
  await run([], host)
  parsing.mockRestore()
  const all = new Map<string, Command>()
  const visit = (command: Command, path: string) => {
    all.set(path, command)
    for (const each of command.commands) visit(each, `${path} ${each.name()}`.trim())
  }
  visit(program, '')
  return { program, all }
}

/** What `--help` prints. */
function helpOf(command: Command): string {
  let help = ''
  command.configureOutput({ writeOut: text => (help += text) })
  command.outputHelp()
  return help
}

/** The words behind `copilot-host` in a line for a shell, up to what belongs to the shell again. */
function wordsOf(line: string): string[] {
  const [, own = ''] = /\bcopilot-host\b((?:"[^"]*"|'[^']*'|[^|<>)"'])*)/.exec(line) ?? []
  return [...own.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
}

test('every command has two to four examples, and no line of its help is wider than 80 columns', async () => {
  const { all } = await commands()
  expect(all.size).toBeGreaterThan(40)
  for (const [path, command] of all) {
    const lines = helpOf(command).split('\n')
    expect([path, lines.filter(line => line.length > 80)]).toEqual([path, []])
    expect([path, lines.filter(line => line.includes('default: []'))]).toEqual([path, []])
    const examples = lines.filter(line => line.startsWith('  $ '))
    expect([path, examples.length >= 2 && examples.length <= 4]).toEqual([path, true])
    // Each says what it is for, and begins with the command that it explains, or goes on from it.
    expect(lines.filter(line => line.startsWith('  # '))).toHaveLength(examples.length)
    expect(examples.some(line => line.includes(`copilot-host ${path}`.trim()))).toBe(true)
  }
})

test('every example is one that the program takes', async () => {
  const { program, all } = await commands()
  const taken: string[] = []
  for (const command of all.values()) {
    if (command.commands.length === 0) command.action(() => void taken.push(nameOf(command)))
  }
  for (const [path, command] of all) {
    for (const line of helpOf(command)
      .split('\n')
      .filter(each => each.startsWith('  $ '))) {
      const words = wordsOf(line)
      const parsed = await program.parseAsync(words, { from: 'user' }).then(
        () => 'taken',
        (error: unknown) => (error instanceof CommanderError ? error.message : String(error)),
      )
      expect([path, line, parsed]).toEqual([path, line, 'taken'])
      expect(words.join(' ').startsWith(taken.at(-1) ?? '?') || isDefault(taken.at(-1), words)).toBe(true)
    }
  }
  // The judge itself: what the program does not take is seen.
  for (const words of [
    ['chat', '--no-such'],
    ['auth', 'login'],
    ['doctor', '--sign-in', 'never'],
  ]) {
    await expect(program.parseAsync(words, { from: 'user' })).rejects.toThrow(CommanderError)
  }
})

function nameOf(command: Command): string {
  return command.parent === null ? '' : `${nameOf(command.parent)} ${command.name()}`.trim()
}

/** `config` alone is `config list`. */
function isDefault(name = '', words: readonly string[]): boolean {
  return words.length === 1 && name.startsWith(`${words[0]} `)
}
