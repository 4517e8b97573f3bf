import { constants } from 'node:os'
import { spawn } from '@lydell/node-pty'
import xterm from '@xterm/headless'
import { lastLogged } from './debug-log.ts'
import { watchProcesses } from './leaks.ts'
import { PATIENCE } from './patience.ts'
import { faultsIn } from './shown.ts'

export interface TerminalOptions {
  cols?: number
  rows?: number
  cwd?: string
  /** The whole environment of the program; `CI` is taken out, since it changes what programs draw. */
  env?: Readonly<Record<string, string | undefined>>
  /** What kind of terminal the program takes it for. */
  term?: string
  /** Something else writes to it (tmux, a shell), which is not judged. */
  foreign?: boolean
}

/** A program in a pseudo-terminal, with an xterm as its screen. */
export interface TestTerminal {
  /** The screen itself, with its colours. */
  readonly terminal: xterm.Terminal
  readonly pid: number
  /** What is visible; rows that the terminal wrapped are one line again, so that words can be found. */
  screen(): string
  /** Scrollback and screen as lines: rows that the terminal wrapped are one line again. */
  lines(): string[]
  /** Scrollback and screen as rows. */
  rows(): string[]
  /** Where the cursor is, counted from the top left cell of the screen. */
  cursor(): { x: number; y: number }
  /** Every byte that the program wrote. */
  raw(): string
  /** How many frames (synchronized updates) it has begun. */
  frames(): number
  /** What was typed. */
  typed(): string
  /** True unless a frame has come in part: a terminal cuts the row that it is being given when it gets narrower. */
  whole(): boolean
  /** Command lines and environments of the program and of all that it has started. */
  processes(): readonly string[]
  /** The most memory that the program has had so far, in MiB; 0 where the system does not tell it. */
  peak(): number
  /** What the program left switched on or off. */
  modes(): { cursorHidden: boolean; bracketedPaste: boolean; alternateScreen: boolean }
  /** Waits until the predicate gives something truthy; looks after each output. Fails with what is on the screen. */
  until<T>(predicate: () => T, ms?: number): Promise<NonNullable<T>>
  /** Types: each argument is one read of the program. */
  keys(...reads: string[]): Promise<void>
  /** Sends bytes, piece by piece, which may cut characters. */
  write(chunks: readonly Buffer[]): Promise<void>
  /** A bracketed paste. */
  paste(text: string): void
  resize(cols: number, rows: number): void
  kill(signal?: NodeJS.Signals): void
  /** Closes the window: the terminal is gone. */
  hangUp(): void
  readonly exit: Promise<{ code: number; signal: number }>
  /** Ends the program if it still runs. Rejects if it has written what it must not, see `shown.ts`. */
  close(): Promise<void>
}

/** Shows what a program wrote once more, frame by frame: calls `look` with all lines after each synchronized update. */
export async function replay(
  raw: string,
  size: { cols: number; rows: number },
  look: (lines: readonly string[]) => void,
): Promise<void> {
  const screen = new xterm.Terminal({ ...size, scrollback: 100_000, allowProposedApi: true })
  for (const frame of raw.split(/(?<=\u001b\[\?2026l)/)) {
    await new Promise<void>(resolve => screen.write(frame, resolve))
    look(joined(rowsOf(screen, 0, screen.buffer.active.length)))
  }
  screen.dispose()
}

const { SIGKILL } = constants.signals

interface Row {
  text: string
  wrapped: boolean
}

/** Keys by name, as terminals send them. */
export const KEY = {
  enter: '\r',
  escape: '\u001b',
  up: '\u001b[A',
  down: '\u001b[B',
  left: '\u001b[D',
  right: '\u001b[C',
  backspace: '\u007f',
  altEnter: '\u001b\r',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  ctrlJ: '\n',
  ctrlZ: '\u001a',
} as const

export function openTerminal(
  command: string,
  args: readonly string[],
  options: TerminalOptions = {},
): TestTerminal {
  const { cols = 80, rows = 24, cwd, env = process.env, term = 'xterm-256color', foreign = false } = options
  const { CI: _, ...environment } = env
  const screen = new xterm.Terminal({ cols, rows, scrollback: 150_000, allowProposedApi: true })
  const child = spawn(command, [...args], {
    name: term,
    cols,
    rows,
    cwd,
    env: { ...environment, TERM: term },
  })
  const watched = watchProcesses(child.pid)
  const chunks: string[] = []
  const typed: string[] = []
  const type = (read: string) => {
    typed.push(read)
    child.write(read)
  }
  const watchers = new Set<() => void>()
  const looked = () => {
    for (const watcher of watchers) watcher()
  }
  const todo: { data: string; then: () => void }[] = []
  let taking = false
  /** One piece after the other: who has waited for the first looks before the screen goes on to the second. */
  function take(data: string, then: () => void): void {
    todo.push({ data, then })
    if (!taking) takeNext()
  }
  function takeNext(): void {
    const next = todo.shift()
    taking = next !== undefined
    if (next === undefined) return
    screen.write(next.data, () => {
      next.then()
      setImmediate(takeNext)
    })
  }
  let ended = false
  let gone = false
  // A frame (synchronized output) that has arrived in part is not on any person's screen yet.
  let cut = ''
  let drawing = false
  /** ... and what has come of it that the screen has not taken in. */
  let arriving = false
  let behind = 0
  child.onData(data => {
    chunks.push(data)
    const bytes = cut + data
    cut = bytes.slice(-7)
    const opens = bytes.lastIndexOf('\u001b[?2026h')
    const closes = bytes.lastIndexOf('\u001b[?2026l')
    const inside = opens === closes ? undefined : opens > closes
    arriving = inside ?? arriving
    behind += 1
    take(data, () => {
      behind -= 1
      drawing = inside ?? drawing
      looked()
    })
  })
  // Answers of the terminal to what the program asks it (device attributes, cursor position).
  screen.onData(answer => {
    if (!ended) child.write(answer)
  })
  const exit = new Promise<{ code: number; signal: number }>(resolve => {
    child.onExit(({ exitCode, signal }) => {
      ended = true
      watched.stop()
      take('', () => {
        looked()
        resolve({ code: exitCode, signal: signal ?? 0 })
      })
    })
  })

  const all = () => rowsOf(screen, 0, screen.buffer.active.length)
  const visible = () => rowsOf(screen, screen.buffer.active.viewportY, screen.rows)

  function until<T>(predicate: () => T, ms = PATIENCE): Promise<NonNullable<T>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (drawing && !ended) return
        let value: T
        try {
          value = predicate()
        } catch (thrown) {
          stop()
          reject(thrown)
          return
        }
        if (!value) return
        stop()
        resolve(value)
      }
      const stop = () => {
        watchers.delete(look)
        clearInterval(again)
        clearTimeout(limit)
      }
      // The predicate may look at something else than the screen.
      const again = setInterval(look, 50)
      const limit = setTimeout(() => {
        stop()
        const state = ended ? 'the program has ended' : 'the program runs'
        const seen = `${joined(visible()).join('\n').trimEnd()}${lastLogged(env.COPILOT_HOST_LOG)}`
        reject(new Error(`waited ${ms} ms for ${predicate} (${state}); the screen:\n${seen}`))
      }, ms)
      watchers.add(look)
      look()
    })
  }

  return {
    terminal: screen,
    pid: child.pid,
    screen: () => joined(visible()).join('\n'),
    lines: () => joined(all()),
    rows: () => all().map(row => row.text),
    cursor: () => ({ x: screen.buffer.active.cursorX, y: screen.buffer.active.cursorY }),
    raw: () => chunks.join(''),
    whole: () => !arriving && behind === 0,
    frames: () => chunks.join('').split('\u001b[?2026h').length - 1,
    typed: () => typed.join(''),
    processes: watched.seen,
    peak: watched.peak,
    modes() {
      const raw = chunks.join('')
      const on = (mode: string) => raw.lastIndexOf(`\u001b[?${mode}h`) > raw.lastIndexOf(`\u001b[?${mode}l`)
      return {
        cursorHidden: raw.includes('\u001b[?25l') && !on('25'),
        bracketedPaste: on('2004'),
        alternateScreen: on('1049'),
      }
    },
    until,
    async keys(...reads) {
      for (const read of reads) {
        type(read)
        // One turn of the loop, and the echo of the kernel, keep the reads apart.
        await new Promise(resolve => setImmediate(resolve))
      }
    },
    async write(chunks) {
      for (const chunk of chunks) {
        // It takes bytes too, although its types do not say so.
        child.write(chunk as unknown as string)
        await new Promise(resolve => setImmediate(resolve))
      }
    },
    paste: text => type(`\u001b[200~${text}\u001b[201~`),
    resize(columns, height) {
      // The terminal changes first and reflows; the program hears of it afterwards.
      screen.resize(columns, height)
      child.resize(columns, height)
    },
    kill(signal = 'SIGTERM') {
      if (!ended) child.kill(signal)
    },
    hangUp() {
      gone = true
      // Its types leave it out.
      if ('destroy' in child && typeof child.destroy === 'function') child.destroy()
    },
    exit,
    async close() {
      if (!ended) watched.look()
      if (!ended) child.kill('SIGKILL')
      const { signal } = await exit
      screen.dispose()
      const faults = foreign ? [] : faultsIn(chunks.join(''), signal !== SIGKILL && !gone)
      if (faults.length > 0) throw new Error(`${command} ${args.join(' ')}\n${faults.join('\n')}`)
    },
  }
}

function rowsOf(screen: InstanceType<typeof xterm.Terminal>, first: number, count: number): Row[] {
  const buffer = screen.buffer.active
  return Array.from({ length: count }, (_, at) => {
    const row = buffer.getLine(first + at)
    const continued = buffer.getLine(first + at + 1)?.isWrapped === true
    return { text: row?.translateToString(!continued) ?? '', wrapped: row?.isWrapped === true }
  })
}

function joined(rows: readonly Row[]): string[] {
  const out: string[] = []
  for (const { text, wrapped } of rows) {
    if (wrapped && out.length > 0) out[out.length - 1] += text
    else out.push(text)
  }
  return out.map(text => text.trimEnd())
}
