import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TokenStore } from '../auth/types.ts'
import { type HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { Runtime, Session, SessionSummary } from '../runtime/types.ts'
import { cleanBlock } from '../text.ts'
import { reached } from '../trace.ts'
import type { Chat, ChatPorts } from '../ui/types.ts'
import type { ChatSession } from './chat-session-types.ts'
import { openFiles } from './files.ts'
import type { ChatOptions } from './options.ts'
import { createOutbox } from './outbox.ts'
import type { SessionChoice } from './pick-session.ts'
import { tilde } from './place.ts'
import type { Running } from './running.ts'
import type { Settings } from './settings.ts'
import { isCommand } from './slash/command.ts'
import { queueKey } from './slash/queue.ts'
import type { Slash } from './slash.ts'
import { storedId } from './stored-id.ts'

/** How long leaving waits for answers that are under way, in milliseconds. */
const PARTING = 2000
/** How long a message waits for the runtime before that is told, in milliseconds. */
const LATE = 1000

/**
 * A person and a session, until the person leaves: the chat that `open` gives is there first, the session comes up behind
 * it. Gives the exit code.
 */
export async function talk(
  options: ChatOptions & { session: SessionChoice },
  settings: Settings,
  running: Running,
  host: Host,
  open: (ports: ChatPorts) => Chat,
): Promise<number> {
  const asking = { ...settings, session: { ...settings.session, asks: true } }
  const offered =
    options.session.kind === 'stored' && options.session.ask ? await stored(running.runtime) : []
  // The only one there is, in the folder that it is of, leaves nothing to ask.
  const chooses = offered.length > 1 || offered.some(({ folder }) => folder !== settings.session.folder)
  // What to resume is settled before anything is shown: an unknown id is an error of one line, not of a chat.
  let choice = chooses ? options.session : await settled(options.session, settings, running, host)
  let session: Session | undefined
  const files = openFiles(host.folder, settings.runtime.env)
  const outbox = createOutbox(event => chat.show(event))
  /** Why there is no runtime, and what the person resolves to have it started again. */
  let dead: { error: HostError; again: PromiseWithResolvers<void> } | undefined
  /** What is there a moment after the prompt. */
  const sitting = Promise.withResolvers<{ current: ChatSession; slash: Slash }>()
  let current: ChatSession | undefined

  const chat = open({
    version: host.version,
    model: settings.model.model,
    folder: tilde(host),
    servers: Object.keys(settings.session.servers),
    listFiles: files.list,
    listCommands: async behind => (await sitting.promise).slash.entries(behind),
    onSubmit(text, now) {
      if (isCommand(text)) void sitting.promise.then(({ slash }) => slash.run(text, now))
      else submit(text, now)
    },
    onRestart: () => dead?.again.resolve(),
    onQueue(what) {
      const conversation = current?.conversation
      // Nothing can go at once to a session that is not there.
      if (conversation === undefined && what === 'now') return
      queueKey(what, { outbox, chat, current: { conversation } })
      if (conversation === undefined && outbox.waiting.length === 0)
        chat.show({ type: 'waiting', servers: [] })
    },
    onInterrupt() {
      const conversation = current?.conversation
      if (conversation) void conversation.interrupt()
      else {
        const texts = outbox.clear().map(({ text }) => text)
        chat.show({ type: 'draft', text: texts.join('\n') })
        chat.show({ type: 'waiting', servers: [] })
      }
    },
  })
  reached('prompt drawn')

  /** A message: to the session that is there, or kept for the one that is being opened; none is sent to come after a restart. */
  function submit(text: string, now?: boolean): void {
    const conversation = current?.conversation
    if (dead !== undefined) {
      chat.show({ type: 'draft', text })
      dead.again.resolve()
    } else if (conversation === undefined) {
      outbox.add({ text })
      outbox.tell()
      void tellLate()
    } else if (now) void conversation.steer(text)
    else conversation.say(text)
  }

  const quit = Promise.withResolvers<'end'>()
  /** The person is gone. */
  let over = false
  const warn = (text: string) => chat.show({ type: 'line', level: 'warning', text })
  let store: TokenStore | undefined

  /** What a prompt can be without, for a moment. */
  async function begin(): Promise<ChatSession> {
    // A key that is typed meanwhile is shown in between.
    await nextTurn()
    void running.runtime
    await nextTurn()
    const { createChatSession, createEngine, createSlash, openStores } = await import('./sitting.ts')
    store = openStores(options, settings, warn, host)
    const authenticator = createEngine(options, settings, store, chat, 'chat', host, (server, account) =>
      chat.show({ type: 'account', server, account }),
    )
    for (const problem of settings.servers.problems) warn(problem)
    const session = createChatSession({
      ...{ options, host, chat, authenticator, files, outbox },
      settings: asking,
    })
    const slash = createSlash({
      ...{ host, settings, chat, outbox, running, submit },
      current: session,
      accounts: authenticator.accounts,
      signIn(server) {
        if (dead !== undefined) throw dead.error
        authenticator.forgetRefusals(server)
        session.conversation?.reload()
      },
      quit: () => quit.resolve('end'),
    })
    current = session
    sitting.resolve({ current, slash })
    return session
  }

  /** What a message waits for while there is no session yet, if that takes its time. */
  async function tellLate(): Promise<void> {
    await host.clock.sleep(LATE, host.signal).catch(() => {})
    if (current?.conversation === undefined && outbox.waiting.length > 0)
      chat.show({ type: 'waiting', servers: ['the Copilot runtime'] })
  }

  /** Rejects with what ends the chat from inside. */
  async function run(): Promise<never> {
    const current = await begin()
    let runtime = await running.runtime
    const { chooseSession, openSession, PAST } = await import('./sitting.ts')
    if (chooses) {
      const id = await chooseSession(offered, { chat, host, copilotHome: settings.folders.copilot })
      if (id === undefined) return leaving()
      choice = { kind: 'stored', id }
    }
    session = await openSession(choice, asking, runtime, { host, warn })
    const past = choice.kind === 'stored' ? await session.history(PAST) : undefined
    if (past !== undefined && past.length > 0) await chat.showHistory(past)
    // What was not sent has been told so, and must not be sent after all.
    if (over) return leaving()
    current.begin(session, past)
    for (;;) {
      const error = await runtime.died
      dead = { error, again: Promise.withResolvers() }
      runtime = await revived(dead)
      dead = undefined
      chat.show({ type: 'line', level: 'done', text: 'the Copilot runtime runs again' })
    }
  }

  /** Starts the runtime and resumes the session each time that the person asks for it, until both are there. */
  async function revived(gone: NonNullable<typeof dead>): Promise<Runtime> {
    for (;;) {
      await gone.again.promise
      chat.show({ type: 'restarting' })
      try {
        const runtime = await running.again()
        await current?.resume(runtime)
        return runtime
      } catch (thrown) {
        gone.again = Promise.withResolvers()
        chat.show({ type: 'stopped', error: hostError(thrown, 'the session could not be resumed') })
      }
    }
  }

  /** Who chooses no session leaves. */
  function leaving(): Promise<never> {
    quit.resolve('end')
    return new Promise(() => {})
  }

  let draft: string | undefined
  let failure: HostError | undefined
  let code = 0
  try {
    const told = new Promise<'signal'>(resolve => {
      if (host.signal.aborted) resolve('signal')
      host.signal.addEventListener('abort', () => resolve('signal'), { once: true })
    })
    const ending = await Promise.race([chat.left, quit.promise, told, run()])
    if (typeof ending === 'object') {
      draft = ending.draft
      if (ending.by === 'interrupt') code = 130
    }
    if (dead !== undefined) code = dead.error.exitCode
  } catch (thrown) {
    failure = hostError(thrown, 'the chat ended unexpectedly')
    if (failure.cause instanceof Error) settings.log.write(`failed: ${failure.cause.stack}`)
    code = failure.exitCode
  }
  over = true
  const waiting = outbox.unsent
  // A session that came up and was not begun with is closed, too.
  const last = current?.session ?? session
  // Leaving: nothing may keep a person waiting who wants to go, only a renewal that has been sent gets a moment more.
  const patience = host.clock.sleep(PARTING, new AbortController().signal)
  await Promise.race([current?.end(), patience]).catch(() => {})
  const written = await chat.close()
  if (!failure) await Promise.race([last?.close(), patience]).catch(() => {})
  await store?.close()
  if (failure) host.stderr.write(`${failure.message}\n`)
  const unsent = [...waiting, draft ?? written].filter(text => text.trim() !== '')
  for (const text of unsent) host.stdout.write(`not sent: ${cleanBlock(text)}\n`)
  if (last && current?.state.said)
    host.stdout.write(`to continue: copilot-host resume ${last.id.slice(0, 8)}\n`)
  return code
}

async function stored(starting: Promise<Runtime>): Promise<SessionSummary[]> {
  return (await starting).sessions()
}

/** The same with its exact id. Throws HostError `session-unknown` or `session-ambiguous`. */
async function settled(
  choice: SessionChoice,
  { folders, session: { folder } }: Settings,
  running: Running,
  host: Host,
): Promise<SessionChoice> {
  if (choice.kind === 'new') return choice
  const known = await storedId(folders.copilot, choice.id)
  if (known !== undefined) return { kind: 'stored', id: known }
  const { pickSession } = await import('./sitting.ts')
  const { id } = pickSession(await stored(running.runtime), choice.id, folder, host.clock.now())
  return { kind: 'stored', id }
}
