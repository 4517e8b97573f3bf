import { createElement } from 'react'
import { hostError } from '../errors.ts'
import { maskSecrets } from '../mask.ts'
import { clean } from '../text.ts'
import { type Actions, App, type Terminal } from './app.tsx'
import { openAttention } from './attention.ts'
import { openClipboard } from './clipboard.ts'
import { written } from './composer/editor.ts'
import { type OfferEffect, offered } from './composer/offered.ts'
import { setDeadlines } from './deadlines.ts'
import { draw } from './draw.ts'
import { type Effect, pasteInto, press } from './input.ts'
import { openLoan } from './loan.ts'
import { palette } from './palette.ts'
import { notCopied } from './panels/press.ts'
import { openQuestions } from './questions.ts'
import { type Action, newView, reduce, type View } from './state.ts'
import { createStore } from './store.ts'
import type { Theme } from './theme.ts'
import { openTimers } from './timers.ts'
import { header } from './transcript/blocks.ts'
import { openLateStream } from './transcript/late-stream.ts'
import { paint } from './transcript/line.ts'
import type { Block } from './transcript/printing.ts'
import { openSheet } from './transcript/sheet.ts'
import type { Chat, ChatScreenOptions } from './types.ts'
import { within } from './within.ts'

/** Time between two frames of a long print, in milliseconds. */
const FRAME = 16
/** How long the terminal may take for the last frame, in milliseconds. */
const LAST_FRAME = 1000

/**
 * Opens the chat on the terminal. It can be used at once, before there is a session. The terminal is restored by
 * `close()`, by an error of the screen itself (`left` then rejects with a HostError), and by the end of the process.
 */
export function openChat(options: ChatScreenOptions): Chat {
  const { stdin, stdout, now, realTime = now, suspend, watchStops } = options
  const coloursOf = (theme: Theme) => palette(options.env, theme)
  const sheet = openSheet(stdout, options.env)
  const store = createStore(newView({ ...options, columns: sheet.columns() }))
  const { later, clear } = openTimers(safely)
  const left = Promise.withResolvers<Awaited<Chat['left']>>()
  left.promise.catch(() => undefined)
  let terminal: Terminal | undefined
  let closing: Promise<string> | undefined

  let printing = false
  /** While another program has the terminal nothing is released: what is printed then would be lost. */
  const loan = openLoan({
    ...{ suspend, watchStops, terminal: () => terminal },
    onBack: () => dispatch({ type: 'release' }),
    onError: fail,
  })

  const dispatch = (action: Action) => update(reduce(current(), action, now()))
  const stream = openLateStream(async () => {
    const { openStream } = await import('./transcript/stream.ts')
    return openStream(dispatch, now, later, sheet)
  }, fail)
  const questions = openQuestions(dispatch, store.get)
  const copy = openClipboard(options)
  const attention = openAttention(stdout, options.env, realTime, later)

  /** The view, and the window as it is now. */
  function current(): View {
    const view = store.get()
    return view.columns === sheet.columns() ? view : { ...view, columns: sheet.columns() }
  }

  function update(changed: View): void {
    const before = store.get()
    const next = printing || loan.away !== undefined ? changed : reduce(changed, { type: 'release' }, now())
    store.set(next)
    if (loan.away === undefined) attention.look(next)
    if (!printing && loan.away === undefined && next.ready.length > 0) printSoon()
    setDeadlines(before, next, { view: store.get, dispatch, now: realTime, later })
  }

  /** What is too much for one frame is printed in the next ones; keys are taken in between. */
  function printSoon(): void {
    printing = true
    later(() => {
      printing = false
      dispatch({ type: 'release' })
    }, FRAME)
  }

  /** Keys and timers come from outside React: no error boundary catches. */
  function safely(work: () => void): void {
    try {
      work()
    } catch (thrown) {
      fail(thrown)
    }
  }

  function fail(thrown: unknown): void {
    const detail = thrown instanceof Error ? clean(maskSecrets(thrown.message), 200) : 'unknown error'
    left.reject(hostError(thrown, `the chat screen failed: ${detail} (--debug-log <file> records more)`))
    close().catch(() => undefined)
  }

  function act(effect: Effect): void {
    if (effect.type === 'submit') options.onSubmit(effect.text, effect.now)
    else if (effect.type === 'restart') options.onRestart?.()
    else if (effect.type === 'queue') options.onQueue?.(effect.what)
    else if (effect.type === 'interrupt') options.onInterrupt()
    else if (effect.type === 'leave') left.resolve({ by: effect.by, draft: effect.draft })
    else if (effect.type === 'choice') questions.choose(effect.panel, effect.choice)
    else if (effect.type === 'copy') copyOut(effect.text)
    else if (effect.type === 'edit') editText(effect.text)
    else if (effect.type === 'files' || effect.type === 'commands') void offer(effect)
    else if (effect.type === 'qr') void drawQr(effect.text)
    else if (effect.type === 'cancel-all') questions.cancelSignIns()
    else if (effect.type === 'decision') questions.decide(effect.panel, effect.decision)
    else if (effect.type === 'answer') questions.answer(effect.panel, effect.answer)
    else loan.stop(true)
  }

  /** The panel in front has said that it was copied. */
  function copyOut(text: string): void {
    const [front] = store.get().panels
    if (!copy(text) && front !== undefined) dispatch({ type: 'panel-state', panel: notCopied(front) })
  }

  /** In the person's own editor; the chat goes on behind it. False if there is none. */
  function editText(text: string): boolean {
    const { editText } = options
    if (editText === undefined) return false
    const before = written(store.get().editor)
    loan.give(async () => {
      const edited = await editText(text)
      if ('text' in edited) dispatch({ type: 'edited', text: edited.text, before })
      else dispatch({ type: 'line', level: 'warning', text: edited.problem })
    })
    return true
  }

  /** What can be completed. */
  async function offer(wanted: OfferEffect): Promise<void> {
    const given = await offered(wanted, options)
    if (closing === undefined && given !== undefined) dispatch(given)
  }

  /** As a block of its own, so that it can be scrolled to and is never cut by a low window. */
  async function drawQr(text: string): Promise<void> {
    const { notDrawn, qrRows } = await import('./qr.ts')
    const rows = qrRows(text)
    const columns = rows[0]?.length ?? 0
    const [front] = store.get().panels
    if (columns <= sheet.columns()) dispatch({ type: 'whole', text: rows.join('\n') })
    else if (front !== undefined) dispatch({ type: 'panel-state', panel: notDrawn(front, columns) })
  }

  const actions: Actions = {
    onKeys: (keys, width) =>
      safely(() => {
        attention.typed()
        const { view, effects } = press(current(), keys, realTime(), width)
        update(view)
        effects.forEach(act)
      }),
    onPaste: text =>
      safely(() => {
        attention.typed()
        update(pasteInto(store.get(), text, realTime()))
      }),
    onPrinted: count => dispatch({ type: 'printed', count }),
    onLongText: text => dispatch({ type: 'whole', text }),
    onTerminal: given => {
      terminal = given
    },
    onError: fail,
  }

  stdout.write(
    `${paint(header(clean(options.version), store.get().model, store.get().folder), coloursOf(store.get().theme))}\n`,
  )
  const app = draw(window => createElement(App, { store, window, actions, coloursOf, now }), options)
  // In raw mode no key says that: the terminal is gone.
  const hungUp = () => left.resolve({ by: 'end', draft: written(store.get().editor) })
  stdin.once('end', hungUp)
  const exited = app.waitUntilExit().then(
    () => undefined,
    thrown => fail(thrown),
  )

  /** Prints without laying out: for what is long and stands still meanwhile. */
  function write(blocks: readonly Block[]): void {
    const colours = coloursOf(store.get().theme)
    const text = blocks.flatMap(block => block.lines.map(line => `${paint(line, colours)}\n`)).join('')
    if (text !== '') terminal?.write(text)
  }

  async function shut(): Promise<string> {
    // A component may fail while it is drawn for the first time, before there is an `app`.
    await Promise.resolve()
    loan.end()
    stdin.off('end', hungUp)
    await loan.away
    await stream.end()
    questions.close()
    dispatch({ type: 'close' })
    await within(app.waitUntilRenderFlush(), LAST_FRAME)
    write(store.get().ready)
    clear()
    app.unmount()
    attention.restore()
    await within(exited, LAST_FRAME)
    return written(store.get().editor)
  }

  function close(): Promise<string> {
    closing ??= shut()
    return closing
  }

  return {
    show(event) {
      if (closing === undefined) stream.take(event)
    },
    async showHistory(events) {
      const { past } = await import('./transcript/past.ts')
      const { ready, last, folded } = await past(events, now(), sheet)
      // What is printed while another program has the terminal is lost.
      while (loan.away !== undefined) await loan.away
      if (closing !== undefined) return
      write(ready)
      const prompts = events.flatMap(event => (event.type === 'user' ? [event.text] : []))
      dispatch({ type: 'history', last, folded, prompts })
    },
    signIn: questions.signIn,
    askPermission: questions.askPermission,
    ask: questions.ask,
    copy,
    edit: text => editText(text === '' ? written(store.get().editor) : text),
    theme(theme) {
      if (theme !== undefined) dispatch({ type: 'theme', theme })
      return store.get().theme
    },
    tell: ({ level, text }) => {
      if (closing === undefined) stream.take({ type: 'line', level, text })
    },
    left: left.promise,
    close,
  }
}
