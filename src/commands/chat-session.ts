import type { Authenticator } from '../auth/authenticator.ts'
import { HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { HostEvent, PermissionMode, Runtime, Session } from '../runtime/types.ts'
import type { Chat } from '../ui/types.ts'
import { askPerson } from './ask-person.ts'
import { systemBrowser } from './browser.ts'
import { type Conversation, type ConversationEvent, converse } from './conversation.ts'
import type { Files } from './files.ts'
import { branchOf } from './git-branch.ts'
import type { ChatOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import { openSession, pickSession, type SessionChoice } from './pick-session.ts'
import type { Settings } from './settings.ts'
import { denial, deniesAny, ruling, runsAll, type ToolRules } from './tool-rules.ts'

/** How many events of the past are shown at resume. */
export const PAST = 400

export interface ChatSessionPorts {
  options: ChatOptions
  settings: Settings
  host: Host
  chat: Chat
  authenticator: Authenticator
  files: Files
  outbox: Outbox
}

/** What is known of the session besides the conversation. */
export interface SessionState {
  /** The last answer of the model, whole (raw). */
  answer?: string
  usage?: Extract<HostEvent, { type: 'usage' }>
  model?: string
  effort?: string
  mode: Extract<HostEvent, { type: 'mode' }>['mode']
  permissions: PermissionMode
  /** Only what has been said is stored, and can be resumed. */
  said: boolean
}

/** The session that a chat is about; another one can take its place. */
export interface ChatSession {
  readonly session: Session | undefined
  readonly conversation: Conversation | undefined
  readonly state: SessionState
  /** Resolves when the first session has begun. */
  readonly begun: Promise<void>
  /** `past`: of a stored session, as far as it is shown. */
  begin(session: Session, past?: readonly HostEvent[]): void
  /**
   * Leaves this session as it is stored and goes on with another one. Rejects, and nothing has changed, when that one cannot be
   * opened.
   */
  change(choice: SessionChoice, runtime: Runtime): Promise<void>
  /**
   * Goes on with this session where it was, in a runtime that has taken the place of one that died; in a new one if nothing of
   * it was stored. Rejects, and nothing has changed, when it cannot be opened.
   */
  resume(runtime: Runtime): Promise<void>
  /** Who decides about tools from now on. Gives the mode that is on. */
  setPermissions(mode: PermissionMode): Promise<PermissionMode>
  end(): Promise<void>
}

export function createChatSession(ports: ChatSessionPorts): ChatSession {
  const { options, settings, host, chat, authenticator, files, outbox } = ports
  const browser = systemBrowser(host, settings)
  /** As long as the person has not said something else in the chat. */
  let rules: ToolRules = options
  let session: Session | undefined
  let conversation: Conversation | undefined
  let state = fresh()
  const begun = Promise.withResolvers<void>()

  function fresh(): SessionState {
    return {
      model: settings.model.model,
      mode: 'interactive',
      permissions: runsAll(rules) ? 'allow-all' : 'manual',
      said: false,
    }
  }

  function note(event: ConversationEvent): void {
    if (event.type === 'reply') state.answer = event.text
    else if (event.type === 'sent') state.said = true
    else if (event.type === 'usage') state.usage = event
    else if (event.type === 'mode') state.mode = event.mode
    else if (event.type === 'permissions') state.permissions = event.mode
    else if (event.type === 'model') Object.assign(state, { model: event.model, effort: event.effort })
    else if (event.type === 'started') state.model = event.model ?? state.model
    else if (event.type === 'idle') void look()
  }

  /** What a turn may have changed. */
  async function look(): Promise<void> {
    chat.show({ type: 'branch', branch: await branchOf(host.folder) })
    // A provider of the person's own costs GitHub's account nothing.
    if (settings.model.provider !== undefined || session === undefined) return
    const { premiumRequests } = await session.controls.usage().catch(() => ({ premiumRequests: 0 }))
    chat.show({ type: 'cost', premiumRequests })
  }

  function begin(next: Session, past?: readonly HostEvent[]): void {
    session = next
    const last = past?.findLast(event => event.type === 'reply')
    state = { ...fresh(), said: past !== undefined, answer: last?.text }
    chat.show({ type: 'session', id: next.id, model: state.model })
    chat.show({ type: 'permissions', mode: state.permissions })
    void look()
    conversation = converse({
      session: next,
      asks: settings.session.signIn,
      authenticator,
      outbox,
      show(event) {
        note(event)
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
      async permit(ask, signal) {
        const ruled = ruling(ask, rules, settings.session.folder)
        // What lasts would let calls pass that the rules deny: the runtime no longer asks about them.
        const asked = deniesAny(rules) ? { ...ask, approval: undefined, lasting: undefined } : ask
        if (ruled === undefined) return chat.askPermission(asked, signal)
        if (ruled.kind === 'allowed') return { kind: 'once' }
        const { line, reason } = denial(ask, ruled.rule)
        chat.tell({ level: 'info', text: line })
        return { kind: 'no', reason }
      },
    })
    begun.resolve()
  }

  async function idOf(id: string | undefined, runtime: Runtime): Promise<string> {
    return pickSession(await runtime.sessions(), id, settings.session.folder, host.clock.now()).id
  }

  /** This session once more; undefined if nothing of it was stored. */
  async function reopened(runtime: Runtime, warn: (text: string) => void): Promise<Session | undefined> {
    if (session === undefined) return undefined
    try {
      return await openSession({ kind: 'stored', id: session.id }, settings, runtime, { host, warn })
    } catch (thrown) {
      if (thrown instanceof HostError && thrown.kind === 'session-unknown') return undefined
      throw thrown
    }
  }

  return {
    begun: begun.promise,
    get session() {
      return session
    },
    get conversation() {
      return conversation
    },
    get state() {
      return state
    },
    begin,
    async change(choice, runtime) {
      const warn = (text: string) => chat.show({ type: 'line', level: 'warning', text })
      const before = { session, conversation }
      // To resume the one that is open would make two of it.
      const chosen = choice.kind === 'stored' ? await idOf(choice.id, runtime) : undefined
      if (chosen !== undefined && chosen === session?.id) throw new HostError('usage', 'this is that session')
      const exact = chosen === undefined ? choice : { kind: 'stored' as const, id: chosen }
      const next = await openSession(exact, settings, runtime, { host, warn })
      const past = choice.kind === 'stored' ? await next.history(PAST) : undefined
      await before.conversation?.end()
      await before.session?.close()
      authenticator.forgetRefusals(undefined)
      if (past !== undefined && past.length > 0) chat.showHistory(past)
      begin(next, past)
    },
    async resume(runtime) {
      const warn = (text: string) => chat.show({ type: 'line', level: 'warning', text })
      const { answer, said, model, effort } = state
      const stored = await reopened(runtime, warn)
      const next = stored ?? (await openSession({ kind: 'new' }, settings, runtime, { host, warn }))
      if (stored === undefined && said) warn('nothing of this session was stored: a new one goes on')
      await conversation?.end()
      begin(next)
      Object.assign(state, { answer, said: said && stored !== undefined })
      if (model !== undefined && model !== settings.model.model)
        await next.controls
          .setModel(model, effort)
          .catch(thrown => warn(hostError(thrown, 'the model is another one').message))
    },
    async setPermissions(mode) {
      // A runtime that runs everything asks for nothing, and what is denied would run too.
      const here = mode === 'allow-all' && deniesAny(rules)
      const asked = here ? 'manual' : mode
      const on = (await session?.controls.setPermissions(asked)) ?? 'manual'
      if (on === asked) rules = { ...rules, allowAll: here, allowAllTools: false }
      state.permissions = runsAll(rules) ? 'allow-all' : on
      chat.show({ type: 'permissions', mode: state.permissions })
      return state.permissions
    },
    async end() {
      await conversation?.end()
    },
  }
}
