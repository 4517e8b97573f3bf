import { type HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { HostEvent, PermissionAsk, Runtime, Session } from '../runtime/types.ts'
import { cleanBlock } from '../text.ts'
import type { Chat, ChatPorts } from '../ui/types.ts'
import { accountCommand } from './account.ts'
import { remoteServers } from './account-names.ts'
import { askPerson } from './ask-person.ts'
import { systemBrowser } from './browser.ts'
import { type Conversation, converse } from './conversation.ts'
import { createEngine, openTokenStore } from './engine.ts'
import { openFiles } from './files.ts'
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

/**
 * A person and a session, until the person leaves: the chat that `open` gives is there first, the session comes up behind
 * it. Gives the exit code.
 */
export async function talk(
  options: ChatOptions & { session: SessionChoice },
  settings: Settings,
  starting: Promise<Runtime>,
  host: Host,
  open: (ports: ChatPorts) => Chat,
): Promise<number> {
  // What to resume is settled before anything is shown: an unknown id is an error of one line, not of a chat.
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
  const files = openFiles(host.folder, settings.runtime.env)
  const early: string[] = []
  let conversation: Conversation | undefined
  /** The end of the runtime, once the person has read it. */
  let shown: HostError | undefined
  let said = options.session.kind === 'stored'

  const chat = open({
    version: host.version,
    model: settings.model.model,
    folder: tilde(host),
    prompts: past.flatMap(event => (event.type === 'user' ? [event.text] : [])),
    listFiles: files.list,
    onSubmit(text) {
      if (/^\/[a-z-]+(\s|$)/u.test(text)) {
        command(text)
        return
      }
      said = true
      if (conversation) conversation.say(text)
      else {
        early.push(text)
        chat.show({ type: 'queued', messages: [...early] })
      }
    },
    onInterrupt() {
      if (conversation) void conversation.interrupt()
      else {
        chat.show({ type: 'queued', messages: [] })
        chat.show({ type: 'draft', text: early.splice(0).join('\n') })
      }
    },
  })
  if (past.length > 0) chat.showHistory(past)
  const warn = (text: string) => chat.show({ type: 'line', level: 'warning', text })
  const browser = systemBrowser(host, settings)
  const store = openTokenStore(options, settings, warn, host)
  const authenticator = createEngine(options, settings, store, chat, 'chat', host, (server, account) =>
    chat.show({ type: 'account', server, account }),
  )
  for (const problem of problems) warn(problem)

  const quit = Promise.withResolvers<'end'>()
  const line = (level: 'info' | 'warning', text: string) => chat.show({ type: 'line', level, text })
  const again = (server: string | undefined) => {
    authenticator.forgetRefusals(server)
    conversation?.reload()
  }
  function command(text: string): void {
    slashCommand(text, {
      servers: conversation?.servers() ?? new Map(),
      line,
      account: argument =>
        void accountCommand(argument, {
          ...{
            servers: remoteServers(settings),
            accounts: authenticator.accounts,
            folder: host.folder,
            line,
          },
          switched: ({ name }) => again(name),
        }),
      signIn: again,
      quit: () => quit.resolve('end'),
    })
  }

  /** Rejects with what ends the chat from inside. */
  async function run(): Promise<never> {
    const runtime = await starting
    session ??= await openSession(options.session, asking, runtime, { host, warn })
    chat.show({ type: 'session', id: session.id, model: settings.model.model })
    conversation = converse({
      session,
      asks: settings.session.signIn,
      authenticator,
      show(event) {
        if (event.type === 'stopped') shown = event.error
        chat.show(event)
      },
      tell: line => chat.tell(line),
      attach: files.mentionedIn,
      log: line => settings.log.write(line),
      refused(error, server) {
        if (error.kind === 'sign-in-needed')
          chat.tell({ level: 'info', text: `${error.message}; --sign-in auto asks you` })
        if (error.kind === 'renewal-failed')
          chat.tell({ level: 'info', text: `/login ${server} tries again, and else signs in anew` })
      },
      ask: (ask, signal) => askPerson(ask, { ask: chat.ask, browser, tell: chat.tell }, signal),
      permit: (ask: PermissionAsk, signal) =>
        allowed(ask, options) ? Promise.resolve({ kind: 'once' }) : chat.askPermission(ask, signal),
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
    const ending = await Promise.race([chat.left, quit.promise, told, run()])
    if (typeof ending === 'object') {
      draft = ending.draft
      if (ending.by === 'interrupt') code = 130
    }
  } catch (thrown) {
    failure = hostError(thrown, 'the chat ended unexpectedly')
    code = failure.exitCode
  }
  const unsent = [...early, ...(conversation?.unsent ?? []), draft].filter(text => text.trim() !== '')
  // Leaving: nothing may keep a person waiting who wants to go, only a renewal that has been sent gets a moment more.
  const patience = host.clock.sleep(PARTING, new AbortController().signal)
  await Promise.race([conversation?.end(), patience]).catch(() => {})
  await chat.close()
  if (!failure) await Promise.race([session?.close(), patience]).catch(() => {})
  await store.close()
  if (failure && failure !== shown) host.stderr.write(`${failure.message}\n`)
  for (const text of unsent) host.stdout.write(`not sent: ${cleanBlock(text)}\n`)
  if (session && said) host.stdout.write(`to continue: copilot-host resume ${session.id.slice(0, 8)}\n`)
  return code
}
