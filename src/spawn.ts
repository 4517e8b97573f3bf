import { execFile, spawn } from 'node:child_process'
import { constants, platform } from 'node:os'
import { kill } from 'node:process'

/** How long a program that was started may take to fail before it counts as running, in milliseconds. */
const EARLY = 500

/** How long a command may take to end by itself once it is told to, in milliseconds. */
const GRACE = 1000
/** How long the outputs of a command that has ended are still read, in milliseconds. */
const DRAIN = 200

export interface Child {
  program: string
  /** Given to the program as they are: there is no shell between. */
  args: readonly string[]
  /** The whole environment of the child, already without keys and tokens. */
  env: Readonly<Record<string, string | undefined>>
}

/**
 * Starts a program that goes on by itself: no shell, none of our streams, its own process group. Resolves to false when
 * it is missing, may not be run, or fails within the first half second; never throws.
 */
export function startProgram({ program, args, env }: Child): Promise<boolean> {
  return new Promise(resolve => {
    try {
      const child = spawn(program, args, {
        env,
        shell: false,
        stdio: 'ignore',
        detached: true,
        windowsHide: true,
      })
      const running = setTimeout(resolve, EARLY, true)
      running.unref()
      child.once('error', () => {
        clearTimeout(running)
        resolve(false)
      })
      child.once('exit', code => {
        clearTimeout(running)
        resolve(code === 0)
      })
      child.unref()
    } catch {
      // An argument that no program can be given, such as one with a NUL in it.
      resolve(false)
    }
  })
}

/**
 * Runs a program in the person's terminal until it ends, or is ended by the signal (killed after a second): no shell,
 * our own streams. Resolves to its exit code, or to undefined when there is no such program; never throws.
 */
export function runInTerminal(
  { program, args, env }: Child,
  ending?: AbortSignal,
): Promise<number | undefined> {
  return new Promise(resolve => {
    try {
      const child = spawn(program, args, { env, shell: false, stdio: 'inherit' })
      const stop = () => {
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGKILL'), GRACE).unref()
      }
      ending?.addEventListener('abort', stop, { once: true })
      if (ending?.aborted) stop()
      child.once('error', () => resolve(undefined))
      child.once('exit', (code, signal) => {
        ending?.removeEventListener('abort', stop)
        resolve(signal === null ? (code ?? 1) : 1)
      })
    } catch {
      // An argument that no program can be given, such as one with a NUL in it.
      resolve(undefined)
    }
  })
}

/**
 * What a program writes to its standard output: no shell, no other streams. Resolves to undefined when it is missing, fails,
 * writes more than `most` bytes or takes longer than `ms` milliseconds; never throws.
 */
export function readProgram(
  { program, args, env }: Child,
  { most, ms }: { most: number; ms: number },
): Promise<string | undefined> {
  return new Promise(resolve => {
    try {
      const options = {
        env,
        shell: false,
        maxBuffer: most,
        timeout: ms,
        killSignal: 'SIGKILL',
        windowsHide: true,
      } as const
      execFile(program, args, options, (error, stdout) => resolve(error ? undefined : stdout))
    } catch {
      resolve(undefined)
    }
  })
}

/**
 * Gives a program a text to read: no shell, no other streams. Resolves to true when it ends well within `ms` milliseconds;
 * never throws.
 */
export function feedProgram({ program, args, env }: Child, text: string, ms: number): Promise<boolean> {
  return new Promise(resolve => {
    try {
      const options = { env, shell: false, timeout: ms, killSignal: 'SIGKILL', windowsHide: true } as const
      const child = spawn(program, args, { ...options, stdio: ['pipe', 'ignore', 'ignore'] })
      child.once('error', () => resolve(false))
      child.once('exit', code => resolve(code === 0))
      // It may end before it has read everything.
      child.stdin.on('error', () => {}).end(text)
    } catch {
      resolve(false)
    }
  })
}

/**
 * Runs a command line of the person's own in their shell, the one place where a shell reads anything: in a process group of
 * its own, with nothing to read. Both outputs are told as they come. Resolves to the exit code, to undefined when the
 * signal has ended it, and rejects when there is no such shell.
 */
export function runShell(
  { program, args, env }: Child,
  output: (text: string) => void,
  stop: AbortSignal,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    stop.throwIfAborted()
    const child = spawn(program, args, {
      env,
      shell: false,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: platform() !== 'win32',
      windowsHide: true,
      // cmd.exe takes its line as it is.
      windowsVerbatimArguments: true,
    })
    const end = (name: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined && platform() !== 'win32') kill(-child.pid, name)
        else child.kill(name)
      } catch {
        // The group is gone already.
      }
    }
    const stopped = () => {
      end('SIGTERM')
      setTimeout(end, GRACE, 'SIGKILL').unref()
    }
    stop.addEventListener('abort', stopped, { once: true })
    child.once('error', reject)
    // With no file descriptor left there are none, whatever the types say.
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', output)
    child.once('exit', (code, signal) => {
      stop.removeEventListener('abort', stopped)
      // What it has left running in the background may hold its outputs for ever.
      const drained = setTimeout(() => child.stdout.destroy() && child.stderr.destroy(), DRAIN)
      child.once('close', () => {
        clearTimeout(drained)
        resolve(
          stop.aborted ? undefined : signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0),
        )
      })
    })
  })
}
