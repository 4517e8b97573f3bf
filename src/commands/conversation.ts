import { hostError } from '../errors.ts'
import type { HostEvent } from '../runtime/types.ts'
import type { Conversation, ConversationPorts } from './conversation-types.ts'
import { happened } from './happened.ts'
import { createOutbox, type Message } from './outbox.ts'
import { carryQuestions } from './questions.ts'
import { createRecovery } from './recovery.ts'
import { carrySignIns } from './sign-ins.ts'

export type * from './conversation-types.ts'

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
    waiting: (servers, later) => show({ type: 'unsigned', servers, later }),
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
  const outbox = ports.outbox ?? createOutbox(show)
  const work: { run: () => Promise<void>; stop?: () => Promise<void> }[] = []
  /** At work: something between two turns. */
  let phase: 'starting' | 'idle' | 'busy' | 'at-work' | 'over' = 'starting'
  let stop: (() => Promise<void>) | undefined
  let reloading = false
  let waitedFor: readonly string[] = []
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
        outbox.taken(event.text, event.messageId)
        break
      case 'server':
        if (!takeServer(event)) return
        break
      case 'turn-start':
        // The runtime begins one by itself, too: for what it was sent at the very end of another one.
        if (phase === 'idle') phase = 'busy'
        break
      case 'idle':
        if (phase === 'busy') phase = 'idle'
        if (event.aborted) giveBack(outbox.dropped())
        break
      case 'stopped':
        phase = 'over'
        break
    }
    show(event)
    // What is not with the model can be said once more, when there is a runtime again.
    if (event.type === 'stopped') giveBack([...outbox.dropped(), ...outbox.clear().map(({ text }) => text)])
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
    const first = work.shift()
    if (first !== undefined) return atWork(first)
    const message = outbox.remove(0)
    if (message === undefined) return
    const { text } = message.prompt === undefined ? withNews(message) : message
    phase = 'busy'
    spoken = true
    sending = text
    show({ type: 'sent', text })
    try {
      const attachments = await ports.attach?.(message.text)
      const { prompt } = message
      const id = await (prompt === undefined
        ? session.send(text, attachments)
        : session.send(prompt, attachments, { shown: text }))
      mine.add(id)
      sending = undefined
    } catch (thrown) {
      sending = undefined
      if (phase === 'busy') phase = 'idle'
      show({ type: 'draft', text })
      show({ type: 'idle', aborted: true })
      fail(thrown, 'the message could not be sent')
    }
  }

  /** What the model does not know yet stands in front of what it is told. */
  function withNews({ text }: Message): Message {
    const told = [...[...news].filter(sentence => !text.includes(sentence)), text].join(' ')
    news.clear()
    return { text: told }
  }

  async function atWork(first: (typeof work)[number]): Promise<void> {
    phase = 'at-work'
    stop = first.stop
    if (stop) show({ type: 'turn-start' })
    await first.run().catch(thrown => fail(thrown, 'that failed'))
    if (stop) show({ type: 'idle', aborted: false })
    stop = undefined
    if (phase !== 'at-work') return
    phase = 'idle'
    void next()
  }

  function giveBack(texts: readonly string[]): void {
    if (texts.length > 0) show({ type: 'draft', text: texts.join('\n') })
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
    waitedFor = []
    show({ type: 'waiting', servers: [] })
    // What happened meanwhile; after a failure it waits for the next event, or it would fail for ever.
    if (there) recover()
    void next()
  }

  function fail(thrown: unknown, otherwise: string): void {
    if (phase !== 'over') tell({ level: 'warning', text: hostError(thrown, otherwise).message })
  }

  function say(message: string | Message): void {
    outbox.add(typeof message === 'string' ? { text: message } : message)
    if (phase === 'idle') void next()
    else if (phase !== 'over') {
      outbox.tell()
      tellWaiting()
    }
  }

  tellWaiting()
  const started = begin(recovery.settle(ending.signal), 'the servers did not come up')

  return {
    say,
    async steer(text) {
      if (phase !== 'busy') return say(text)
      const steering = outbox.steer(text)
      try {
        steering.sent(await session.send(text, await ports.attach?.(text), { now: true }))
      } catch (thrown) {
        if (steering.failed()) giveBack([text])
        fail(thrown, 'the message could not be sent')
      }
    },
    between(run, stop) {
      work.push({ run, stop })
      void next()
    },
    async interrupt() {
      giveBack(outbox.clear().map(({ text }) => text))
      await stop?.().catch(thrown => fail(thrown, 'it could not be stopped'))
      if (phase === 'busy')
        await session.abort().catch(thrown => fail(thrown, 'the turn could not be stopped'))
    },
    get busy() {
      return phase === 'busy' || phase === 'at-work'
    },
    reload() {
      recovery.forget()
      reloading = true
      void next()
    },
    servers: () => servers,
    async end() {
      phase = 'over'
      ending.abort()
      questions.end()
      await signIns.end()
      stopListening()
      await started
    },
  }

  /** What the first message waits for, when that has changed. */
  function tellWaiting(): void {
    if (phase !== 'starting' || outbox.waiting.length === 0) return
    const names = recovery.unfinished()
    if (names.join() !== waitedFor.join()) show({ type: 'waiting', servers: names })
    waitedFor = names
  }

  /** False if that is not to be shown. */
  function takeServer(event: Extract<HostEvent, { type: 'server' }>): boolean {
    const shown = recovery.note(event)
    if (shown) servers.set(event.name, event)
    tellWaiting()
    return shown
  }
}
