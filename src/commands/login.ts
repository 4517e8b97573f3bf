import { setImmediate as turn } from 'node:timers/promises'
import { runtimeEnvironment } from '../config/environment.ts'
import { type Host, signalCode } from '../host.ts'
import { startRuntime } from '../runtime/runtime.ts'
import { runInTerminal } from '../spawn.ts'
import { readToken } from './stdin.ts'

/** Longest token that is read, in bytes, with the line end behind it. */
const LONGEST = 4096

const INSTALL = `Copilot CLI is not installed. Either sign in with it:

  npm install -g @github/copilot && copilot login

or hand a GitHub token over:

  copilot-host login --with-token < token.txt
`

/**
 * `copilot-host login`: the GitHub login that the runtime uses, which is also Copilot CLI's. A token from standard input
 * is stored through the runtime; without one Copilot CLI's own `copilot login` does it. Gives the exit code.
 */
export async function gitHubLogin(withToken: boolean, host: Host): Promise<number> {
  if (withToken) {
    const command = 'copilot-host login --with-token'
    const token = await readToken(command, { longest: LONGEST, isToken: isVisible }, host)
    return storeToken(token, host)
  }
  let interrupted = false
  // Who has the terminal decides what Ctrl+C does; without a parent it would share the terminal with the shell.
  const release = host.interrupts(() => {
    interrupted = true
  })
  const login = { program: 'copilot', args: ['login'], env: runtimeEnvironment(host.env) }
  const code = await runInTerminal(login, host.signal).finally(async () => {
    // A Ctrl+C from before its end may be heard of after it.
    await turn()
    release()
  })
  if (code !== undefined) return interrupted && code !== 0 ? signalCode('SIGINT') : code
  host.stderr.write(INSTALL)
  return 1
}

function isVisible(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

async function storeToken(token: string, host: Host): Promise<number> {
  const runtime = await startRuntime({
    path: host.env.COPILOT_CLI_PATH,
    execPath: host.execPath,
    env: runtimeEnvironment(host.env),
    folder: host.folder,
    login: true,
    atExit: host.atExit,
  })
  try {
    const { login, storedInVault } = await runtime.storeLogin(token)
    if (storedInVault) {
      host.stdout.write(`Signed in to GitHub as ${login}. The token is in the system keychain.\n`)
      return 0
    }
    host.stderr.write(
      `GitHub accepts the token of ${login}, but it was not stored: the runtime found no system keychain. ` +
        'Set COPILOT_GITHUB_TOKEN instead, or unlock the keychain and try again.\n',
    )
    return 1
  } finally {
    await runtime.stop()
  }
}
