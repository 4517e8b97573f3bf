import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import type { ServerKey } from '../types.ts'
import { parseJson } from './json.ts'
import type { Lock } from './lock.ts'
import { replaceFile } from './replace.ts'

/** That a grant exists, where, and since when (milliseconds since the epoch). No secret, nothing about its content. */
export interface IndexEntry {
  server: string
  issuer: string
  store: 'keychain' | 'file'
  since: number
}

export interface Index {
  list(): Promise<readonly IndexEntry[]>
  has(key: ServerKey, store: IndexEntry['store']): Promise<boolean>
  add(key: ServerKey, store: IndexEntry['store']): Promise<void>
  remove(key: ServerKey, store: IndexEntry['store']): Promise<void>
}

const VERSION = 1
const MOST_ENTRIES = 1000
const LARGEST_FILE = 1024 * 1024

const fileSchema = v.object({ v: v.pipe(v.number(), v.minValue(1)), grants: v.array(v.unknown()) })
const entrySchema = v.object({
  server: v.pipe(v.string(), v.minLength(1), v.maxLength(2048)),
  issuer: v.pipe(v.string(), v.minLength(1), v.maxLength(2048)),
  store: v.picklist(['keychain', 'file']),
  since: v.pipe(v.number(), v.finite()),
})

/**
 * The index of grants, `index.json` in the state folder. It tells a locked keychain from an empty one, and lists
 * sign-ins without a question to the keychain. An unreadable file counts as empty; one of a newer version is not written.
 * Changes reject when the folder cannot be written.
 */
export function openIndex(options: { folder: string; lock: Lock; now: () => number }): Index {
  const { folder, lock, now } = options
  const file = join(folder, 'index.json')

  async function read(): Promise<{ newer: boolean; entries: IndexEntry[] }> {
    const data = v.safeParse(fileSchema, await readJson(file))
    if (!data.success) return { newer: false, entries: [] }
    const entries = data.output.grants.slice(0, MOST_ENTRIES).filter(entry => v.is(entrySchema, entry))
    return { newer: data.output.v > VERSION, entries }
  }

  function change(edit: (entries: IndexEntry[]) => IndexEntry[]): Promise<void> {
    return lock.exclusive('index', async () => {
      const { newer, entries } = await read()
      const edited = edit(entries)
      if (newer || edited === entries) return
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const text = JSON.stringify({ v: VERSION, grants: edited.slice(-MOST_ENTRIES) }, undefined, 2)
      await replaceFile(file, `${text}\n`)
    })
  }

  return {
    async list() {
      return (await read()).entries
    },
    async has(key, store) {
      return (await read()).entries.some(entry => matches(entry, key, store))
    },
    async add(key, store) {
      await change(entries =>
        entries.some(entry => matches(entry, key, store))
          ? entries
          : [...entries, { server: key.server, issuer: key.issuer, store, since: now() }],
      )
    },
    async remove(key, store) {
      await change(entries =>
        entries.some(entry => matches(entry, key, store))
          ? entries.filter(entry => !matches(entry, key, store))
          : entries,
      )
    },
  }
}

function matches(entry: IndexEntry, key: ServerKey, store: IndexEntry['store']): boolean {
  return entry.server === key.server && entry.issuer === key.issuer && entry.store === store
}

async function readJson(file: string): Promise<unknown> {
  try {
    await using handle = await open(file, 'r')
    const { size } = await handle.stat()
    return size > LARGEST_FILE ? undefined : parseJson(await handle.readFile('utf8'))
  } catch {
    return undefined
  }
}
