import type { Authenticator } from '../auth/authenticator.ts'
import { hostError } from '../errors.ts'
import type { Attachment, HostEvent, Session } from '../runtime/types.ts'
import { carryQuestions, type QuestionPorts } from './questions.ts'
import { createRecovery } from './recovery.ts'
import { carrySignIns, type SignInPorts } from './sign-ins.ts'

export interface ConversationPorts extends QuestionPorts {
  session: Session
  authenticator: Authenticator
  /** False where sign-in requests are not listened to. */
  asks: boolean
  /** Everything that has a face goes here. */
  show: (event: ConversationEvent) => void
  tell: (line: { level: 'info' | 'warning'; text: string }) => void
  log: (line: string) => void
  /** The files that a message names. */
  attach?: (message: string) => Promise<readonly Attachment[]>
  refused: SignInPorts['refused']
}

type Faceless = 'permission' | 'permission-done' | 'ask' | 'ask-done' | 'auth' | 'auth-done'
export type ConversationEvent =
  | Exclude<HostEvent, { type: Faceless }>
  | { type: 'sent'; text: string }
  | { type: 'waiting'; servers: readonly string[] }
  | { type: 'queued'; messages: readonly string[] }
  | { type: 'draft'; text: string }
  /** Servers that nobody has signed in to, although they asked for it. */
  | { type: 'unsigned'; servers: readonly string[] }

export interface Conversation {
  /** Sends a message, or keeps it until the running turn is over. Never rejects: failures are shown. */
  say(text: string): void
  /** Stops the running turn; messages that waited behind it are given back. */
  interrupt(): Promise<void>
  readonly busy: boolean
  /** Lets every server connect anew, as soon as no turn runs. */
  reload(): void
  /** Last word of each MCP server. */
  servers(): ReadonlyMap<string, { status: string; error?: string }>
  /** Messages that still wait to be sent. */
  readonly unsent: readonly string[]
  /** Ends open questions, so that the session can be closed. */
  end(): Promise<void>
}

/**
 * Joins one session with the person: messages in order, one turn at a time, the first one held until the servers are
 * there; questions and sign-ins carried across and closed when they are withdrawn.
 */
export function converse(ports: ConversationPorts): Conversation {
  const { session, show, tell, log } = ports
  const signIns = carrySignIns({
    ...ports,
    // What the model tried can be asked for once more with one key: nothing is sent by itself.
    again(server, tool) {
      const signedIn = `${server} is signed in now.`
      if (spoken) news.add(signedIn)
      if (tool !== undefined) show({ type: 'draft', text: `${signedIn} Please try ${tool} again.` })
    },
    waiting: servers => show({ type: 'unsigned', servers }),
    elsewhere(server, here) {
      if (!here) tell({ level: 'info', text: `${server}: signed in from another terminal` })
      elsewhere = true
      recover()
    },
    settled: recover,
  })
  const recovery = createRecovery({ ...ports, signIns })
  const questions = carryQuestions(ports)
  const servers = new Map<string, { status: string; error?: string }>()
  const queue: string[] = []
  let phase: 'starting' | 'idle' | 'busy' | 'over' = 'starting'
  let reloading = false
  /** Somebody has signed in without this server: a reload brings it back. */
  let elsewhere = false
  let spoken = false
  const mine = new Set<string>()
  /** What the model does not know yet: it has seen calls fail for want of a sign-in. */
  const news = new Set<string>()
  let sending: string | undefined
  const ending = new AbortController()

  const stopListening = session.listen(event => {
    if (!event.type.endsWith('-delta') && event.type !== 'tool-output') log(happened(event))
    signIns.take(event)
    switch (event.type) {
      case 'auth':
        return
      case 'auth-done':
        recover()
        return
      case 'permission':
      case 'permission-done':
      case 'ask':
      case 'ask-done':
        questions.take(event)
        return
      case 'user':
        // Printed already, when it was sent; the event may come before the reply that names it.
        if (mine.delete(event.messageId) || event.text === sending) return
        break
      case 'server':
        if (!recovery.note(event)) return
        servers.set(event.name, event)
        break
      case 'idle':
        if (phase === 'busy') phase = 'idle'
        break
      case 'stopped':
        phase = 'over'
        break
    }
    show(event)
    if (event.type === 'idle') void next()
    if (event.type === 'idle' || event.type === 'server') recover()
  })

  /** A server that can be brought back by a reload is, as soon as no turn runs. */
  function recover(): void {
    // A reload would end the sign-in that the person is busy with.
    const wanted = recovery.due() || (elsewhere && !signIns.open)
    if (phase !== 'idle' || reloading || !wanted) return
    reloading = true
    void next()
  }

  async function next(): Promise<void> {
    if (phase !== 'idle') return
    if (reloading) return reloadServers()
    const message = queue.shift()
    if (message === undefined) return
    const text = [...[...news].filter(sentence => !message.includes(sentence)), message].join(' ')
    news.clear()
    phase = 'busy'
    spoken = true
    sending = text
    show({ type: 'queued', messages: [...queue] })
    show({ type: 'sent', text })
    try {
      mine.add(await session.send(text, await ports.attach?.(message)))
      sending = undefined
    } catch (thrown) {
      sending = undefined
      if (phase === 'busy') phase = 'idle'
      show({ type: 'draft', text })
      show({ type: 'idle', aborted: true })
      fail(thrown, 'the message could not be sent')
    }
  }

  async function reloadServers(): Promise<void> {
    reloading = false
    elsewhere = false
    phase = 'starting'
    await begin(recovery.reload(ending.signal), 'the servers could not be reloaded')
  }

  /** Once the servers are there as far as they will be, what was typed meanwhile can go. Never rejects. */
  async function begin(coming: Promise<void>, otherwise: string): Promise<void> {
    const there = await coming.then(
      () => true,
      thrown => fail(thrown, otherwise),
    )
    if (phase !== 'starting') return
    phase = 'idle'
    show({ type: 'waiting', servers: [] })
    // What happened meanwhile; after a failure it waits for the next event, or it would fail for ever.
    if (there) recover()
    void next()
  }

  function fail(thrown: unknown, otherwise: string): void {
    if (phase !== 'over') tell({ level: 'warning', text: hostError(thrown, otherwise).message })
  }

  const started = begin(recovery.settle(ending.signal), 'the servers did not come up')

  return {
    say(text) {
      queue.push(text)
      if (phase === 'idle') void next()
      else if (phase !== 'over') {
        show({ type: 'queued', messages: [...queue] })
        if (phase === 'starting') show({ type: 'waiting', servers: unfinished() })
      }
    },
    async interrupt() {
      const waiting = queue.splice(0)
      if (waiting.length > 0) {
        show({ type: 'queued', messages: [] })
        show({ type: 'draft', text: waiting.join('\n') })
      }
      if (phase === 'busy')
        await session.abort().catch(thrown => fail(thrown, 'the turn could not be stopped'))
    },
    get busy() {
      return phase === 'busy'
    },
    reload() {
      recovery.forget()
      reloading = true
      void next()
    },
    servers: () => servers,
    get unsent() {
      return queue
    },
    async end() {
      phase = 'over'
      ending.abort()
      questions.end()
      await signIns.end()
      stopListening()
      await started
    },
  }

  function unfinished(): string[] {
    return [...servers]
      .filter(([, { status }]) => status === 'pending' || status === 'needs-auth')
      .map(([name]) => name)
  }
}

/** One line for the debug log: what happened to whom, never what was said. */
function happened(event: HostEvent): string {
  if (event.type === 'server') return `event server ${event.name} ${event.status}`
  if (event.type === 'tool-start' || event.type === 'tool-end') return `event ${event.type} ${event.id}`
  return 'id' in event ? `event ${event.type} ${event.id}` : `event ${event.type}`
}
