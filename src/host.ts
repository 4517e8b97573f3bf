import { readFileSync, statSync } from 'node:fs'
import { constants, homedir, hostname } from 'node:os'
import { isAbsolute } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Fetch } from './auth/http.ts'
import type { Clock } from './auth/types.ts'
import { systemClock } from './clock.ts'
import { isCredential } from './config/environment.ts'
import { codeOf, HostError } from './errors.ts'
import { proxiedFetch } from './proxy.ts'

/** Everything the program takes from the machine it runs on. Only this file and `main.ts` name `process`. */
export interface Host {
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  env: Record<string, string>
  /** What of the environment is ignored, and why: a line each, told by whoever writes first. */
  ignored: readonly string[]
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
  /**
   * Stops this process, `whole` with its group as Ctrl+Z does elsewhere: who waits for it (`npm run`, a shell's script) would hold
   * the terminal. Resolves when it goes on, at once where nobody could let it go on.
   */
  suspend(whole: boolean): Promise<void>
  /** Collects garbage now and gives its pages back: 30 ms or so, and everything waits meanwhile. */
  collect(): void
  /**
   * From now on `stopped` is called where this process would be stopped by a signal (SIGTSTP), and `goesOn` when it goes on after
   * whatever has stopped it. Returns how to give that back.
   */
  watchStops: WatchStops
  /** Has `work` done at once when this process ends in whatever way but by SIGKILL; returns how to call it off. */
  atExit(work: () => void): () => void
  /** The program does not end before this is done, for two seconds at most. */
  finish(work: Promise<unknown>): void
  /** Resolves when what there is to be finished is done, or has had its time. */
  finished(): Promise<void>
  /**
   * Whether there is such a process, of whomever. Where the system tells (Linux), one that has ended and that nobody has waited
   * for is none, nor is one that began after `since` (milliseconds since the epoch): it has the number of another.
   */
  isRunning(pid: number, since?: number): boolean
  /** From now on Ctrl+C calls `handler` in place of ending the program. Returns how to give it back. */
  interrupts: Interrupts
  /** Aborted when the program has to end; the reason is the signal's name, or the error that nobody has caught. */
  signal: AbortSignal
}

export type WatchStops = (stopped: () => void, goesOn: () => void) => () => void

export type Interrupts = (handler: () => void) => () => void

/** How long {@link Host.finished} waits, in milliseconds. */
const FINISHING = 2000

/** The ports of a real machine. `root`: where the package lies. */
export function createHost(signal: AbortSignal, root: URL, interrupts: Interrupts): Host {
  const ignored = checkCertificates()
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  // Libraries that start a program hand it `process.env` as it is: from here on it holds no key and no token.
  for (const name of Object.keys(process.env)) if (isCredential(name)) delete process.env[name]
  // As if it were not set: everything that needs a temporary folder would fail, the runtime among it.
  if (env.TMPDIR !== undefined && !isFolder(env.TMPDIR)) {
    delete process.env.TMPDIR
    delete env.TMPDIR
  }
  const unfinished = new Set<Promise<unknown>>()
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env,
    ignored,
    platform: process.platform,
    folder: workingFolder(),
    home: env.HOME ?? env.USERPROFILE ?? homeOf(),
    name: hostname(),
    pid: process.pid,
    execPath: process.execPath,
    packageFile: path => fileURLToPath(new URL(path, root)),
    version: VERSION,
    nodeVersion: process.versions.node,
    clock: systemClock,
    fetch: proxiedFetch(env, globalThis.fetch),
    collect,
    suspend,
    watchStops(stopped, goesOn) {
      const continued = () => {
        goesOn()
        // Who does not have the terminal is not told that its size has changed.
        if (process.platform !== 'win32') process.kill(process.pid, 'SIGWINCH')
      }
      process.on('SIGTSTP', stopped).on('SIGCONT', continued)
      return () => void process.off('SIGTSTP', stopped).off('SIGCONT', continued)
    },
    atExit(work) {
      process.on('exit', work)
      return () => void process.off('exit', work)
    },
    finish(work) {
      const done = () => void unfinished.delete(work)
      unfinished.add(work)
      work.then(done, done)
    },
    async finished() {
      if (unfinished.size > 0) await Promise.race([Promise.allSettled(unfinished), sleep(FINISHING)])
    },
    isRunning,
    interrupts,
    signal,
  }
}

/**
 * Node looks at this variable at each connection: with it whoever is in between reads tokens. Neither this program nor anything that it
 * starts has it from here on.
 */
function checkCertificates(): string[] {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return []
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  return [
    'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are always checked; NODE_EXTRA_CA_CERTS names those of your company',
  ]
}

/**
 * Node gives its collector to who asks for it at the start, by a flag; a context that is made later has it, too. Of its ways only the
 * last resort gives pages back at once: after 30,000 tokens 97 MB are left of 213, and with the usual way all of them.
 */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  if (typeof gc === 'function') gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** Throws HostError `folder` where somebody has deleted it meanwhile. */
function workingFolder(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw new HostError('folder', 'that you work in: it is not there any more. Go to another one', { cause })
  }
}

function isFolder(path: string): boolean {
  try {
    return isAbsolute(path) && statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** How soon a process is stopped that has told itself so, in milliseconds. */
const STOPPED = 100

/** The system stops no process whose parent could not let it go on (a terminal's only program, one in a container). */
async function suspend(whole: boolean): Promise<void> {
  // Windows has no such signal.
  if (process.platform === 'win32') return
  const listeners = process.listeners('SIGTSTP')
  process.removeAllListeners('SIGTSTP')
  const goesOn = Promise.withResolvers<void>()
  process.once('SIGCONT', goesOn.resolve)
  process.kill(whole ? 0 : process.pid, 'SIGTSTP')
  const timer = setTimeout(goesOn.resolve, STOPPED)
  await goesOn.promise
  clearTimeout(timer)
  process.off('SIGCONT', goesOn.resolve)
  for (const listener of listeners) process.on('SIGTSTP', listener)
}

/** Ticks of `/proc` in a second: the same on every Linux. */
const TICKS = 100
/** How exact the times of processes and files are, in milliseconds. */
const EXACT = 5000

function isRunning(pid: number, since = Number.POSITIVE_INFINITY): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false
  }
  // The name of the program stands in brackets and may hold anything.
  const [state, ...numbers] = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
  const booted = /^btime (\d+)/m.exec(textOf('/proc/stat'))?.[1]
  const began = Number(booted) * 1000 + (Number(numbers[18]) * 1000) / TICKS
  return state !== 'Z' && state !== 'X' && !(began > since + EXACT)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
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

/** The exit code of a program that had to end; `name` is the reason of {@link Host.signal}. */
export function signalCode(name: unknown): number {
  if (name === 'SIGPIPE') return 0
  if (name instanceof Error) return name instanceof HostError ? name.exitCode : 1
  const signals: Record<string, number> = constants.signals
  return 128 + (signals[String(name)] ?? 15)
}
