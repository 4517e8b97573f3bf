import { createReadStream } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { codeOf, HostError } from '../errors.ts'
import { clean } from '../text.ts'
import { hostEvent } from './events.ts'
import { StoredId } from './protocol.ts'
import type { HostEvent } from './types.ts'

/** The longest line that is read, in bytes: a longer one counts as damaged and is never held. */
const LONGEST = 32 * 1024 * 1024
const LINE_FEED = 10
const LOG = 'events.jsonl'
const LOCK = /^inuse\.(\d{1,10})\.lock$/

/** One line of a stored session: what it means to us and when it was written (ISO 8601), or that it is damaged. */
export type StoredEvent = { kind: 'event'; event: HostEvent; time: string } | { kind: 'damaged' }

const Line = v.object({ type: v.string(), timestamp: v.fallback(v.string(), '') })

/**
 * Reads a stored session from its log, line by line, without the runtime: it refuses a log with a damaged line, and resuming
 * would write to it. `copilotHome` is Copilot CLI's folder. Throws HostError `session-unknown` if there is no such log.
 */
export async function* readStoredEvents(copilotHome: string, id: string): AsyncGenerator<StoredEvent> {
  const folder = folderOf(copilotHome, id)
  try {
    for await (const line of linesOf(join(folder, LOG))) {
      if (line === undefined) yield { kind: 'damaged' }
      else if (line.length > 0) yield* readLine(line)
    }
  } catch (thrown) {
    throw unreadable(id, thrown)
  }
}

/** So much of the end of a log is read at once, in bytes. */
const TAIL = 64 * 1024

/** The last events of a stored session, as far as they are in the end of its log. Empty where it cannot be read. */
export async function readStoredTail(copilotHome: string, id: string): Promise<HostEvent[]> {
  try {
    await using log = await open(join(folderOf(copilotHome, id), LOG))
    const { size } = await log.stat()
    const start = Math.max(0, size - TAIL)
    const { buffer, bytesRead } = await log.read(Buffer.alloc(size - start), 0, size - start, start)
    const text = buffer.subarray(0, bytesRead).toString('utf8')
    const lines = text.split('\n').slice(start > 0 ? 1 : 0)
    return lines.flatMap(line => {
      const parsed = line === '' ? undefined : parse(Buffer.from(line))
      return (parsed && hostEvent(parsed.data)) ?? []
    })
  } catch {
    return []
  }
}

/**
 * Takes the damaged lines out of the log of a session, which the runtime refuses to resume for a single one. The log as it was
 * stays beside it as `events.damaged.jsonl`. Gives how many lines went; 0, and nothing is touched, where none is damaged or
 * another process has the session open. Throws HostError `session-unknown` if the log cannot be read or written.
 */
export async function mendLog(copilotHome: string, id: string, isRunning: IsRunning): Promise<number> {
  const folder = folderOf(copilotHome, id)
  const file = join(folder, LOG)
  const mended = join(folder, 'events.mended.jsonl')
  try {
    if ((await locksIn(folder, isRunning)).some(({ held }) => held)) return 0
    let damaged = 0
    await rm(mended, { force: true })
    {
      await using target = await open(mended, 'wx', 0o600)
      for await (const line of linesOf(file)) {
        if (line === undefined || (line.length > 0 && parse(line) === undefined)) damaged += 1
        else if (line.length > 0) await target.appendFile(Buffer.concat([line, Buffer.of(LINE_FEED)]))
      }
    }
    if (damaged > 0) {
      await rename(file, join(folder, 'events.damaged.jsonl'))
      await rename(mended, file)
    }
    return damaged
  } catch (thrown) {
    throw unreadable(id, thrown)
  } finally {
    await rm(mended, { force: true }).catch(() => {})
  }
}

/**
 * Removes what processes have left behind that had this session open and were killed: the runtime takes the number of a process
 * for the process itself, and would say for ever that the session is open elsewhere. Never rejects.
 */
export async function removeStaleLocks(copilotHome: string, id: string, isRunning: IsRunning): Promise<void> {
  try {
    const folder = folderOf(copilotHome, id)
    const stale = (await locksIn(folder, isRunning)).filter(({ held }) => !held)
    await Promise.all(stale.map(({ name }) => rm(join(folder, name), { force: true })))
  } catch {
    // A session of another machine has no folder here.
  }
}

type IsRunning = (pid: number, since?: number) => boolean

/** The runtime leaves `inuse.<pid>.lock` in the folder of a session that it has open. */
async function locksIn(folder: string, isRunning: IsRunning): Promise<{ name: string; held: boolean }[]> {
  const names = (await readdir(folder)).filter(name => LOCK.test(name))
  return Promise.all(
    names.map(async name => {
      const written = await stat(join(folder, name)).catch(() => undefined)
      return { name, held: isRunning(Number(LOCK.exec(name)?.[1]), written?.mtimeMs) }
    }),
  )
}

function folderOf(copilotHome: string, id: string): string {
  if (v.is(StoredId, id)) return join(copilotHome, 'session-state', id)
  throw new HostError('session-unknown', `"${clean(id, 80)}" is no id of a session`)
}

function unreadable(id: string, thrown: unknown): HostError {
  const code = String(codeOf(thrown) ?? 'unreadable')
  return new HostError('session-unknown', `the log of session ${clean(id, 80)} cannot be read (${code})`)
}

function* readLine(line: Buffer): Generator<StoredEvent> {
  const parsed = parse(line)
  const event = parsed && hostEvent(parsed.data)
  if (parsed === undefined) yield { kind: 'damaged' }
  else if (event !== undefined) yield { kind: 'event', event, time: parsed.time }
}

/** Undefined for a line that is none. */
function parse(line: Buffer): { data: unknown; time: string } | undefined {
  try {
    const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line))
    return { data, time: v.parse(Line, data).timestamp }
  } catch {
    return undefined
  }
}

/** Undefined stands for a line that is too long. */
async function* linesOf(file: string): AsyncGenerator<Buffer | undefined> {
  let parts: Buffer[] = []
  let length = 0
  const take = () => {
    const line = length > LONGEST ? undefined : Buffer.concat(parts)
    parts = []
    length = 0
    return line
  }
  for await (const chunk of createReadStream(file)) {
    if (!Buffer.isBuffer(chunk)) continue
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      parts.push(chunk.subarray(from, end))
      length += end - from
      yield take()
      from = end + 1
    }
    length += chunk.length - from
    if (length <= LONGEST) parts.push(chunk.subarray(from))
    else parts = []
  }
  if (length > 0) yield take()
}
