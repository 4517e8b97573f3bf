import { type HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { HostEvent, PermissionAsk, Runtime, Session } from '../runtime/types.ts'
import { cleanBlock } from '../text.ts'
import { openChat } from '../ui/screen.ts'
import type { ChatScreen } from '../ui/types.ts'
import { askPerson } from './ask-person.ts'
import { systemBrowser } from './browser.ts'
import { type Conversation, converse } from './conversation.ts'
import { createEngine, openTokenStore } from './engine.ts'
import type { ChatOptions } from './options.ts'
import { openSession, type SessionChoice } from './pick-session.ts'
import { tilde } from './place.ts'
import type { Settings } from './settings.ts'
import { slashCommand } from './slash.ts'
import { allowed } from './tool-rules.ts'

/** How many events of the past are shown at resume. */
const PAST = 400
/** How long leaving waits for answers that are under way, in milliseconds. */
const PARTING = 2000

/** The interactive chat: the prompt is there first, the session comes up behind it. */
export async function chatOnScreen(
  options: ChatOptions & { session: SessionChoice },
  settings: Settings,
  starting: Promise<Runtime>,
  host: Host,
): Promise<number> {
  // What to resume is settled before anything is drawn: an unknown id is an error of one line, not of a screen.
  let session: Session | undefined
  let past: HostEvent[] = []
  const problems = [...settings.servers.problems]
  const asking = { ...settings, session: { ...settings.session, asks: true } }
  if (options.session.kind === 'stored') {
    session = await openSession(options.session, asking, await starting, {
      host,
      warn: line => problems.push(line),
    })
    past = await session.history(PAST)
  }
  const early: string[] = []
  let conversation: Conversation | undefined
  /** The end of the runtime, once it is on the screen. */
  let shown: HostError | undefined
  let said = options.session.kind === 'stored'

  const screen: ChatScreen = openChat({
    stdin: host.stdin,
    stdout: host.stdout,
    env: host.env,
    version: host.version,
    model: settings.model.model,
    folder: tilde(host),
    now: host.clock.now,
    suspend: host.suspend,
    prompts: past.flatMap(event => (event.type === 'user' ? [event.text] : [])),
    onSubmit(text) {
      if (/^\/[a-z-]+(\s|$)/u.test(text)) {
        command(text)
        return
      }
      said = true
      if (conversation) conversation.say(text)
      else {
        early.push(text)
        screen.show({ type: 'queued', messages: [...early] })
      }
    },
    onInterrupt() {
      if (conversation) void conversation.interrupt()
      else {
        screen.show({ type: 'queued', messages: [] })
        screen.show({ type: 'draft', text: early.splice(0).join('\n') })
      }
    },
  })
  if (past.length > 0) screen.showHistory(past)
  const warn = (text: string) => screen.show({ type: 'line', level: 'warning', text })
  const browser = systemBrowser(host, settings)
  const store = openTokenStore(options, settings, warn, host)
  const authenticator = createEngine(options, settings, store, screen, 'chat', host)
  for (const problem of problems) warn(problem)

  const quit = Promise.withResolvers<'end'>()
  function command(text: string): void {
    slashCommand(text, {
      servers: conversation?.servers() ?? new Map(),
      line: (level, line) => screen.show({ type: 'line', level, text: line }),
      signIn(server) {
        authenticator.forgetRefusals(server)
        conversation?.reload()
      },
      quit: () => quit.resolve('end'),
    })
  }

  /** Resolves with the exit code, once the person leaves or the program is told to. */
  async function talk(): Promise<number> {
    const runtime = await starting
    session ??= await openSession(options.session, asking, runtime, { host, warn })
    screen.show({ type: 'session', id: session.id, model: settings.model.model })
    conversation = converse({
      session,
      asks: settings.session.signIn,
      authenticator,
      show(event) {
        if (event.type === 'stopped') shown = event.error
        screen.show(event)
      },
      tell: line => screen.tell(line),
      log: line => settings.log.write(line),
      refused(error, server) {
        if (error.kind === 'sign-in-needed')
          screen.tell({ level: 'info', text: `${error.message}; --sign-in auto asks you` })
        if (error.kind === 'renewal-failed')
          screen.tell({ level: 'info', text: `/login ${server} tries again, and else signs in anew` })
      },
      ask: (ask, signal) => askPerson(ask, { ask: screen.ask, browser, tell: screen.tell }, signal),
      permit: (ask: PermissionAsk, signal) =>
        allowed(ask, options) ? Promise.resolve({ kind: 'once' }) : screen.askPermission(ask, signal),
    })
    for (const text of early.splice(0)) conversation.say(text)
    throw await runtime.died
  }

  let draft = ''
  let failure: HostError | undefined
  let code = 0
  try {
    const told = new Promise<'signal'>(resolve => {
      if (host.signal.aborted) resolve('signal')
      host.signal.addEventListener('abort', () => resolve('signal'), { once: true })
    })
    const ending = await Promise.race([screen.left, quit.promise, told, talk()])
    if (typeof ending === 'object') {
      draft = ending.draft
      if (ending.by === 'interrupt') code = 130
    }
  } catch (thrown) {
    failure = hostError(thrown, 'the chat ended unexpectedly')
    code = failure.exitCode
  }
  // Leaving: nothing may keep a person waiting who wants to go, only a renewal that has been sent gets a moment more.
  const patience = host.clock.sleep(PARTING, new AbortController().signal)
  await Promise.race([conversation?.end(), patience]).catch(() => {})
  await screen.close()
  if (!failure) await Promise.race([session?.close(), patience]).catch(() => {})
  await store.close()
  if (failure && failure !== shown) host.stderr.write(`${failure.message}\n`)
  if (draft.trim() !== '') host.stdout.write(`not sent: ${cleanBlock(draft)}\n`)
  if (session && said) host.stdout.write(`to continue: copilot-host resume ${session.id.slice(0, 8)}\n`)
  return code
}
