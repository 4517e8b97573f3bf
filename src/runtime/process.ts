import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { platform } from 'node:os'
// The only way to signal a whole process group.
import { kill } from 'node:process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, HostError } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
import { type Family, familyOf, signalFamily } from './family.ts'
import { findRuntime } from './find.ts'
import { createErrorOutput } from './stderr.ts'
import type { RuntimeOptions } from './types.ts'

export interface Ending {
  /** "code 7" or "SIGKILL". */
  how: Clean
  /** The last lines of stderr. */
  tail: Clean
}

export interface RuntimeProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** The file that was started, for errors. */
  readonly file: Clean
  /** Resolves when the process is gone, however that came. */
  readonly ended: Promise<Ending>
  /** From now on what it has started so far ends with it, see {@link familyOf}. */
  leave(): void
  /**
   * Sends SIGTERM to the process group and all that it has started, and SIGKILL to what is still there after `grace`
   * milliseconds. Resolves when all of them are gone.
   */
  end(grace: number): Promise<void>
}

/** How long a dead process may keep its stderr open (through children of its own) before its last words are taken as read. */
const LAST_WORDS = 200
/** How often is looked whether all that it has started is gone, in milliseconds. */
const LOOK = 20

/**
 * Starts the runtime in a process group of its own, so that Ctrl+C reaches us and not it. Throws HostError
 * `runtime-missing`, `runtime-start` or `folder`.
 */
export async function startProcess(options: RuntimeOptions): Promise<RuntimeProcess> {
  const program = findRuntime(options.path, options.execPath)
  const file = clean(program.file, 200)
  // spawn() reports a missing folder as if the program were missing.
  if (!statSync(options.folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new HostError('folder', clean(options.folder, 200))
  }
  const child = spawn(program.command, [...program.args, ...flags(options)], {
    cwd: options.folder,
    // Without it the runtime hides nothing that it is told to.
    env: { COPILOT_ENABLE_SECRET_FILTERING: 'true', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: platform() !== 'win32',
    windowsHide: true,
  })
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.on('error', cause =>
      reject(new HostError('runtime-start', `${file} cannot be run (${reasonOf(cause)})`, { cause })),
    )
  })
  // With no file descriptor left there are no pipes either, whatever the types say.
  if (child.stdin === undefined) await started
  const errors = createErrorOutput(options.log)
  child.stderr.on('data', chunk => errors.push(chunk))
  child.stderr.on('error', () => {})
  // A runtime that dies while it is written to: its end is told by `exit`.
  child.stdin.on('error', () => {})
  child.stdout.on('error', () => {})
  const ended = untilEnd(child, () => errors.tail())
  let family: Family = new Map()
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  const leave = () => {
    // What was seen before may have lost its parent since.
    if (child.pid !== undefined && !isOver()) family = new Map([...family, ...familyOf(child.pid)])
  }
  const endAll = (signal: NodeJS.Signals) => {
    signalGroup(child, signal)
    signalFamily(family, signal)
  }
  const forget = options.atExit?.(() => {
    leave()
    endAll('SIGKILL')
  })

  async function allGone(ms: number): Promise<void> {
    const until = performance.now() + ms
    while (signalFamily(family, 0)) {
      if (performance.now() > until) return endAll('SIGKILL')
      await sleep(LOOK)
    }
  }
  await started
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    file,
    ended,
    leave,
    async end(grace) {
      if (!isOver()) {
        leave()
        endAll('SIGTERM')
        const timer = setTimeout(endAll, grace, 'SIGKILL')
        await ended
        clearTimeout(timer)
      } else {
        endAll('SIGTERM')
        await ended
      }
      await allGone(grace)
      forget?.()
    },
  }
}

function flags({ login }: RuntimeOptions): string[] {
  return ['--headless', '--no-auto-update', '--stdio', ...(login ? [] : ['--no-auto-login'])]
}

function untilEnd(child: ChildProcess, tail: () => Clean): Promise<Ending> {
  return new Promise(resolve => {
    child.once('exit', (code, signal) => {
      // What it started (MCP servers, shells) must not outlive it.
      signalGroup(child, 'SIGTERM')
      const end = () => {
        clearTimeout(timer)
        resolve({ how: clean(signal ?? `code ${code}`), tail: tail() })
      }
      const timer = setTimeout(end, LAST_WORDS)
      child.once('close', end)
    })
  })
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (platform() === 'win32') child.kill(signal)
    else kill(-child.pid, signal)
  } catch {
    // Nobody is left in the group.
  }
}

/** What a person can do about it, where that is known. */
const REASONS: Readonly<Record<string, string>> = {
  EMFILE: 'EMFILE: this process may open no more files, ulimit -n raises that',
  ENFILE: 'ENFILE: this system may open no more files',
  EAGAIN: 'EAGAIN: this user may start no more processes, ulimit -u raises that',
  ENOMEM: 'ENOMEM: there is no memory left',
}

function reasonOf(cause: unknown): Clean {
  const code = String(codeOf(cause) ?? 'unknown reason')
  return clean(REASONS[code] ?? code)
}
