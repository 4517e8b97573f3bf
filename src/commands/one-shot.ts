import { HostError, hostError } from '../errors.ts'
import { type Host, isAttended } from '../host.ts'
import type { Runtime } from '../runtime/types.ts'
import { BlockCleaner, clean, shellWord } from '../text.ts'
import { type ConversationEvent, converse } from './conversation.ts'
import { createEngine, linePrompt, loginCommand, openTokenStore } from './engine.ts'
import type { ChatOptions } from './options.ts'
import { openSession, type SessionChoice } from './pick-session.ts'
import { renewAheadOfRun } from './renew-ahead.ts'
import type { Settings } from './settings.ts'
import { readStdin } from './stdin.ts'
import { allowed } from './tool-rules.ts'

/** The longest prompt that is read from standard input, in bytes. */
const PROMPT_LIMIT = 1024 * 1024

/**
 * Asks once: the answer goes to stdout and nothing else does; what a person should know goes to stderr. Ends with 4 as
 * soon as a sign-in is needed that nobody can give.
 */
export async function oneShot(
  options: ChatOptions & { session: SessionChoice },
  settings: Settings,
  starting: Promise<Runtime>,
  host: Host,
): Promise<number> {
  const prompt = options.prompt ?? (await readStdin(host.stdin, PROMPT_LIMIT, host.signal))
  if (prompt.trim() === '')
    throw new HostError('usage', 'the prompt is empty; give one with -p or on standard input')

  const warn = (text: string) => void host.stderr.write(`${text}\n`)
  for (const problem of settings.servers.problems) warn(problem)
  const store = openTokenStore(options, settings, warn, host)
  const end = Promise.withResolvers<void>()
  // It may be rejected before anybody waits for it, when the runtime dies early.
  end.promise.catch(() => {})
  host.signal.addEventListener('abort', () => end.reject(new HostError('cancelled', 'stopped')))
  const prompts = linePrompt(options, settings, warn, host)
  const unattended = options.unattended || !isAttended(host)
  const foreseen =
    settings.session.signIn && (unattended || options.for !== undefined)
      ? renewAheadOfRun(options, { settings, store, host, tell: warn })
      : undefined
  const engine = createEngine(options, settings, store, prompts, 'prompt', host)
  const authenticator = foreseen?.after(engine) ?? engine
  const answer = createAnswer(text => void host.stdout.write(text))
  const missing = new Set<string>()
  const said = new Set<string>()
  const say = (line: string) => {
    if (!said.has(line)) warn(line)
    said.add(line)
  }
  /** Why a sign-in ended the run: the person has read it already. */
  let told: HostError | undefined

  try {
    const runtime = await starting
    void runtime.died.then(end.reject)
    const session = await openSession(options.session, settings, runtime, { host, warn })
    const conversation = converse({
      session,
      asks: settings.session.signIn,
      authenticator,
      log: line => settings.log.write(line),
      tell: line => warn(line.text),
      async permit(ask) {
        if (allowed(ask, options)) return { kind: 'once' }
        const name = ask.names.at(-1)
        const allow = name === undefined ? '--allow-all-tools' : `--allow-tool ${shellWord(clean(name))}`
        say(`${name === undefined ? 'a tool' : clean(name)} was not allowed: ${allow} allows it`)
        return {
          kind: 'no',
          reason: 'Nobody is there to allow it (--allow-tool or --allow-all-tools allows it).',
        }
      },
      refused(error, server) {
        if (error.kind === 'sign-in-needed' && !foreseen?.over.has(server)) {
          warn(`${error.message}. Run: ${loginCommand(server, options, settings)}`)
        }
        told ??= error
        end.reject(error)
      },
      show(event) {
        answer.take(event)
        // The runtime names a command that is none here.
        const foreign = event.type === 'notice' && event.text.includes('/mcp auth ')
        if (event.type === 'notice' && event.level === 'warning' && !foreign) warn(event.text)
        if (event.type === 'server' && event.status === 'failed' && !missing.has(event.name)) {
          missing.add(event.name)
          warn(`${event.name} is not connected: ${event.error ?? 'no reason given'}`)
        }
        if (event.type === 'server' && event.status === 'needs-auth' && !settings.session.signIn)
          say(`${event.name} needs a sign-in, which --sign-in never leaves out`)
        if (event.type === 'error') end.reject(new HostError('model', event.text))
        if (event.type === 'stopped') end.reject(event.error)
        if (event.type === 'idle') end.resolve()
      },
    })
    conversation.say(prompt)
    try {
      await end.promise
    } catch (thrown) {
      await conversation.interrupt()
      throw thrown
    } finally {
      await conversation.end()
      await session.close().catch(() => {})
    }
    answer.end()
    return 0
  } catch (thrown) {
    answer.end()
    if (told !== undefined) return told.exitCode
    throw hostError(thrown, 'the prompt could not be answered')
  } finally {
    await foreseen?.close()
    await store.close()
  }
}

/** Writes replies as they stream, cleaned over the joined text, and each one ended by a line feed. */
function createAnswer(write: (text: string) => void) {
  const streamed = new Map<string, { cleaner: BlockCleaner; raw: number }>()
  let open = false
  const put = (text: string) => {
    if (text === '') return
    write(text)
    open = !text.endsWith('\n')
  }
  return {
    take(event: ConversationEvent): void {
      if (event.type === 'reply-delta') {
        const reply = streamed.get(event.messageId) ?? { cleaner: new BlockCleaner(), raw: 0 }
        streamed.set(event.messageId, reply)
        reply.raw += event.text.length
        put(reply.cleaner.push(event.text))
      } else if (event.type === 'reply') {
        const reply = streamed.get(event.messageId) ?? { cleaner: new BlockCleaner(), raw: 0 }
        put(reply.cleaner.push(event.text.slice(reply.raw)))
        streamed.delete(event.messageId)
        this.end()
      }
    },
    end(): void {
      if (open) put('\n')
    },
  }
}
