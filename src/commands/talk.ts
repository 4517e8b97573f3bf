import { type HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { HostEvent, Runtime, Session, SessionSummary } from '../runtime/types.ts'
import { cleanBlock } from '../text.ts'
import type { Chat, ChatPorts } from '../ui/types.ts'
import { createChatSession, PAST } from './chat-session.ts'
import { chooseSession } from './choose-session.ts'
import { createEngine } from './engine.ts'
import { openFiles } from './files.ts'
import type { ChatOptions } from './options.ts'
import { createOutbox } from './outbox.ts'
import { openSession, type SessionChoice } from './pick-session.ts'
import { tilde } from './place.ts'
import type { Running } from './running.ts'
import type { Settings } from './settings.ts'
import { queueKey } from './slash/queue.ts'
import { createSlash, isCommand } from './slash.ts'
import { openStores } from './stores.ts'

/** How long leaving waits for answers that are under way, in milliseconds. */
const PARTING = 2000

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
  // What to resume is settled before anything is shown: an unknown id is an error of one line, not of a chat.
  let session: Session | undefined
  let past: HostEvent[] | undefined
  const problems = [...settings.servers.problems]
  const asking = { ...settings, session: { ...settings.session, asks: true } }
  const offered =
    options.session.kind === 'stored' && options.session.ask ? await stored(running.runtime) : []
  if (options.session.kind === 'stored' && offered.length < 2) {
    session = await openSession(options.session, asking, await running.runtime, {
      host,
      warn: line => problems.push(line),
    })
    past = await session.history(PAST)
  }
  const files = openFiles(host.folder, settings.runtime.env)
  const outbox = createOutbox(event => chat.show(event))
  /** Why there is no runtime, and what the person resolves to have it started again. */
  let dead: { error: HostError; again: PromiseWithResolvers<void> } | undefined

  const chat = open({
    version: host.version,
    model: settings.model.model,
    folder: tilde(host),
    servers: Object.keys(settings.session.servers),
    prompts: (past ?? []).flatMap(event => (event.type === 'user' ? [event.text] : [])),
    listFiles: files.list,
    listCommands: behind => slash.entries(behind),
    onSubmit(text, now) {
      if (isCommand(text)) {
        void slash.run(text)
        return
      }
      const { conversation } = current
      if (dead !== undefined) {
        chat.show({ type: 'draft', text })
        dead.again.resolve()
      } else if (conversation === undefined) {
        outbox.add({ text })
        outbox.tell()
      } else if (now) void conversation.steer(text)
      else conversation.say(text)
    },
    onRestart: () => dead?.again.resolve(),
    onQueue: what => queueKey(what, { outbox, chat, current }),
    onInterrupt() {
      const { conversation } = current
      if (conversation) void conversation.interrupt()
      else
        chat.show({
          type: 'draft',
          text: outbox
            .clear()
            .map(({ text }) => text)
            .join('\n'),
        })
    },
  })
  if (past !== undefined && past.length > 0) await chat.showHistory(past)
  const warn = (text: string) => chat.show({ type: 'line', level: 'warning', text })
  const store = openStores(options, settings, warn, host)
  const authenticator = createEngine(options, settings, store, chat, 'chat', host, (server, account) =>
    chat.show({ type: 'account', server, account }),
  )
  for (const problem of problems) warn(problem)

  const current = createChatSession({
    ...{ options, host, chat, authenticator, files, outbox },
    settings: asking,
  })
  const quit = Promise.withResolvers<'end'>()
  const slash = createSlash({
    ...{ host, settings, chat, current, outbox },
    accounts: authenticator.accounts,
    running,
    signIn(server) {
      if (dead !== undefined) throw dead.error
      authenticator.forgetRefusals(server)
      current.conversation?.reload()
    },
    quit: () => quit.resolve('end'),
  })

  /** Rejects with what ends the chat from inside. */
  async function run(): Promise<never> {
    let runtime = await running.runtime
    if (offered.length > 1) {
      const id = await chooseSession(offered, { chat, host, copilotHome: settings.folders.copilot })
      if (id === undefined) return leaving()
      session = await openSession({ kind: 'stored', id }, asking, runtime, { host, warn })
      past = await session.history(PAST)
      if (past.length > 0) await chat.showHistory(past)
    }
    session ??= await openSession(options.session, asking, runtime, { host, warn })
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
        await current.resume(runtime)
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

  let draft = ''
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
    code = failure.exitCode
  }
  const waiting = outbox.waiting.map(({ text }) => text)
  const unsent = [...outbox.steering, ...waiting, draft].filter(text => text.trim() !== '')
  // A session that came up and was not begun with is closed, too.
  const last = current.session ?? session
  // Leaving: nothing may keep a person waiting who wants to go, only a renewal that has been sent gets a moment more.
  const patience = host.clock.sleep(PARTING, new AbortController().signal)
  await Promise.race([current.end(), patience]).catch(() => {})
  await chat.close()
  if (!failure) await Promise.race([last?.close(), patience]).catch(() => {})
  await store.close()
  if (failure) host.stderr.write(`${failure.message}\n`)
  for (const text of unsent) host.stdout.write(`not sent: ${cleanBlock(text)}\n`)
  if (last && current.state.said)
    host.stdout.write(`to continue: copilot-host resume ${last.id.slice(0, 8)}\n`)
  return code
}

async function stored(starting: Promise<Runtime>): Promise<SessionSummary[]> {
  return (await starting).sessions()
}
