import * as v from 'valibot'
import type { Reason, RouteName } from '../types.ts'
import { parseJson } from './json.ts'
import { openLineFile } from './line-file.ts'
import { LONGEST_SCOPE } from './record.ts'

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
  scope: v.optional(v.pipe(v.string(), v.maxLength(LONGEST_SCOPE))),
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
 */
export function openJournal(folder: string): Journal {
  const file = openLineFile(folder, 'journal', LARGEST)
  return {
    write: entry => file.add(JSON.stringify(entry)),
    async read(most) {
      const entries: JournalEntry[] = []
      for (const line of await file.read()) {
        const judged = v.safeParse(entrySchema, parseJson(line))
        if (judged.success) entries.push(judged.output)
      }
      return most <= 0 ? [] : entries.slice(-most)
    },
    changed: file.changed,
  }
}
