import { HostError, hostError } from '../../errors.ts'
import { hostOf } from '../../text.ts'
import type { Client, ServerKey, StoredEntry } from '../types.ts'
import type { Index } from './index.ts'
import type { Lock } from './lock.ts'
import type { RecordFormat } from './record.ts'
import type { Vault } from './vault.ts'

/** Where entries are kept, and who is told of it. */
export interface Shelf {
  /** What outlives this process, if there is any. */
  durable?: { kind: 'keychain' | 'file'; vault: Vault }
  /** What could not be kept there, for this session. */
  session: Vault
  index: Index
  lock: Lock
  now: () => number
  warn: (line: string) => void
  /** Something was kept durably. */
  saved(): void
  /** It was not, for this reason; undefined where the person has read why. */
  unsaved(error?: unknown): void
}

/** The entries of one kind: the grants, or the clients. */
export interface Entries<T> {
  /** Rejects where a client of the person's own is kept and cannot be read: no other one may take its place. */
  read(key: ServerKey): Promise<T | undefined>
  write(key: ServerKey, value: T): Promise<void>
  forget(key: ServerKey, only?: T): Promise<void>
  /** Resolves when nothing is being deleted any more that reading has found to be void. */
  settled(): Promise<void>
  /** What is kept for this session only, and was not signed out of since. */
  held(): Promise<readonly StoredEntry[]>
}

export interface EntriesOptions<T> {
  list: 'grants' | 'clients'
  format: RecordFormat<T>
  /** The account name in the vault. */
  nameOf: (key: ServerKey) => string
  /** The name of the lock under which they are changed. */
  lockOf: (key: ServerKey) => string
  /** When the value came to be, for values that a sign-out makes void. */
  madeAt?: (value: T) => number
  /** Where the value came from, for clients. */
  sourceOf?: (value: T) => Client['source']
}

/**
 * Entries of one kind on a shelf. What cannot be kept durably is kept for this session, and nothing that is stored is
 * deleted for it; it serves until another program has kept a later one, or a person has signed out. An entry of a newer version is left alone; a garbled one counts as absent; each is said in one line.
 */
export function openEntries<T>(shelf: Shelf, options: EntriesOptions<T>): Entries<T> {
  const { durable, session, index, lock, warn } = shelf
  const { list, format, nameOf, lockOf, madeAt, sourceOf } = options
  const discarding = new Set<Promise<void>>()
  const held = new Map<string, { key: ServerKey; since: number }>()

  function newerText(key: ServerKey): string {
    return `the saved ${format.noun} for ${hostOf(key.server)} was made by a newer version of copilot-host: it is left as it is`
  }

  async function unsavedUnlessLost(key: ServerKey, error: unknown) {
    await lock.check(lockOf(key))
    shelf.unsaved(error)
  }

  /** The index is a help, not the store: where it cannot be written, signing in goes on. */
  async function indexed(change: Promise<void>) {
    await change.catch(() =>
      warn('the list of sign-ins cannot be written: a locked keychain will look empty'),
    )
  }

  /** The stored text. Nothing found for an entry that the index knows: locked (then this rejects) or lost. */
  async function find({ vault, kind }: NonNullable<Shelf['durable']>, key: ServerKey) {
    const text = await vault.get(nameOf(key))
    if (text !== undefined || (await index.since(list, key, kind)) === undefined) return text
    await vault.probe()
    const again = await vault.get(nameOf(key))
    if (again === undefined) await indexed(index.remove(list, key, kind))
    return again
  }

  /** True for what is from before the last sign-out. */
  async function isVoid(key: ServerKey, at: number | undefined): Promise<boolean> {
    if (!durable || at === undefined) return false
    const signedOut = await index.since('signedOut', key, durable.kind)
    return signedOut !== undefined && at <= signedOut
  }

  async function unread(key: ServerKey, { kind }: NonNullable<Shelf['durable']>, error: unknown) {
    shelf.unsaved(error)
    if (list === 'clients' && (await index.clientSource(key, kind)) === 'configured') throw error
    return undefined
  }

  /** What is kept durably, or what is held here; of both the better one, and this one where that cannot be read. */
  async function textOf(key: ServerKey): Promise<string | undefined> {
    const name = nameOf(key)
    const mine = await session.get(name)
    if (mine === undefined) return durable && find(durable, key).catch(error => unread(key, durable, error))
    const kept = await durable?.vault.get(name).catch(() => undefined)
    if (kept === undefined || !isBetter(key, kept, mine)) return mine
    if ((await session.get(name)) === mine) await drop(key)
    return kept
  }

  /** A later grant; a client of the person's own. */
  function isBetter(key: ServerKey, kept: string, mine: string): boolean {
    const [theirs, ours] = [format.decode(key, kept), format.decode(key, mine)]
    if (theirs.kind !== 'value' || ours.kind !== 'value') return false
    if (madeAt) return madeAt(theirs.value) > madeAt(ours.value)
    return sourceOf?.(theirs.value) === 'configured'
  }

  async function read(key: ServerKey): Promise<T | undefined> {
    const text = await textOf(key)
    if (text === undefined) return undefined
    const decoded = format.decode(key, text)
    if (decoded.kind === 'newer') warn(newerText(key))
    if (decoded.kind === 'garbled') {
      warn(`the saved ${format.noun} for ${hostOf(key.server)} cannot be read: a new one will replace it`)
    }
    if (decoded.kind !== 'value') return undefined
    if (!(await isVoid(key, madeAt?.(decoded.value)))) return decoded.value
    discard(key, decoded.value)
    return undefined
  }

  /** Under the lock, or it could take a new one with it; not waited for, since the reader may be inside. */
  function discard(key: ServerKey, value: T): void {
    const work = async () => {
      if (await isVoid(key, madeAt?.(value))) await forget(key, value)
    }
    const gone = lock
      .exclusive(lockOf(key), work)
      .catch(() => {})
      .finally(() => discarding.delete(gone))
    discarding.add(gone)
  }

  async function write(key: ServerKey, value: T): Promise<void> {
    const text = format.encode(key, value)
    await lock.check(lockOf(key))
    const saved = durable && (await save(key, text).catch(error => unsavedUnlessLost(key, error)))
    if (saved) {
      shelf.saved()
      await drop(key)
      await indexed(index.add(list, key, durable.kind, sourceOf?.(value)))
    } else {
      await session.set(nameOf(key), text)
      held.set(nameOf(key), { key, since: shelf.now() })
    }
  }

  async function drop(key: ServerKey): Promise<void> {
    await session.delete(nameOf(key))
    held.delete(nameOf(key))
  }

  /** False if it was left alone: an entry of a newer version is never overwritten. */
  async function save(key: ServerKey, text: string): Promise<boolean> {
    if (!durable) return false
    const before = await durable.vault.get(nameOf(key))
    if (before !== undefined && format.decode(key, before).kind === 'newer') {
      warn(newerText(key))
      shelf.unsaved()
      return false
    }
    await lock.check(lockOf(key))
    await durable.vault.set(nameOf(key), text)
    return true
  }

  async function forget(key: ServerKey, only?: T): Promise<void> {
    await lock.check(lockOf(key))
    if (isThat(key, await session.get(nameOf(key)), only)) await drop(key)
    if (!durable) return
    try {
      if (!isThat(key, await find(durable, key), only)) return
      await lock.check(lockOf(key))
      await durable.vault.delete(nameOf(key))
      // Noted also where it worked: another program may still hold one.
      const bySignOut = madeAt !== undefined && only === undefined
      await indexed(bySignOut ? index.signOut(key, durable.kind) : index.remove(list, key, durable.kind))
    } catch (error) {
      await lock.check(lockOf(key))
      if (only) return shelf.unsaved(error)
      if (madeAt) await index.signOut(key, durable.kind).catch(cause => notNoted(error, cause))
      throw error
    }
  }

  /** Not void either: what is kept there will be found again. */
  function notNoted(error: unknown, cause: unknown): never {
    const { message } = hostError(error, 'the token store cannot be used')
    throw new HostError('failure', `${message}, nor can anything beside it: the sign-in stays there`, {
      cause,
    })
  }

  /** True if that stored text is the value to forget; without one, anything is. */
  function isThat(key: ServerKey, text: string | undefined, only: T | undefined): boolean {
    if (text === undefined) return false
    if (!only) return true
    const decoded = format.decode(key, text)
    return decoded.kind === 'value' && format.same(decoded.value, only)
  }

  return {
    read,
    write,
    forget,
    async held() {
      const found: StoredEntry[] = []
      for (const { key, since } of [...held.values()])
        if (!(await isVoid(key, since))) found.push({ ...key, store: 'memory', since })
      return found
    },
    async settled() {
      await Promise.all(discarding)
    },
  }
}
