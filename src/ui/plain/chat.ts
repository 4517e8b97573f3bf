import type { Clock } from '../../auth/types.ts'
import { clean } from '../../text.ts'
import { createPlainPrompt } from '../plain.ts'
import type { Chat, ChatEvent, ChatPorts } from '../types.ts'
import { isNumber } from './numbers.ts'
import { openOutput } from './output.ts'
import { askPermission } from './permission.ts'
import { putQuestion } from './question.ts'
import { openReader, type Reader } from './reader.ts'
import { createTurns } from './turns.ts'

export interface PlainChatOptions extends ChatPorts {
  stdin: NodeJS.ReadableStream
  stdout: { write(text: string): unknown }
  clock: Clock
  /** Takes Ctrl+C; see `Host`. */
  interrupts: (handler: () => void) => () => void
}

/** Two Ctrl+C within this time leave; two within the shorter one are one that was told twice. In milliseconds. */
const TWICE = 2000
const SAME = 100
const COMMAND = /^\/[a-z\d-]+(?: |$)/i
/** What keys do on a screen. */
const OWN = [
  { name: 'send', what: 'send what was given back (not sent: ...)' },
  { name: 'later', what: 'put the question that is open away' },
  { name: 'answer', what: 'ask it again' },
]

/**
 * Opens the chat as lines that are only ever appended: no escape sequence, nothing redrawn, nothing that moves with time.
 * The terminal edits and echoes what is typed, so nothing has to be restored.
 */
export function openPlainChat(options: PlainChatOptions): Chat {
  const { stdin, stdout, clock } = options
  const left = Promise.withResolvers<Awaited<Chat['left']>>()
  const write = (line: string) => void stdout.write(`${line}\n`)
  const turns = createTurns()
  const output = openOutput(write, clock.now)
  const reader = openReader({ stdin, clock, write, onText, onBlank: () => stopped && options.onRestart?.() })
  const prompt = createPlainPrompt({
    ...{ write, read: readerOf(false), now: clock.now, turns },
    again: server => `/login ${server}`,
    keep: text => text !== '/send' && show({ type: 'draft', text }),
  })
  /** The question that the person has begun to answer. */
  let answering: object | undefined
  /** The last question takes words, and the person has not left it: they may be none for the model. */
  let words = false
  /** What was given back, for `/send`. */
  let draft = ''
  let busy = false
  let stopped = false
  let pressed = Number.NEGATIVE_INFINITY
  let closed = false
  const release = options.interrupts(interrupt)
  void reader.ended.then(begun => left.resolve({ by: 'end', draft: begun }))

  function readerOf(takesWords: boolean): Reader['read'] {
    return async (signal, question) => {
      const { front } = turns
      words = takesWords
      const line = await reader.read(signal, question)
      if (takesWords && line.trim() === '/later') {
        words = false
        turns.putAway()
      }
      signal.throwIfAborted()
      answering = front
      return line
    }
  }

  /** A line that answers nothing is a message, unless it was meant for a question. */
  function onText(text: string, when: 'free' | 'early' | 'gone'): void {
    const meant = turns.front !== undefined && turns.front === answering
    if (meant) write('That came before it was asked for. It was not taken.')
    else if (isCallback(text)) write('That is the address of a sign-in that is not open. It was not sent.')
    else if (isNumber(text) && when === 'early') write('That came before the question. It was not taken.')
    else if (isNumber(text) && when === 'gone') write('That question is closed. Nothing was sent.')
    else if (text === '/send') sendDraft()
    else if (text === '/answer') {
      if (!turns.callBack()) write('No question waits.')
    } else if (text === '/later') write('No question is open.')
    else if (when === 'gone' && words && !COMMAND.test(text)) {
      draft = [draft, text].filter(Boolean).join('\n')
      write('That question is closed. Nothing was sent; /send sends it as a message.')
    } else for (const message of messagesOf(text)) submit(message)
  }

  function sendDraft(): void {
    const text = draft
    draft = ''
    if (text === '') write('There is nothing to send.')
    else options.onSubmit(text)
  }

  function submit(text: string): void {
    output.typed(text)
    options.onSubmit(text)
  }

  /** The first Ctrl+C takes away what is in front: the question, or the running turn. */
  function interrupt(): void {
    const now = clock.now()
    // The clock may have been put back.
    const since = Math.abs(now - pressed)
    if (since < SAME) return
    const again = since < TWICE
    pressed = now
    // The terminal has shown `^C`, and nothing behind it.
    write('')
    if (again) {
      left.resolve({ by: 'interrupt', draft: '' })
      return
    }
    write('Ctrl+C again leaves.')
    words = false
    if (!turns.giveUp() && (busy || output.queued > 0)) options.onInterrupt()
  }

  function show(event: ChatEvent): void {
    if (closed) return
    if (event.type === 'sent' || event.type === 'turn-start') busy = true
    if (event.type === 'idle' || event.type === 'stopped') busy = false
    if (event.type === 'stopped' || event.type === 'session') stopped = event.type === 'stopped'
    if (event.type === 'draft') draft = [event.text, draft].filter(Boolean).join('\n')
    output.take(event)
  }

  const place = [options.version, options.model ?? '', options.folder].map(text => clean(text, 200))
  write(`copilot-host ${place.filter(Boolean).join(', ')}`)
  write('Type a message and press Enter. /help lists commands. Ctrl+C stops, twice it leaves.')

  return {
    show,
    async showHistory(events) {
      write('Earlier in this session:')
      output.past(events)
      write('Now:')
    },
    signIn: prompt.signIn,
    tell: ({ level, text }) => show({ type: 'line', level, text }),
    askPermission: (ask, signal) => askPermission({ write, read: readerOf(true), turns }, ask, signal),
    ask: (ask, signal) => putQuestion({ write, read: readerOf(true), turns }, ask, signal),
    own: OWN,
    copy: () => false,
    edit: () => false,
    theme: () => undefined,
    left: left.promise,
    async close() {
      // The line that is being written is the terminal's.
      if (closed) return ''
      output.end()
      closed = true
      release()
      reader.close()
      return ''
    },
  }
}

/** Commands that were sent quickly one after the other are one each; any other text of several lines is one message. */
function messagesOf(text: string): string[] {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return lines.every(line => COMMAND.test(line)) ? lines : [text]
}

/** The address that a sign-in ends at: it holds a code, which is nothing for the model. */
function isCallback(text: string): boolean {
  return /^\S+$/.test(text) && /[?&#](?:code|error)=/.test(text) && /[?&#]state=/.test(text)
}
