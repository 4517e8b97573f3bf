import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { hostError } from '../../errors.ts'
import { hostOf } from '../../text.ts'
import type { Grant, ServerKey, TokenStore } from '../types.ts'
import { openTokenFile } from './file.ts'
import { openIndex } from './index.ts'
import { openKeychain } from './keychain.ts'
import type { KeychainProcessOptions } from './keychain-process.ts'
import { createLock, type Lock } from './lock.ts'
import { openMemory } from './memory.ts'
import { decodeRecord, encodeRecord, sameGrant } from './record.ts'
import type { Vault } from './vault.ts'

export interface StoreOptions extends KeychainProcessOptions {
  kind: 'auto' | 'keychain' | 'memory' | 'file'
  /** The state folder, absolute. */
  folder: string
  /** The name of our entries in the keychain: {@link serviceName}. */
  service: string
  /** Takes one line that the person should see. */
  warn: (line: string) => void
  /** Milliseconds since the epoch. */
  now: () => number
}

/** The keychain service of a state folder: other folders (demo, tests, a second set-up) never meet the person's own. */
export function serviceName(folder: string, isDefault: boolean): string {
  if (isDefault) return 'copilot-host'
  return `copilot-host-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`
}

/**
 * Opens the token store, at once and without waiting for anything: a keychain comes up in its child meanwhile. `auto` is
 * the keychain. What cannot be kept there, for whatever reason, is kept in memory for this session, and one line says so;
 * nothing that is stored is deleted for it.
 *
 * `forget` for one particular grant is housekeeping and never rejects; without `only` it is the person's command, and
 * rejects with `store-unavailable` if the entry may still be there. `write` and `forget` inside `exclusive` reject when
 * the lock was lost. Neither takes the lock itself.
 */
export function openStore(options: StoreOptions): TokenStore {
  const { folder } = options
  let closed = false
  const said = new Set<string>()
  const warn = (line: string) => {
    if (closed || said.has(line)) return
    said.add(line)
    options.warn(line)
  }

  const lock = createLock({ folder: options.kind === 'memory' ? undefined : join(folder, 'locks'), warn })
  const index = openIndex({ folder, lock, now: options.now })
  const session = openMemory()
  const durable = openDurable(options, lock, warn)
  /** False while the last attempt to keep something failed: then this store is one in memory. */
  let saves = true
  let troubled = false

  function trouble(error: unknown) {
    saves = false
    if (troubled) return
    troubled = true
    const { detail } = hostError(error, 'the token store cannot be used')
    const hint = durable?.kind === 'keychain' ? ' (--token-store file keeps them)' : ''
    warn(`${detail}: sign-ins last until you leave${hint}`)
  }

  async function troubleUnlessLost(account: string, error: unknown) {
    await lock.check(account)
    trouble(error)
  }

  /** The stored text. Nothing found for a grant that the index knows: locked (then this rejects) or lost. */
  async function find({ vault, kind }: Durable, key: ServerKey): Promise<string | undefined> {
    const text = await vault.get(accountOf(key))
    if (text !== undefined || !(await index.has(key, kind))) return text
    await vault.probe()
    const again = await vault.get(accountOf(key))
    if (again === undefined) await indexed(index.remove(key, kind))
    return again
  }

  /** The index is a help, not the store: where it cannot be written, signing in goes on. */
  async function indexed(change: Promise<void>) {
    await change.catch(() =>
      warn('the list of sign-ins cannot be written: a locked keychain will look empty'),
    )
  }

  async function read(key: ServerKey): Promise<Grant | undefined> {
    const account = accountOf(key)
    const held = await session.get(account)
    const text = held ?? (durable && (await find(durable, key).catch(trouble)))
    if (text === undefined) return undefined
    const decoded = decodeRecord(key, text)
    if (decoded.kind === 'grant') return decoded.grant
    if (decoded.kind === 'newer') warn(newerText(key))
    else warn(`the saved sign-in for ${hostOf(key.server)} cannot be read: a new one will replace it`)
    return undefined
  }

  async function write(key: ServerKey, grant: Grant): Promise<void> {
    const account = accountOf(key)
    const text = encodeRecord(key, grant)
    await lock.check(account)
    const saved =
      durable && (await save(durable, key, text).catch(error => troubleUnlessLost(account, error)))
    if (saved) {
      saves = true
      await session.delete(account)
      await indexed(index.add(key, durable.kind))
    } else {
      await session.set(account, text)
    }
  }

  /** False if it was left alone: an entry of a newer version is never overwritten. */
  async function save({ vault }: Durable, key: ServerKey, text: string): Promise<boolean> {
    const account = accountOf(key)
    const before = await vault.get(account)
    if (before !== undefined && decodeRecord(key, before).kind === 'newer') {
      warn(newerText(key))
      saves = false
      return false
    }
    await lock.check(account)
    await vault.set(account, text)
    return true
  }

  async function forget(key: ServerKey, only?: Grant): Promise<void> {
    const account = accountOf(key)
    await lock.check(account)
    if (isThat(key, await session.get(account), only)) await session.delete(account)
    if (!durable) return
    try {
      const text = await find(durable, key)
      if (!isThat(key, text, only)) return
      await lock.check(account)
      await durable.vault.delete(account)
      await indexed(index.remove(key, durable.kind))
    } catch (error) {
      if (!only) throw error
      await troubleUnlessLost(account, error)
    }
  }

  return {
    get kind() {
      return durable && saves ? durable.kind : 'memory'
    },
    get durable() {
      return durable !== undefined && saves
    },
    read,
    write,
    forget,
    exclusive: (key, work) => lock.exclusive(accountOf(key), work),
    async close() {
      closed = true
      await durable?.vault.close()
      lock.close()
    },
  }
}

interface Durable {
  kind: 'keychain' | 'file'
  vault: Vault
}

function openDurable(options: StoreOptions, lock: Lock, warn: (line: string) => void): Durable | undefined {
  if (options.kind === 'memory') return undefined
  if (options.kind === 'file') {
    return { kind: 'file', vault: openTokenFile({ folder: options.folder, lock, warn }) }
  }
  return { kind: 'keychain', vault: openKeychain(options) }
}

function accountOf(key: ServerKey): string {
  return `${key.server} ${key.issuer}`
}

/** True if that stored text is the grant to forget; without one, anything is. */
function isThat(key: ServerKey, text: string | undefined, only: Grant | undefined): boolean {
  if (text === undefined) return false
  if (!only) return true
  const decoded = decodeRecord(key, text)
  return decoded.kind === 'grant' && sameGrant(decoded.grant, only)
}

function newerText(key: ServerKey): string {
  return `the saved sign-in for ${hostOf(key.server)} was made by a newer version of copilot-host: it is left as it is`
}
