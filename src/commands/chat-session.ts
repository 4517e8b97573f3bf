import { HostError, hostError } from '../errors.ts'
import type { HostEvent, Runtime, Session } from '../runtime/types.ts'
import { askPerson } from './ask-person.ts'
import { systemBrowser } from './browser.ts'
import type { ChatSession, ChatSessionPorts, SessionState } from './chat-session-types.ts'
import { type Conversation, type ConversationEvent, converse } from './conversation.ts'
import { branchOf } from './git-branch.ts'
import { openSession, pickSession } from './pick-session.ts'
import { openTidy } from './tidy.ts'
import { denial, deniesAny, ruling, runsAll, type ToolRules } from './tool-rules.ts'

/** How many events of the past are shown at resume. */
export const PAST = 400

export function createChatSession(ports: ChatSessionPorts): ChatSession {
  const { options, settings, host, chat, authenticator, files, outbox } = ports
  const browser = systemBrowser(host, settings)
  /** As long as the person has not said something else in the chat. */
  let rules: ToolRules = options
  let session: Session | undefined
  let conversation: Conversation | undefined
  let state = fresh()
  /** By the person, for new sessions too. */
  let wanted: Pick<SessionState, 'model' | 'effort'> | undefined
  const tidy = openTidy(host)
  let begun = Promise.withResolvers<void>()
  let changing = false
  /** The person leaves. */
  let over = false

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
    else if (event.type === 'model') {
      wanted = { model: event.model, effort: event.effort }
      Object.assign(state, wanted)
    } else if (event.type === 'started') state.model = event.model ?? state.model
    else if (event.type === 'idle') void look()
    if (event.type === 'idle' || event.type === 'sent') tidy(event.type === 'idle')
  }

  /** Unless it is what a session begins with. */
  async function setModel({ controls }: Session, { model, effort }: Pick<SessionState, 'model' | 'effort'>) {
    if (model === undefined || (model === settings.model.model && effort === undefined)) return
    await controls.setModel(model, effort).catch(thrown => {
      const text = hostError(thrown, 'the model is another one').message
      chat.show({ type: 'line', level: 'warning', text })
    })
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
    outbox.held = false
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
    if (!changing) begun.resolve()
  }

  /** Has another session take the place of this one: what is said meanwhile is for that one, and is given back if it fails. */
  async function replace(work: () => Promise<void>): Promise<void> {
    if (changing) throw new HostError('usage', 'a session is being opened already')
    changing = true
    outbox.held = true
    begun = Promise.withResolvers()
    try {
      await work()
    } catch (thrown) {
      outbox.held = false
      const waiting = outbox.clear().map(({ text }) => text)
      if (waiting.length > 0) chat.show({ type: 'draft', text: waiting.join('\n') })
      chat.show({ type: 'waiting', servers: [] })
      throw thrown
    } finally {
      changing = false
      begun.resolve()
    }
  }

  async function idOf(id: string | undefined, runtime: Runtime): Promise<string> {
    return pickSession(await runtime.sessions(), id, settings.session.folder, host.clock.now()).id
  }

  /** Closes a session whose past cannot be read. */
  async function pastOf(next: Session): Promise<HostEvent[]> {
    try {
      return await next.history(PAST)
    } catch (thrown) {
      await next.close()
      throw thrown
    }
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
    get begun() {
      return begun.promise
    },
    get session() {
      return session
    },
    get conversation() {
      return changing ? undefined : conversation
    },
    get changing() {
      return changing
    },
    get state() {
      return state
    },
    begin,
    change: (choice, runtime) =>
      replace(async () => {
        const warn = (text: string) => chat.show({ type: 'line', level: 'warning', text })
        const before = { session, conversation }
        // To resume the one that is open would make two of it.
        const chosen = choice.kind === 'stored' ? await idOf(choice.id, runtime) : undefined
        if (chosen !== undefined && chosen === session?.id)
          throw new HostError('usage', 'this is that session')
        const exact = chosen === undefined ? choice : { kind: 'stored' as const, id: chosen }
        const next = await openSession(exact, settings, runtime, { host, warn })
        const past = choice.kind === 'stored' ? await pastOf(next) : undefined
        // What was not sent has been told so, and must not be sent after all.
        if (over) return
        const turn = before.conversation?.phase
        await before.conversation?.end()
        // The runtime has begun one by itself meanwhile, and nobody hears of its end any more.
        if (turn === 'busy') chat.show({ type: 'idle', aborted: true })
        await before.session?.close()
        authenticator.forgetRefusals(undefined)
        if (past !== undefined && past.length > 0) await chat.showHistory(past)
        if (over) return
        begin(next, past)
        if (choice.kind === 'stored') wanted = undefined
        else if (wanted) await setModel(next, wanted)
      }),
    async resume(runtime) {
      // One that was being opened in the runtime that has died fails now.
      while (changing) await begun.promise
      await replace(async () => {
        const warn = (text: string) => chat.show({ type: 'line', level: 'warning', text })
        const { answer, said, model, effort } = state
        const stored = await reopened(runtime, warn)
        const next = stored ?? (await openSession({ kind: 'new' }, settings, runtime, { host, warn }))
        if (stored === undefined && said) warn('nothing of this session was stored: a new one goes on')
        await conversation?.end()
        if (over) return
        begin(next)
        Object.assign(state, { answer, said: said && stored !== undefined })
        await setModel(next, { model, effort })
      })
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
      over = true
      tidy(false)
      await conversation?.end()
    },
  }
}
