import { type Command, Option } from 'commander'
import type { Host } from '../host.ts'
import type { McpAddOptions } from './mcp-change.ts'
import type { McpStatusOptions } from './mcp-status.ts'
import { serverListOptions, whole } from './options.ts'
import { defaultCommand } from './program-default.ts'

const several = (value: string, before: string[]) => [...before, value]

/** `mcp`: the servers of the files that Copilot CLI reads too. `done` gets the exit code. */
export function mcpProgram(program: Command, host: Host, done: (code: number) => void): void {
  const mcp = program
    .command('mcp')
    .description('the MCP servers that are configured: yours, and those of this project')
  const load = () => import('./mcp-change.ts')
  const PROJECT = ['--project', 'the files of this project (.mcp.json) in place of your own'] as const

  defaultCommand(mcp, 'list')
    .description('each server, the file it stands in, and whether it counts')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) =>
      done(await (await import('./mcp.ts')).mcpList(options, host)),
    )
  mcp
    .command('add')
    .description('add a server: an address, or a command behind --')
    .argument('<name>')
    .argument('[address or command...]')
    .addOption(
      new Option('--transport <kind>', 'how to reach it; else what its address or command says').choices([
        'http',
        'sse',
        'stdio',
      ]),
    )
    .option(
      '--header <name: value>',
      'a header of every request (repeatable); $NAME is read from the environment',
      several,
      [],
    )
    .option('-e, --env <name=value>', 'a variable for its command (repeatable)', several, [])
    .option('--tools <list>', 'the tools to offer, separated by commas', '*')
    .option('--timeout <ms>', 'how long a call may take, in milliseconds', whole)
    .option('--replace', 'put it in the place of one of that name')
    .option(...PROJECT)
    .option('--json', 'as JSON')
    .action(async (name: string, words: string[], options: McpAddOptions) =>
      done(await (await load()).mcpAdd(name, words, options, host)),
    )
  mcp
    .command('remove')
    .alias('rm')
    .description('take a server out of the file')
    .argument('<name>')
    .option(...PROJECT)
    .option('--json', 'as JSON')
    .action(async (name: string, options: Pick<McpAddOptions, 'project' | 'json'>) =>
      done(await (await load()).mcpRemove(name, options, host)),
    )
  serverListOptions(mcp.command('status'))
    .description('ask each server: is it there, and does it let us in')
    .argument('[servers...]', 'configured names, or addresses')
    .option('--json', 'as JSON')
    .action(async (names: string[], options: McpStatusOptions) =>
      done(await (await import('./mcp-status.ts')).mcpStatus(names, options, host)),
    )
}
