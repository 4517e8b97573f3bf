import { hostError } from '../errors.ts'
import type { HostEvent } from '../runtime/types.ts'
import type { Conversation, ConversationPorts, Phase } from './conversation-types.ts'
import { createDelivery } from './delivery.ts'
import { chronicle } from './happened.ts'
import { createNews } from './news.ts'
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
  const note = chronicle(log)
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
  const delivery = createDelivery({ ...ports, outbox })
  const work: { run: () => Promise<void>; stop?: () => Promise<void> }[] = []
  let phase: Phase = 'starting'
  let turning = false
  let stop: (() => Promise<void>) | undefined
  let atHand: Promise<void> | undefined
  let reloading = false
  let waitedFor: readonly string[] = []
  /** Somebody has signed in without this server: a reload brings it back. */
  let elsewhere = false
  let spoken = false
  const news = createNews()
  /** A message is held up once, to see whether its servers still take their tokens. */
  let held: Message | undefined
  const ending = new AbortController()
  const stopListening = session.listen(event => {
    note(event)
    signIns.take(event)
    switch (event.type) {
      case 'auth':
        return
      case 'auth-done':
        return recover()
      case 'permission':
      case 'permission-done':
      case 'ask':
      case 'ask-done':
        questions.take(event)
        return
      case 'user':
        if (delivery.isEcho(event)) return // Printed already, when it was sent.
        outbox.taken(event.text, event.messageId)
        break
      case 'server':
        if (!takeServer(event)) return recover()
        break
      case 'turn-start':
        // The runtime begins one by itself, too: for what it was sent at the very end of another one.
        turning = true
        if (phase === 'idle') phase = 'busy'
        break
      case 'idle':
        turning = false
        if (phase === 'busy') phase = 'idle'
        if (event.aborted) giveBack(outbox.dropped())
        break
      case 'stopped':
        phase = 'over'
        delivery.stop()
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
    if (session.stale && outbox.waiting[0] !== held) {
      held = outbox.waiting[0]
      return begin(recovery.settle(ending.signal))
    }
    const message = outbox.next()
    if (message === undefined) return
    const text = message.prompt === undefined ? news.before(message.text) : message.text
    phase = 'busy'
    spoken = true
    // It is on its way while it is drawn.
    const sent = delivery.send(message, text)
    show({ type: 'sent', text })
    await sent.catch(thrown => unsent(thrown, text))
  }

  function unsent(thrown: unknown, text: string): void {
    const error = hostError(thrown, 'the message could not be sent')
    if (ports.unsent) ports.unsent(error)
    else if (error.kind !== 'cancelled') fail(error, error.message)
    if (!ending.signal.aborted) giveBack([text])
    if (phase === 'busy') phase = 'idle'
    if (phase !== 'over') show({ type: 'idle', aborted: true })
  }

  async function atWork(first: (typeof work)[number]): Promise<void> {
    phase = 'at-work'
    stop = first.stop
    if (stop) show({ type: 'turn-start' })
    atHand = first.run().catch(thrown => fail(thrown, 'that failed'))
    await atHand
    if (stop && phase === 'at-work') show({ type: 'idle', aborted: false })
    stop = undefined
    if (phase !== 'at-work') return
    phase = turning ? 'busy' : 'idle'
    void next()
  }

  function giveBack(texts: readonly string[]): void {
    if (texts.length > 0) show({ type: 'draft', text: texts.join('\n') })
  }

  async function reloadServers(): Promise<void> {
    reloading = false
    elsewhere = false
    await begin(recovery.reload(ending.signal), 'the servers could not be reloaded')
  }

  /** Once the servers are there as far as they will be, what was typed meanwhile can go. Never rejects. */
  async function begin(coming: Promise<void>, otherwise = 'the servers did not come up'): Promise<void> {
    if (phase === 'over') return
    phase = 'starting'
    const there = await coming.then(
      () => true,
      thrown => fail(thrown, otherwise),
    )
    if (phase !== 'starting') return
    phase = turning ? 'busy' : 'idle'
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
    const each = typeof message === 'string' ? { text: message } : message
    // What is said to a runtime that has stopped must not be sent by itself later.
    if (phase === 'over') return void giveBack([each.text])
    outbox.add(each)
    if (phase === 'idle') return void next()
    outbox.tell()
    tellWaiting()
  }

  tellWaiting()
  const started = begin(recovery.settle(ending.signal))

  return {
    say,
    async steer(text) {
      if (phase !== 'busy') return say(text)
      const sent = delivery.steer(text, () => giveBack([text]))
      await sent.catch(thrown => fail(thrown, 'the message could not be sent'))
    },
    between(run, stop) {
      work.push({ run, stop })
      void next()
    },
    async settled() {
      while (phase === 'at-work' && !stop) await atHand
    },
    async interrupt() {
      giveBack(outbox.clear().map(({ text }) => text))
      await stop?.().catch(thrown => fail(thrown, 'it could not be stopped'))
      if (phase !== 'busy' || delivery.stop()) return
      outbox.aborting()
      await session.abort().catch(thrown => fail(thrown, 'the turn could not be stopped'))
    },
    get phase() {
      return phase
    },
    reload() {
      recovery.forget()
      reloading = true
      void next()
    },
    servers: () => servers,
    async end() {
      phase = 'over'
      delivery.stop()
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
