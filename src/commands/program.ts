import { Command, CommanderError } from 'commander'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean } from '../text.ts'
import type { AuthAccountOptions } from './auth-account.ts'
import type { AuthAnswerOptions } from './auth-answer.ts'
import type { AuthClientOptions } from './auth-client.ts'
import type { AuthLogOptions } from './auth-log.ts'
import type { AuthLogoutOptions } from './auth-logout.ts'
import type { AuthPlanOptions } from './auth-plan.ts'
import type { AuthStatusOptions } from './auth-status.ts'
import type { DoctorOptions } from './doctor/doctor.ts'
import { addExamples } from './examples.ts'
import { HELP, helpWidth } from './help.ts'
import {
  type ChatOptions,
  chatOptions,
  clientOptions,
  duration,
  serverListOptions,
  sessionOptions,
  whole,
} from './options.ts'
import { asksForJson, createOutput, errorLine } from './output.ts'
import { configProgram } from './program-config.ts'
import { sessionsProgram } from './program-sessions.ts'

/** The tree of commands. Each one is loaded when it is called, so that `--help` and the first prompt stay quick. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  let code = 0
  const json = asksForJson(argv)
  for (const line of host.ignored) createOutput({ json }, host).warn(line)
  const program = new Command('copilot-host')
    .description('A terminal chat that hosts the GitHub Copilot runtime and signs you in to MCP servers.')
    .version(host.version)
    .showHelpAfterError('(copilot-host --help shows what there is)')
    .exitOverride()
    .configureHelp(HELP)
    .configureOutput({
      getOutHelpWidth: () => helpWidth(host.stdout.columns),
      writeOut: text => host.stdout.write(text),
      writeErr: text => {
        if (!json) host.stderr.write(text)
      },
    })

  program.hook('preAction', async (_, command) => {
    const { prepare } = await import('./prepare.ts')
    await prepare(command, host)
  })

  chatOptions(program.command('chat'))
    .description('start a session')
    .option('--continue', 'continue the latest session of this folder')
    .action(async (options: ChatOptions & { continue?: boolean }) => {
      const { chat } = await import('./chat.ts')
      const session = options.continue
        ? ({ kind: 'stored', id: undefined } as const)
        : ({ kind: 'new' } as const)
      code = await chat({ ...options, session }, host)
    })

  chatOptions(program.command('resume'))
    .description('continue a session: by id, the beginning of one, or name; without one you choose')
    .argument('[id]')
    .action(async (id: string | undefined, options: ChatOptions) => {
      const { chat } = await import('./chat.ts')
      code = await chat({ ...options, session: { kind: 'stored', id, ask: id === undefined } }, host)
    })

  const done = (given: number) => {
    code = given
  }
  configProgram(program, host, done)
  sessionsProgram(program, host, done)

  const auth = program.command('auth').description('sign-ins to MCP servers')
  sessionOptions(auth.command('login'))
    .description('sign in to a server now, for later runs')
    .argument('<server>', 'a configured name, or an address')
    .option('--json', 'as JSON')
    .action(async (server: string, options: ChatOptions & { json?: boolean }) => {
      const { authLogin } = await import('./auth-login.ts')
      code = await authLogin(server, options, host)
    })

  serverListOptions(auth.command('logout'))
    .description('sign out: told to the sign-in server, and forgotten here')
    .argument('[servers...]', 'configured names, or addresses')
    .option('--all', 'of every server')
    .option('--account <name>', 'of this account only')
    .option('--json', 'as JSON')
    .action(async (servers: string[], options: AuthLogoutOptions) => {
      const { authLogout } = await import('./auth-logout.ts')
      code = await authLogout(servers, options, host)
    })

  serverListOptions(auth.command('reset'))
    .description('sign out, and forget the client too: the next sign-in begins from nothing')
    .argument('<servers...>', 'configured names, or addresses')
    .option('--json', 'as JSON')
    .action(async (servers: string[], options: AuthLogoutOptions) => {
      const { authLogout } = await import('./auth-logout.ts')
      code = await authLogout(servers, { ...options, reset: true }, host)
    })

  serverListOptions(auth.command('account'))
    .description('the accounts of a server, or use another one in this folder')
    .argument('[server]', 'a configured name, or an address')
    .argument('[account...]', 'its name, or who signed in')
    .option('--json', 'as JSON')
    .action(async (server: string | undefined, account: string[], options: AuthAccountOptions) => {
      const { authAccount } = await import('./auth-account.ts')
      code = await authAccount(server, account.join(' '), options, host)
    })

  serverListOptions(auth.command('list'))
    .description('the sign-ins that are kept')
    .option('--json', 'as JSON')
    .action(async (options: AuthStatusOptions) => {
      const { authList } = await import('./auth-status.ts')
      code = await authList(options, host)
    })

  serverListOptions(auth.command('status'))
    .description('what each sign-in is worth: account, rights, how long')
    .argument('[servers...]', 'configured names, or addresses')
    .option('--for <time>', 'exit 4 if one of them ends within this time: 8h, 30m, 2d', duration)
    .option('--renew', 'renew first what ends within that time (1h without --for)')
    .option('--offline', 'do not ask the servers whether they accept it')
    .option('--json', 'as JSON')
    .action(async (servers: string[], options: AuthStatusOptions) => {
      const { authStatus } = await import('./auth-status.ts')
      code = await authStatus(servers, options, host)
    })

  serverListOptions(auth.command('plan'))
    .description('rehearse a sign-in: nothing is opened, registered or stored')
    .argument('<server>', 'a configured name, or an address')
    .option('--json', 'as JSON')
    .action(async (server: string, options: AuthPlanOptions) => {
      const { authPlan } = await import('./auth-plan.ts')
      code = await authPlan(server, options, host)
    })

  auth
    .command('pending')
    .description('the sign-ins that wait for an answer, in any terminal or run of yours on this machine')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const { authPending } = await import('./auth-pending.ts')
      code = await authPending(options, host)
    })

  auth
    .command('answer')
    .description('finish a sign-in that waits elsewhere: by browser, code, pasted address, or with a token')
    .argument('[id]', 'as `auth pending` shows it; not needed when only one waits')
    .option('--with-token', 'read an access token from standard input: for this request only, never stored')
    .option('--json', 'how it ended as JSON')
    .action(async (id: string | undefined, options: AuthAnswerOptions) => {
      const { authAnswer } = await import('./auth-answer.ts')
      code = await authAnswer(id, options, host)
    })

  auth
    .command('log')
    .description('what became of each sign-in and renewal')
    .option('--limit <count>', 'at most so many, the last ones', whole, 50)
    .option('--json', 'as JSON')
    .action(async (options: AuthLogOptions) => {
      const { authLog } = await import('./auth-log.ts')
      code = await authLog(options, host)
    })

  const client = auth.command('client').description('the app that signs in to a server, if you have one')
  const clientCommand = (command: Command, action: 'set' | 'show' | 'remove', description: string) =>
    serverListOptions(command)
      .description(description)
      .argument('<server>', 'a configured name, or an address')
      .option('--issuer <url>', 'its sign-in server, if it cannot be asked or has several')
      .option('--json', 'as JSON')
      .action(async (server: string, options: AuthClientOptions) => {
        const { authClient } = await import('./auth-client.ts')
        code = await authClient(action, server, options, host)
      })
  clientCommand(clientOptions(client.command('set')), 'set', 'keep a client id and its secret')
  clientCommand(client.command('show'), 'show', 'show the client that is kept, without its secret')
  clientCommand(client.command('remove').alias('rm'), 'remove', 'forget the client that is kept')

  program
    .command('login')
    .description('sign in to GitHub, for the models of your Copilot plan')
    .option('--with-token', 'read a GitHub token from standard input')
    .action(async (options: { withToken?: boolean }) => {
      const { gitHubLogin } = await import('./login.ts')
      code = await gitHubLogin(options.withToken === true, host)
    })

  serverListOptions(program.command('doctor'))
    .description('what works here: runtime, keychain, browser, terminal, network, each server')
    .option('--race', 'let six programs renew one sign-in at once, on a practice world')
    .option('--bundle [file]', 'write a report without secrets, for an issue')
    .option('--json', 'as JSON')
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor/doctor.ts')
      code = await doctor(options, host)
    })

  program
    .command('demo')
    .description('try it all on a practice world on this machine: no account, no network')
    .option('--auto', 'play the story by itself')
    .action(async (options: { auto?: boolean }) => {
      const { demo } = await import('./demo.ts')
      code = await demo(options, host)
    })

  if (argv[0] === 'complete') {
    const { addCompletion } = await import('./complete.ts')
    await addCompletion(program, argv, host)
  } else
    program.command('complete').description('what Tab completes in bash, zsh and fish').argument('<shell>')
  addExamples(program)

  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (thrown) {
    if (json && !host.signal.aborted) return failInJson(thrown, host)
    // Commander has already said it in a line of its own.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    throw thrown
  }
  return code
}

/** Tells an error in one line of JSON and gives its exit code; help that was asked for is none. */
function failInJson(thrown: unknown, { stderr }: Host): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0
  const error =
    thrown instanceof CommanderError
      ? new HostError('usage', clean(thrown.message.replace(/^error: /, ''), 200))
      : thrown
  stderr.write(`${errorLine(error)}\n`)
  return error instanceof HostError ? error.exitCode : 1
}
