import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { platform } from 'node:os'
// The only way to signal a whole process group.
import { kill } from 'node:process'
import type { Readable, Writable } from 'node:stream'
import { HostError } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
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
  /** Sends SIGTERM to the process group, and SIGKILL if the process is still there after `grace` milliseconds. */
  end(grace: number): Promise<void>
}

/** How long a dead process may keep its stderr open (through children of its own) before its last words are taken as read. */
const LAST_WORDS = 200

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
  const errors = createErrorOutput()
  child.stderr.on('data', chunk => errors.push(chunk))
  child.stderr.on('error', () => {})
  // A runtime that dies while it is written to: its end is told by `exit`.
  child.stdin.on('error', () => {})
  child.stdout.on('error', () => {})
  const ended = untilEnd(child, () => errors.tail())
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.on('error', cause =>
      reject(new HostError('runtime-start', `${file} cannot be run (${codeOf(cause)})`, { cause })),
    )
  })
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    file,
    ended,
    async end(grace) {
      if (child.exitCode !== null || child.signalCode !== null) return void (await ended)
      signalGroup(child, 'SIGTERM')
      const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), grace)
      await ended
      clearTimeout(timer)
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

function codeOf(cause: unknown): Clean {
  return clean(cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason')
}
