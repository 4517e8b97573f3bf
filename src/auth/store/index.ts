import { join } from 'node:path'
import * as v from 'valibot'
import type { Client, ServerKey, StoredEntry } from '../types.ts'
import { listOf } from './json.ts'
import { openJsonFile } from './json-file.ts'
import type { Lock } from './lock.ts'
import { slotSchema } from './slot.ts'

/** The sign-in server that a person last used for an MCP server; it outlives the grant. */
export interface KnownIssuer {
  issuer: string
  /** The id of the client that was used there. */
  clientId: string
  /** Since when, in milliseconds since the epoch. */
  since: number
}

/**
 * What the store knows without a question to the keychain; no secret, nothing about the content. `grants` and `clients`:
 * what is kept, where, and since when. `signedOut`: the person signed out; what is from before then is void, in that store where
 * it could not be reached and in the memory of other programs.
 */
export interface Index {
  list(list: ListName): Promise<readonly IndexEntry[]>
  /** Since when that key is on that list, in milliseconds since the epoch. */
  since(list: ListName, key: ServerKey, store: IndexEntry['store']): Promise<number | undefined>
  /** Where that client came from, as far as it was noted. */
  clientSource(key: ServerKey, store: IndexEntry['store']): Promise<Client['source'] | undefined>
  /** Puts it on the list, a client with where it came from; a grant ends a sign-out. */
  add(list: ListName, key: ServerKey, store: IndexEntry['store'], source?: Client['source']): Promise<void>
  /** Takes it off the list; a grant that is gone ends a sign-out. */
  remove(list: ListName, key: ServerKey, store: IndexEntry['store']): Promise<void>
  /** Takes the grant off its list and remembers that it is void from now on. */
  signOut(key: ServerKey, store: IndexEntry['store']): Promise<void>
  knownIssuer(server: string): Promise<KnownIssuer | undefined>
  /** The server counts as one that nobody has signed in to. */
  forgetIssuer(server: string): Promise<void>
  /** From now on this is the issuer of the server; the same one as before keeps its time. */
  setIssuer(key: ServerKey, clientId: string): Promise<void>
}

/** What is kept by a store that lasts. */
export type IndexEntry = StoredEntry & { store: 'keychain' | 'file'; source?: Client['source'] }

export type ListName = 'grants' | 'clients' | 'signedOut'

const VERSION = 1
const MOST_ENTRIES = 1000

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(2048))
const time = v.pipe(v.number(), v.finite())
const entrySchema = v.object({
  server: text,
  issuer: text,
  slot: v.optional(slotSchema),
  store: v.picklist(['keychain', 'file']),
  since: time,
  source: v.optional(v.picklist(['configured', 'document', 'registered'])),
})
const issuerSchema = v.object({
  server: text,
  issuer: text,
  clientId: v.pipe(v.string(), v.minLength(1), v.maxLength(8192)),
  since: time,
})
const entries = listOf(entrySchema, MOST_ENTRIES)
const fileSchema = v.object({
  v: v.pipe(v.number(), v.minValue(1)),
  grants: entries,
  clients: v.optional(entries, []),
  signedOut: v.optional(entries, []),
  issuers: v.optional(listOf(issuerSchema, MOST_ENTRIES), []),
})

type Content = v.InferOutput<typeof fileSchema>
const EMPTY: Content = { v: VERSION, grants: [], clients: [], signedOut: [], issuers: [] }

/**
 * The index, `index.json` in the state folder; without a folder it lasts as long as this process. It tells a locked
 * keychain from an empty one. A garbled file counts as empty, which `warn` is told, and is kept beside the next one; one of a
 * newer version is read as far as possible and not written. Changes reject when the file cannot be read or the folder not be written.
 */
export function openIndex(options: {
  folder?: string
  lock: Lock
  now: () => number
  warn?: (line: string) => void
}): Index {
  const { folder, lock, now, warn = () => {} } = options
  const file =
    folder === undefined
      ? undefined
      : openJsonFile(join(folder, 'index.json'), { schema: fileSchema, empty: EMPTY, warn })
  let memory = EMPTY

  const load = async () => (file === undefined ? memory : file.read())

  const read = () => load().catch(() => EMPTY)

  async function change(edit: (content: Content) => Content): Promise<void> {
    // A renewal changes nothing here: no reason to stand in line with every other program.
    const seen = await load()
    if (edit(seen) === seen) return
    await lock.exclusive('index', async () => {
      const content = await load()
      const edited = edit(content)
      if (content.v > VERSION || edited === content) return
      if (file === undefined) memory = edited
      else await file.write(edited)
    })
  }

  return {
    list: async list => (await read())[list],
    async since(list, key, store) {
      return (await read())[list].find(entry => matches(entry, key, store))?.since
    },
    async clientSource(key, store) {
      return (await read()).clients.find(entry => matches(entry, key, store))?.source
    },
    add: (list, key, store, source) =>
      change(content => {
        const known = content[list].find(entry => matches(entry, key, store))
        const cleared = list === 'grants' ? without('signedOut', content, key, store) : content
        if (known !== undefined && known.source === source) return cleared
        const entry = { ...key, store, since: known?.since ?? now(), source }
        return withEntry(list, without(list, cleared, key, store), entry)
      }),
    remove: (list, key, store) =>
      change(content => {
        const removed = without(list, content, key, store)
        return list === 'grants' ? without('signedOut', removed, key, store) : removed
      }),
    signOut: (key, store) =>
      change(content => {
        const removed = without('signedOut', without('grants', content, key, store), key, store)
        return withEntry('signedOut', removed, { ...key, store, since: now() })
      }),
    async knownIssuer(server) {
      const found = (await read()).issuers.find(each => each.server === server)
      return found && { issuer: found.issuer, clientId: found.clientId, since: found.since }
    },
    forgetIssuer: server =>
      change(content => {
        const issuers = content.issuers.filter(each => each.server !== server)
        return issuers.length === content.issuers.length ? content : { ...content, issuers }
      }),
    setIssuer: ({ server, issuer }, clientId) =>
      change(content => {
        const before = content.issuers.find(each => each.server === server)
        if (before?.issuer === issuer && before.clientId === clientId) return content
        const since = before?.issuer === issuer ? before.since : now()
        const others = content.issuers.filter(each => each !== before)
        return { ...content, issuers: last([...others, { server, issuer, clientId, since }]) }
      }),
  }
}

function matches(entry: IndexEntry, key: ServerKey, store: IndexEntry['store']): boolean {
  const same = entry.server === key.server && entry.issuer === key.issuer && entry.slot === key.slot
  return same && entry.store === store
}

function withEntry(
  list: ListName,
  content: Content,
  { server, issuer, slot, store, since, source }: IndexEntry,
): Content {
  return { ...content, [list]: last([...content[list], { server, issuer, slot, store, since, source }]) }
}

/** The same content where there was no such entry. */
function without(list: ListName, content: Content, key: ServerKey, store: IndexEntry['store']): Content {
  const rest = content[list].filter(entry => !matches(entry, key, store))
  return rest.length === content[list].length ? content : { ...content, [list]: rest }
}

function last<T>(list: T[]): T[] {
  return list.slice(-MOST_ENTRIES)
}
