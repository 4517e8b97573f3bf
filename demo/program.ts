import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Run {
  /** The exit code; 128 and more for a signal, as a shell tells it. */
  code: number
  stdout: string
  stderr: string
}

export interface Running {
  ended: Promise<Run>
  /** Resolves with the first match in what was written to stderr; rejects when the program ends before. */
  said(pattern: RegExp): Promise<string>
  interrupt(): void
}

export interface Program {
  /** Runs it on the person's terminal; resolves to the exit code. */
  inTerminal(args: readonly string[], env: Record<string, string>): Promise<number>
  /** Runs it without a terminal and reads along. */
  start(args: readonly string[], env: Record<string, string>): Running
}

export interface ProgramOptions {
  execPath: string
  /** The file that Node is given: `bin/copilot-host.js`. */
  file: string
  folder: string
  /** Environment that every run starts from. */
  env: Record<string, string>
  /** Ends what runs; its reason is a signal's name. */
  signal: AbortSignal
}

/** Longer than any step of the story may take, in milliseconds. */
const LONGEST_RUN = 20_000

/** The ordinary program, as a child of the demo. */
export function ordinaryProgram({ execPath, file, folder, env: base, signal }: ProgramOptions): Program {
  const start = (args: readonly string[], env: Record<string, string>, stdio: 'inherit' | 'pipe') => {
    const child = spawn(execPath, [file, ...args], {
      cwd: folder,
      env: { ...base, ...env },
      stdio: stdio === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    const end = () => child.kill(isSignal(signal.reason) ? signal.reason : 'SIGTERM')
    signal.addEventListener('abort', end, { once: true })
    child.once('exit', () => signal.removeEventListener('abort', end))
    return child
  }

  return {
    async inTerminal(args, env) {
      const [code, name] = await once(start(args, env, 'inherit'), 'exit')
      return exitCode(code, name)
    },
    start(args, env) {
      const child = start(args, env, 'pipe')
      const run = { stdout: '', stderr: '' }
      const listeners = new Set<() => void>()
      for (const name of ['stdout', 'stderr'] as const) {
        child[name]?.setEncoding('utf8').on('data', (text: string) => {
          run[name] += text
          for (const listener of listeners) listener()
        })
      }
      const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN)
      const ended = once(child, 'close').then(([code, name]) => {
        clearTimeout(late)
        return { code: exitCode(code, name), ...run }
      })
      return {
        ended,
        interrupt: () => child.kill('SIGINT'),
        async said(pattern) {
          const heard = Promise.withResolvers<string>()
          const listen = () => {
            const match = pattern.exec(run.stderr)?.[0]
            if (match !== undefined) heard.resolve(match)
          }
          listeners.add(listen)
          listen()
          ended.then(({ code }) => heard.reject(new Error(`it ended with ${code}`)), heard.reject)
          return heard.promise.finally(() => listeners.delete(listen))
        },
      }
    },
  }
}

const SIGNALS: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

function isSignal(name: unknown): name is NodeJS.Signals {
  return typeof name === 'string' && name in SIGNALS
}

function exitCode(code: unknown, name: unknown): number {
  return typeof code === 'number' ? code : 128 + (SIGNALS[String(name)] ?? 15)
}
