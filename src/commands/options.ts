import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ClientAuthMethod } from '../auth/types.ts'
import { ruleFault } from '../config/rule.ts'
import { SIGN_IN_MODES, TOKEN_STORES } from '../config/setting.ts'
import { callbackUrlFault, clientMetadataUrlFault } from '../config/sign-in-options.ts'
import { urlRuleFault } from '../config/url-rule.ts'
import { OUTPUTS, type OutputKind } from './run-events.ts'
import type { ToolRules } from './tool-rules.ts'

export type SignInMode = (typeof SIGN_IN_MODES)[number]

const CLIENT_AUTH_METHODS: readonly ClientAuthMethod[] = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
]

/** What `chat` and `resume` are given. */
export interface ChatOptions extends ToolRules {
  prompt?: string
  output?: OutputKind
  maxTurns?: number
  /** Milliseconds. */
  timeout?: number
  model?: string
  mcp: string[]
  mcpConfig: string[]
  signIn?: SignInMode
  /** Milliseconds. */
  signInTimeout: number
  /** `<name>` or `<server>=<name>`. */
  account: string[]
  clientMetadataUrl?: string
  callbackUrl?: string
  acceptIssuerChange?: boolean
  tokenStore: 'auto' | 'keychain' | 'memory' | 'file'
  /** The command line names the store: then it is for every server. */
  storeForAll?: boolean
  /** Nobody is asked anything, although there may be a terminal. */
  unattended?: boolean
  /** How long the sign-ins have to last for a run without a person, in milliseconds. */
  for?: number
  debugLog?: string
  /** What the project brings counts in this run as if the person had agreed to it. */
  trustProject?: boolean
  /** The chat as lines. */
  plain?: boolean
}

/** How long a run without a person is taken to last where `--for` says nothing, in milliseconds. */
export const USUAL_RUN = 3_600_000

const several = (value: string, before: string[]) => [...before, value]

function seconds(value: string): number {
  const number = Number(value)
  if (!(number >= 1 && number <= 86_400)) {
    throw new InvalidArgumentError('It must be a number of seconds between 1 and 86400.')
  }
  return number * 1000
}

/** A time such as `90s`, `30m`, `8h` or `2d`, in milliseconds. */
export function duration(value: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([smhd])$/.exec(value) ?? []
  if (count === undefined) throw new InvalidArgumentError('It must be a time such as 90s, 30m, 8h or 2d.')
  return Number(count) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 86_400_000)
}

function addresses(value: string, before: string[]): string[] {
  const fault = urlRuleFault(value)
  if (fault !== undefined) throw new InvalidArgumentError(`The address ${fault}.`)
  return several(value, before)
}

function rules(value: string, before: string[]): string[] {
  const fault = ruleFault(value)
  if (fault !== undefined) throw new InvalidArgumentError(`As a rule ${fault}.`)
  return several(value, before)
}

/** A whole number from 1 on. */
export function whole(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('It must be a whole number, at least 1.')
  return Number(value)
}

/** An address in which this judge finds no fault. */
function address(fault: (text: string) => string | undefined): (text: string) => string {
  return text => {
    const found = fault(text)
    if (found !== undefined) throw new InvalidArgumentError(`The address ${found}.`)
    return text
  }
}

/** Which servers there are, and where sign-ins to them are kept. */
export function serverListOptions(command: Command): Command {
  return command
    .option('--mcp <name=url>', 'add an MCP server (repeatable)', several, [])
    .option(
      '--mcp-config <file or json>',
      'add MCP servers from a file or a JSON text (repeatable)',
      several,
      [],
    )
    .addOption(
      new Option('--token-store <kind>', 'where sign-ins are kept').choices(TOKEN_STORES).default('auto'),
    )
    .option('--trust-project', 'use what the files of this project bring, without a question, in this run')
}

/** ... sign-in and logging: the options that every command with a session has. */
export function sessionOptions(command: Command): Command {
  return serverListOptions(command)
    .addOption(
      new Option(
        '--sign-in <mode>',
        'how to sign in to servers: asks in a terminal, `stored` without one; `wait`: from another terminal',
      ).choices(SIGN_IN_MODES),
    )
    .option(
      '--account <name>',
      'the account to use, for one server: <server>=<name> (repeatable)',
      several,
      [],
    )
    .addOption(
      new Option('--sign-in-timeout <seconds>', 'how long a sign-in may take')
        .argParser(seconds)
        .default(600_000, '600'),
    )
    .option(
      '--client-metadata-url <url>',
      'the client-id metadata document to use where a sign-in server takes one',
      address(clientMetadataUrlFault),
    )
    .option(
      '--callback-url <url>',
      'the address under which the browser reaches this program (container, tunnel)',
      address(callbackUrlFault),
    )
    .option('--accept-issuer-change', 'go on when a server has moved to another sign-in server')
    .option('--debug-log <file>', 'write what happens to a file, without secrets')
}

/** ... and what belongs to talking with a model. */
export function chatOptions(command: Command): Command {
  return sessionOptions(
    command
      .option('-p, --prompt <text>', 'ask once, print the answer, end')
      .option('--model <id>', 'the model to use'),
  )
    .option('--unattended', 'ask nobody anything, also in a terminal')
    .option(
      '--for <time>',
      'how long a run without a person may last: sign-ins that would end are renewed first, or told (1h)',
      duration,
    )
    .option('--plain', 'the chat as lines that never change: for screen readers, simple terminals, logs')
    .addOption(
      new Option(
        '--output <kind>',
        'of one prompt: text (the answer), json (the result), stream-json',
      ).choices(OUTPUTS),
    )
    .option('--max-turns <count>', 'of one prompt: stop after so many calls of the model', whole)
    .option('--timeout <time>', 'of one prompt: stop after this time: 90s, 10m', duration)
    .option('--allow-all', 'run everything without asking: the next three')
    .option('--allow-all-tools', 'run every tool without asking')
    .option('--allow-all-paths', 'reach every file without asking')
    .option('--allow-all-urls', 'open every address without asking')
    .option(
      '--allow-tool <rule>',
      'run this without asking: shell, shell(git:*), write, write(src), server, server(tool) (repeatable)',
      rules,
      [],
    )
    .option('--deny-tool <rule>', 'never run this, whatever else is allowed (repeatable)', rules, [])
    .option(
      '--add-dir <folder>',
      'treat the files of this folder like those of the session (repeatable)',
      several,
      [],
    )
    .option(
      '--allow-url <address>',
      'open it without asking: example.com, *.example.com (repeatable)',
      addresses,
      [],
    )
    .option('--deny-url <address>', 'never open it (repeatable)', addresses, [])
}

/** A client of the person's own. Its secret is no option: others see what is typed on a command line. */
export function clientOptions(command: Command): Command {
  return command
    .option('--client-id <id>', 'the client id; else the oauthClientId of the server')
    .option('--public', 'the client has no secret')
    .option('--private-key', 'the client has a private key (PEM) in place of a secret')
    .addOption(
      new Option('--auth-method <method>', 'how it shows its secret: as the sign-in server offers').choices(
        CLIENT_AUTH_METHODS,
      ),
    )
}
