import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { mkdir, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, HostError } from '../../errors.ts'
import { clean } from '../../text.ts'
import type { Check } from '../types.ts'

export interface Lock {
  /**
   * Runs `work` while nobody else, in this process or another of this user, is inside under the same name. The signal is
   * aborted when the lock is lost, and when it was held for 30 s and is given back: then neither write nor send. `abandoned`
   * where it was taken over from a process that was killed or stopped inside. Rejects after 30 s of waiting.
   */
  exclusive<T>(name: string, work: Work<T>): Promise<T>
  /** Rejects if somebody in this process holds that lock and may have lost it to another process, or has it for less than `ms`. */
  check(name: string, ms?: number): Promise<void>
  /** Ends every wait for a lock. */
  close(): void
}

type Work<T> = (signal: AbortSignal, check: Check, abandoned: boolean) => Promise<T>

export interface LockOptions {
  /** Where the locks are; absent: exclusion inside this process only. */
  folder?: string
  warn: (line: string) => void
  /** Age of the heartbeat, in milliseconds, after which a lock counts as abandoned (at least 2000). */
  stale?: number
  /** How long a lock is held or waited for at most, in milliseconds, instead of 30 s. */
  longest?: number
  /** How long a folder that cannot be written is left alone, in milliseconds, instead of a minute. */
  pause?: number
}

interface Held {
  signal: AbortSignal
  /** When it is given back at the latest (`performance.now()`). */
  until: number
  lost(): Promise<boolean>
}

const HEARTBEAT = 2000
const LONGEST = 30_000
const PAUSE = 60_000
/** Faults of one attempt after which the folder counts as one that cannot be written. */
const MOST_FAULTS = 3

/**
 * Locks across processes: a folder per name, kept alive by touching it every 2 s, taken over when that is 10 s old. The
 * owner's process id plays no part: containers that share a folder do not share process ids. While the folder cannot be
 * written, one warning, and exclusion inside this process; it is tried anew after a minute.
 */
export function createLock(options: LockOptions): Lock {
  const { folder, warn, stale = 10_000, longest = LONGEST, pause = PAUSE } = options
  const queue = new Map<string, Promise<unknown>>()
  const held = new Map<string, Held>()
  const closing = new AbortController()
  let unusableUntil = 0
  let warned = false

  async function exclusive<T>(name: string, work: Work<T>): Promise<T> {
    // One process never fights with itself over a folder: its callers stand in line.
    const before = queue.get(name)
    const run = Promise.resolve(before).then(() => inside(name, work))
    const done = run.catch(() => {})
    queue.set(name, done)
    try {
      return await run
    } finally {
      if (queue.get(name) === done) queue.delete(name)
    }
  }

  async function inside<T>(name: string, work: Work<T>): Promise<T> {
    const controller = new AbortController()
    const lease = await acquire(name, () => controller.abort(lostError()))
    const timer = setTimeout(() => {
      controller.abort(busyError())
      void lease.release()
    }, longest)
    held.set(name, { signal: controller.signal, until: performance.now() + longest, lost: lease.lost })
    try {
      return await work(controller.signal, ms => check(name, ms), lease.abandoned)
    } finally {
      clearTimeout(timer)
      held.delete(name)
      await lease.release()
    }
  }

  async function check(name: string, ms = 0): Promise<void> {
    const owner = held.get(name)
    owner?.signal.throwIfAborted()
    if (await owner?.lost()) throw lostError()
    if (owner && owner.until - performance.now() < ms) throw busyError()
  }

  async function acquire(name: string, lost: () => void): Promise<Lease & { abandoned: boolean }> {
    const deadline = performance.now() + longest
    let faults = 0
    let abandoned = false
    while (folder && faults < MOST_FAULTS && performance.now() >= unusableUntil) {
      closing.signal.throwIfAborted()
      const path = join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 24)}.lock`)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        abandoned = (await removeAbandoned(path, stale)) || abandoned
        return { ...(await lease(path, stale, lost)), abandoned }
      } catch (error) {
        if (codeOf(error) !== 'ELOCKED') faults += 1
        else if (performance.now() > deadline) throw busyError()
      }
      if (faults === MOST_FAULTS) unusable(folder)
      else await sleep(20 + Math.random() * 80, undefined, { signal: closing.signal }).catch(() => {})
    }
    return { lost: async () => false, release: async () => {}, abandoned }
  }

  function unusable(path: string): void {
    unusableUntil = performance.now() + pause
    if (!warned)
      warn(`the folder ${clean(path, 200)} cannot be written: do not sign in from two terminals at once`)
    warned = true
  }

  return {
    exclusive,
    check,
    close: () => closing.abort(new HostError('store-unavailable', 'the program is ending')),
  }
}

interface Lease {
  /** True if the lock is somebody else's, or could be before a write that starts now has ended. */
  lost(): Promise<boolean>
  release(): Promise<void>
}

/**
 * Removes a lock whose heartbeat has ended. The library would do so too, but of several who find it at the same moment
 * one would remove what another has just taken, and both would be inside: here they stand in line for it, and look again.
 * True if this one has removed it.
 */
async function removeAbandoned(path: string, stale: number): Promise<boolean> {
  if (!(await isAbandoned(path, stale))) return false
  const turn = `${path}.turn`
  try {
    await mkdir(turn)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    // Left by a process that was killed in this very place.
    if (await isAbandoned(turn, stale)) await rmdir(turn).catch(() => {})
    return false
  }
  try {
    const still = await isAbandoned(path, stale)
    if (still) await rmdir(path)
    return still
  } finally {
    await rmdir(turn).catch(() => {})
  }
}

/** A heartbeat far in the future is none either: the clock was put back since. */
async function isAbandoned(path: string, stale: number): Promise<boolean> {
  return stat(path).then(
    ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs) > stale,
    () => false,
  )
}

/** Takes the lock folder or rejects with `ELOCKED`. */
async function lease(path: string, stale: number, compromised: () => void): Promise<Lease> {
  let beat = 0
  /** The times of modification that are ours: who takes over sets another one. */
  let marks: readonly number[] = []
  const { default: lockfile } = await import('proper-lockfile')
  const release = await lockfile.lock(path, {
    lockfilePath: path,
    realpath: false,
    stale: Number.POSITIVE_INFINITY,
    update: HEARTBEAT,
    onCompromised: compromised,
    fs: {
      ...fs,
      // The library tells of a lost lock only with its next heartbeat; a process that was stopped must know at once.
      utimes(file: string, asked: Date, _: Date, done: fs.NoParamCallback) {
        const now = Date.now()
        // Its first mark is a rounded time, which two takers would share.
        const mark = beat === 0 ? new Date(now + 1 + Math.floor(Math.random() * 998)) : asked
        marks = [...marks.slice(-1), mark.getTime()]
        fs.utimes(file, mark, mark, error => {
          if (!error) beat = now
          done(error)
        })
      },
    },
  })

  async function ours(): Promise<boolean> {
    return stat(path).then(
      // Some file systems keep whole seconds only.
      ({ mtimeMs }) => marks.some(mark => mark === Math.round(mtimeMs) || mark - (mark % 1000) === mtimeMs),
      () => false,
    )
  }
  return {
    lost: async () => Math.abs(Date.now() - beat) > stale * 0.7 || !(await ours()),
    // Not if it is somebody else's by now: the next heartbeat will notice and end.
    release: async () => ((await ours()) ? release().catch(() => {}) : undefined),
  }
}

function lostError(): HostError {
  return new HostError('store-unavailable', 'this program was stopped for too long: try again')
}

function busyError(): HostError {
  return new HostError('store-unavailable', 'another copilot-host is busy with the same sign-in: try again')
}
