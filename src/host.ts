import { constants, homedir, hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Fetch } from './auth/http.ts'
import type { Clock } from './auth/types.ts'
import { isCredential } from './config/environment.ts'
import { proxiedFetch } from './proxy.ts'

/** Everything the program takes from the machine it runs on. Only this file and `main.ts` name `process`. */
export interface Host {
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  env: Record<string, string>
  platform: NodeJS.Platform
  folder: string
  home: string
  /** The name of this machine in its network. */
  name: string
  pid: number
  /** The Node that runs us, for our own children. */
  execPath: string
  /** A file of the package: `dist/keychain-child.js`, `bin/copilot-host.js`, ... */
  packageFile(path: string): string
  version: string
  /** Of the Node that runs us. */
  nodeVersion: string
  clock: Clock
  /** Through a proxy where the environment names one. */
  fetch: Fetch
  /** Stops this process as Ctrl+Z does elsewhere; resolves when it goes on. */
  suspend(): Promise<void>
  /** Whether there is such a process, of whomever. */
  isRunning(pid: number): boolean
  /** From now on Ctrl+C calls `handler` in place of ending the program. Returns how to give it back. */
  interrupts: Interrupts
  /** Aborted when the program is told to end; the reason is the signal's name. */
  signal: AbortSignal
}

export type Interrupts = (handler: () => void) => () => void

/** The ports of a real machine. `root`: where the package lies. */
export function createHost(signal: AbortSignal, root: URL, interrupts: Interrupts): Host {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  // Libraries that start a program hand it `process.env` as it is: from here on it holds no key and no token.
  for (const name of Object.keys(process.env)) if (isCredential(name)) delete process.env[name]
  // Node would say on the terminal that the one is ignored because of the other.
  if (process.env.FORCE_COLOR !== undefined) delete process.env.NO_COLOR
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env,
    platform: process.platform,
    folder: process.cwd(),
    home: env.HOME ?? env.USERPROFILE ?? homeOf(),
    name: hostname(),
    pid: process.pid,
    execPath: process.execPath,
    packageFile: path => fileURLToPath(new URL(path, root)),
    version: VERSION,
    nodeVersion: process.versions.node,
    clock: {
      now: () => Date.now(),
      sleep: async (ms, signal) => {
        await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
      },
    },
    fetch: proxiedFetch(env, globalThis.fetch),
    suspend: () =>
      new Promise(resolve => {
        // Something must hold the event loop while nothing else does, or the process ends when it goes on.
        const hold = setInterval(() => {}, 1_000_000)
        process.once('SIGCONT', () => {
          clearInterval(hold)
          resolve()
        })
        process.kill(process.pid, 'SIGTSTP')
      }),
    isRunning,
    interrupts,
    signal,
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Someone reads stderr and can type, although the answer may go elsewhere. */
export function isAttended(host: Host): boolean {
  return host.stdin.isTTY === true && host.stderr.isTTY === true
}

/** Empty for a user that the system does not know, as in some containers: whoever needs a folder then says so. */
function homeOf(): string {
  try {
    return homedir()
  } catch {
    return ''
  }
}

declare const VERSION: string

/** The exit code of a program that a signal has ended; `name` is the reason of {@link Host.signal}. */
export function signalCode(name: unknown): number {
  if (name === 'SIGPIPE') return 0
  const signals: Record<string, number> = constants.signals
  return 128 + (signals[String(name)] ?? 15)
}
