import { noModelScreen } from '../config/model.ts'
import { HostError } from '../errors.ts'
import { type Host, isAttended } from '../host.ts'
import { reached } from '../trace.ts'
import { asksFirst } from './asks-first.ts'
import { keychainAhead } from './keychain-ahead.ts'
import type { ChatOptions } from './options.ts'
import type { SessionChoice } from './pick-session.ts'
import { keepRunning, type Running } from './running.ts'
import { readSettings, type Settings } from './settings.ts'
import { deniesAny } from './tool-rules.ts'

/**
 * `chat` and `resume`: on the screen or in plain lines where there is a person, as a one-shot where there is only a
 * prompt.
 */
export async function chat(given: ChatOptions & { session: SessionChoice }, host: Host): Promise<number> {
  const { prompt, unattended } = given
  judgeUnattended(given, host)
  judgeOneShot(given, host)
  const person = host.stdin.isTTY === true && prompt === undefined
  const plain = isPlain(given, host)
  if (person && !plain && !host.stdout.isTTY) {
    throw new HostError(
      'usage',
      'the chat needs a terminal; --plain writes lines, -p <prompt> asks once and prints the answer',
    )
  }
  const read = await readSettings(given, !unattended && (person || isAttended(host)), host)
  reached('settings read')
  const options = { ...given, account: await accountsOf(given, read, host) }
  // The child is started first and everything else is loaded beside it.
  const running = keepRunning(read.runtime)
  const judged = { everyCommand: deniesAny(given), asksFirst: asksFirst(given, person) }
  const settings: Settings = { ...read, session: { ...read.session, ...judged } }
  try {
    settings.keychain = keychainAhead(given, settings, host)
    await requireModel(settings, running)
    if (person && plain) {
      const { chatInLines } = await import('./plain-chat.ts')
      return await chatInLines(options, settings, running, host)
    }
    if (person) {
      const { chatOnScreen } = await import('./screen-chat.ts')
      return await chatOnScreen(options, settings, running, host)
    }
    const { oneShot } = await import('./one-shot.ts')
    return await oneShot(options, settings, running.runtime, host)
  } finally {
    await running.stop()
    await settings.keychain?.close()
    settings.log.close()
  }
}

async function accountsOf(given: ChatOptions, settings: Settings, host: Host): Promise<string[]> {
  if (given.account.length === 0) return []
  const { namedAccounts } = await import('./account-names.ts')
  return namedAccounts(given, settings, host)
}

/** What cannot be had without a person is an error, so that no job hangs in wait for one. */
function judgeUnattended(options: ChatOptions, { stdin }: Host): void {
  const { prompt, signIn, unattended } = options
  if (!unattended && options.for === undefined) return
  if (prompt === undefined && stdin.isTTY) {
    throw new HostError(
      'usage',
      '--unattended and --for are for one prompt: give it with -p or on standard input',
    )
  }
  if (unattended && (signIn === 'auto' || signIn === 'paste')) {
    throw new HostError('usage', `--sign-in ${signIn} asks a person, and --unattended asks nobody`)
  }
}

/** What only one prompt can have. */
function judgeOneShot(options: ChatOptions, { stdin }: Host): void {
  if (options.prompt !== undefined || !stdin.isTTY) return
  const { output, maxTurns, timeout } = options
  const named = Object.entries({ '--output': output, '--max-turns': maxTurns, '--timeout': timeout })
  const [option] = named.find(([, value]) => value !== undefined) ?? []
  if (option !== undefined)
    throw new HostError('usage', `${option} is for one prompt: give it with -p or on standard input`)
}

/** Lines in place of a screen: asked for, or all that the terminal can show. */
function isPlain({ plain = false }: ChatOptions, { env }: Host): boolean {
  return plain || env.TERM === 'dumb'
}

/** Without a provider and without a GitHub login no turn can ever run: say so before anything is drawn. */
async function requireModel({ model }: Settings, running: Running): Promise<void> {
  if (model.provider || model.gitHubToken) return
  const runtime = await running.runtime
  if ((await runtime.login()) === undefined) throw new HostError('no-model', noModelScreen())
}
