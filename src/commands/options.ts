import { type Command, InvalidArgumentError, Option } from 'commander'

export const SIGN_IN_MODES = ['auto', 'browser', 'device', 'paste', 'stored', 'never'] as const
export type SignInMode = (typeof SIGN_IN_MODES)[number]

/** What `chat` and `resume` are given. */
export interface ChatOptions {
  prompt?: string
  model?: string
  mcp: string[]
  mcpConfig: string[]
  signIn?: SignInMode
  /** Milliseconds. */
  signInTimeout: number
  tokenStore: 'auto' | 'keychain' | 'memory' | 'file'
  allowAllTools?: boolean
  allowTool: string[]
  debugLog?: string
}

const several = (value: string, before: string[]) => [...before, value]

function seconds(value: string): number {
  const number = Number(value)
  if (!Number.isFinite(number) || number <= 0 || number > 86_400) {
    throw new InvalidArgumentError('It must be a number of seconds between 1 and 86400.')
  }
  return number * 1000
}

/** Servers, sign-in and logging: the options that every command with a session has. */
export function sessionOptions(command: Command): Command {
  return command
    .option('--mcp <name=url>', 'add an MCP server (repeatable)', several, [])
    .option(
      '--mcp-config <file or json>',
      'add MCP servers from a file or a JSON text (repeatable)',
      several,
      [],
    )
    .addOption(
      new Option(
        '--sign-in <mode>',
        'how to sign in to servers: asks in a terminal, `stored` without one',
      ).choices(SIGN_IN_MODES),
    )
    .option('--sign-in-timeout <seconds>', 'how long a sign-in may take', seconds, 600_000)
    .addOption(
      new Option('--token-store <kind>', 'where sign-ins are kept')
        .choices(['auto', 'keychain', 'memory', 'file'])
        .default('auto'),
    )
    .option('--debug-log <file>', 'write what happens to a file, without secrets')
}

/** ... and what belongs to talking with a model. */
export function chatOptions(command: Command): Command {
  return sessionOptions(
    command
      .option('-p, --prompt <text>', 'ask once, print the answer, end')
      .option('--model <id>', 'the model to use'),
  )
    .option('--allow-all-tools', 'run every tool without asking')
    .option(
      '--allow-tool <name>',
      'run this tool without asking: shell, write, server, server(tool) (repeatable)',
      several,
      [],
    )
}
