import { constants } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Reason, RouteName } from '../types.ts'
import { parseJson } from './json.ts'

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants

/** A journal that has grown to this many bytes becomes the old one, and the one before that is gone. */
const LARGEST = 256 * 1024

const text = v.pipe(v.string(), v.maxLength(2048))
const entrySchema = v.object({
  time: v.pipe(v.string(), v.isoTimestamp()),
  server: text,
  url: v.optional(text),
  issuer: v.optional(text),
  account: v.optional(text),
  reason: v.picklist(['initial', 'refresh', 'upscope', 'reauth']),
  scope: v.optional(text),
  route: v.optional(v.picklist(['browser', 'device', 'paste', 'credentials', 'token'])),
  outcome: text,
  ms: v.pipe(v.number(), v.finite()),
})

/** What became of one sign-in or renewal; nothing secret. */
export interface JournalEntry {
  /** ISO 8601. */
  time: string
  server: string
  /** The address of the server, whatever it is called where this was written. */
  url?: string
  issuer?: string
  account?: string
  reason: Reason
  scope?: string
  route?: RouteName | 'credentials' | 'token'
  /** `signed-in`, `renewed`, `withdrawn`, or the kind of the error that ended it. */
  outcome: string
  /** How long it took, in milliseconds. */
  ms: number
}

export interface Journal {
  /** Adds a line. Never rejects: a journal that cannot be written is no reason to fail a sign-in. */
  write(entry: JournalEntry): Promise<void>
  /** The last entries, oldest first. Lines that are none (a crash, another version) are left out. */
  read(most: number): Promise<JournalEntry[]>
  /** Another text after each line that was added, by time and size: some file systems keep whole seconds only. */
  changed(): Promise<string | undefined>
}

/**
 * What became of each sign-in and renewal: `journal.jsonl` in the state folder, one JSON line each, no token and no code in it.
 * Several processes may write: a line is added by one write at the end of the file, and readers skip what is not whole.
 */
export function openJournal(folder: string): Journal {
  const file = join(folder, 'journal.jsonl')
  const old = join(folder, 'journal.old.jsonl')

  async function rotate(): Promise<void> {
    const { size } = await stat(file)
    if (size > LARGEST) await rename(file, old)
  }

  async function linesOf(path: string): Promise<string[]> {
    try {
      await using handle = await open(path, constants.O_RDONLY | O_NOFOLLOW)
      return (await handle.readFile('utf8')).split('\n')
    } catch {
      return []
    }
  }

  return {
    async write(entry) {
      try {
        await rotate().catch(() => {})
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await using handle = await open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
        await handle.write(`${JSON.stringify(entry)}\n`)
      } catch {}
    },
    async read(most) {
      const entries: JournalEntry[] = []
      for (const line of [...(await linesOf(old)), ...(await linesOf(file))]) {
        const judged = v.safeParse(entrySchema, parseJson(line))
        if (judged.success) entries.push(judged.output)
      }
      return most <= 0 ? [] : entries.slice(-most)
    },
    changed: () =>
      stat(file).then(
        ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
        () => undefined,
      ),
  }
}
