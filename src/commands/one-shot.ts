import { HostError, hostError } from '../errors.ts'
import { type Host, isAttended, signalCode } from '../host.ts'
import type { Usage } from '../runtime/controls.ts'
import type { Runtime } from '../runtime/types.ts'
import { clean, shellWord } from '../text.ts'
import { converse } from './conversation.ts'
import { createEngine, linePrompt, loginCommand } from './engine.ts'
import type { ChatOptions } from './options.ts'
import { openSession, pickSession, type SessionChoice } from './pick-session.ts'
import { renewAheadOfRun } from './renew-ahead.ts'
import { createRunOutput } from './run-output.ts'
import type { Settings } from './settings.ts'
import { readBeside, readStdin } from './stdin.ts'
import { openStores } from './stores.ts'
import { allowingOption, denial, ruling } from './tool-rules.ts'

/** The longest prompt that is read from standard input, in bytes. */
const PROMPT_LIMIT = 1024 * 1024
/** How long a run that has failed waits for the runtime to stop the turn and close the session, in milliseconds. */
const PARTING = 2000

/**
 * Asks once: the answer (or JSON, `--output`) goes to stdout and nothing else does; what a person should know goes to
 * stderr. Ends with 4 as soon as a sign-in is needed that nobody can give.
 */
export async function oneShot(
  options: ChatOptions & { session: SessionChoice },
  settings: Settings,
  starting: Promise<Runtime>,
  host: Host,
): Promise<number> {
  const { session: choice } = options
  // Which session is the first question; what it shall be told is the second.
  if (choice.kind === 'stored' && options.prompt === undefined)
    pickSession(await (await starting).sessions(), choice.id, settings.session.folder, host.clock.now())
  const given = options.prompt ?? (await readStdin(host.stdin, PROMPT_LIMIT, host.signal))
  if (given.trim() === '')
    throw new HostError('usage', 'the prompt is empty; give one with -p or on standard input')
  const beside = options.prompt === undefined ? '' : await readBeside(host, PROMPT_LIMIT)
  const prompt = beside?.trim() ? `${given}\n\n${beside}` : given

  const out = createRunOutput(options.output ?? 'text', host)
  const { warn } = out
  if (beside === undefined)
    warn(
      'standard input is an open pipe that said nothing for 3 s: the prompt goes alone (< /dev/null spares the wait)',
    )
  for (const problem of settings.servers.problems) warn(problem)
  const store = openStores(options, settings, warn, host)
  const end = Promise.withResolvers<void>()
  // It may be rejected before anybody waits for it, when the runtime dies early.
  end.promise.catch(() => {})
  host.signal.addEventListener('abort', () => end.reject(new HostError('cancelled', 'stopped')))
  const over = new AbortController()
  if (options.timeout !== undefined)
    void host.clock.sleep(options.timeout, over.signal).then(
      () => end.reject(new HostError('limit', 'the time is over (--timeout)')),
      () => {},
    )
  const prompts = linePrompt(options, settings, out.say, host)
  const unattended = options.unattended || !isAttended(host)
  const foreseen =
    settings.session.signIn && (unattended || options.for !== undefined)
      ? renewAheadOfRun(options, { settings, store, host, tell: warn })
      : undefined
  const engine = createEngine(options, settings, store, prompts, 'prompt', host)
  const authenticator = foreseen?.after(engine) ?? engine
  let turns = 0
  /** Why a sign-in ended the run: the person has read it already. */
  let told: HostError | undefined
  const inTime = <T>(work: Promise<T>) => Promise.race([work, end.promise.then(() => work)])

  try {
    const runtime = await inTime(starting)
    void runtime.died.then(end.reject)
    const session = await inTime(openSession(options.session, settings, runtime, { host, warn }))
    out.session({ session: session.id, model: settings.session.model })
    const conversation = converse({
      session,
      asks: settings.session.signIn,
      authenticator,
      log: line => settings.log.write(line),
      tell: line => out.say(line.text),
      async permit(ask) {
        const ruled = ruling(ask, options, host.folder)
        const tool = clean(ask.names.at(-1) ?? ask.title)
        if (ruled?.kind === 'allowed') {
          out.permission({ tool, decision: 'allowed' })
          return { kind: 'once' }
        }
        if (ruled?.kind === 'denied') {
          out.permission({ tool, decision: 'denied', rule: ruled.rule })
          const { line, reason } = denial(ask, ruled.rule)
          warn(line)
          return { kind: 'no', reason }
        }
        const [option, value] = allowingOption(ask)
        const allow = value === undefined ? option : `${option} ${shellWord(clean(value))}`
        out.permission({ tool, decision: 'nobody-there' })
        warn(`${tool} was not allowed: ${allow} allows it`)
        return { kind: 'no', reason: `Nobody is there to allow it (${option} allows it).` }
      },
      refused(error, server, reason) {
        const run = loginCommand(server, options, settings)
        out.fail(error, {
          about: { server, reason, run },
          told: error.kind !== 'sign-in-needed' || foreseen?.over.has(server) === true,
        })
        told ??= error
        end.reject(error)
      },
      unsent: end.reject,
      show(event) {
        if (event.type === 'turn-start') {
          const { maxTurns = Number.POSITIVE_INFINITY } = options
          if (turns >= maxTurns) {
            const count = maxTurns === 1 ? '1 turn' : `${maxTurns} turns`
            return end.reject(new HostError('limit', `stopped after ${count} (--max-turns)`))
          }
          turns += 1
        }
        out.take(event)
        if (event.type === 'server' && event.status === 'needs-auth' && !settings.session.signIn)
          warn(`${event.name} needs a sign-in, which --sign-in never leaves out`)
        if (event.type === 'error') end.reject(new HostError('model', event.text))
        if (event.type === 'stopped') end.reject(event.error)
        if (event.type === 'idle' && event.aborted)
          end.reject(new HostError('failure', 'the Copilot runtime has stopped the turn'))
        if (event.type === 'idle') end.resolve()
      },
    })
    conversation.say(prompt)
    let usage: Usage | undefined
    let patience: Promise<void> | undefined
    try {
      await end.promise
      if (options.output !== undefined) usage = await session.controls.usage().catch(() => undefined)
    } catch (thrown) {
      // What has made the run fail may be that nothing is answered any more.
      patience = host.clock.sleep(PARTING, over.signal).catch(() => {})
      await Promise.race([conversation.interrupt(), patience])
      throw thrown
    } finally {
      const ended = conversation.end().then(() => session.close().catch(() => {}))
      await Promise.race([ended, patience ?? ended])
    }
    out.end(0, usage)
    return 0
  } catch (thrown) {
    if (host.signal.aborted) {
      out.end(signalCode(host.signal.reason))
      throw thrown
    }
    const error = told ?? hostError(thrown, 'the prompt could not be answered')
    if (told === undefined) out.fail(error)
    out.end(error.exitCode)
    return error.exitCode
  } finally {
    over.abort()
    await foreseen?.close()
    await store.close()
  }
}
