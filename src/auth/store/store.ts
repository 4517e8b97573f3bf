import { platform } from 'node:os'
import { join } from 'node:path'
import { hostError } from '../../errors.ts'
import type { ServerKey, TokenStore } from '../types.ts'
import { openAccounts } from './accounts.ts'
import { createAhead } from './ahead.ts'
import { openEntries, type Shelf } from './entries.ts'
import { openTokenFile } from './file.ts'
import { openIndex } from './index.ts'
import { openKeychain } from './keychain.ts'
import type { KeychainProcess, KeychainProcessOptions } from './keychain-process.ts'
import { createLock, type Lock } from './lock.ts'
import { openMemory } from './memory.ts'
import { inParts } from './parts.ts'
import { clientRecord, grantRecord } from './record.ts'

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
  /** How the person says that they want a file; a flag of ours when absent. */
  fileHint?: string
  /** True: nothing of a keychain is started before it is asked. */
  later?: boolean
  /** The keychain's child, where it was started before. */
  started?: KeychainProcess
  /** How many ASCII characters the keychain takes in one entry; absent: what this system is known to take. */
  entryLimit?: number
}

/**
 * Windows takes 2560 bytes an entry; this stays below it in UTF-16 too. Keychains of macOS and Secret Services have no limit
 * that a sign-in would reach.
 */
const WINDOWS_LIMIT = 1280

/**
 * Opens the token store, at once and without waiting for anything: a keychain comes up in its child meanwhile. `auto` is
 * the keychain. What cannot be kept there, for whatever reason, is kept in memory for this session, and one line says so;
 * nothing that is stored is deleted for it.
 *
 * `forget` for one particular grant is housekeeping and never rejects; without `only` it is the person's command, and
 * rejects with `store-unavailable` if the entry may still be there, void, and with `failure` if not even that could be noted. `write` and `forget` inside `exclusive` reject when
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

  const memory = options.kind === 'memory'
  const lock = createLock({ folder: memory ? undefined : join(folder, 'locks'), warn })
  const index = openIndex({ folder: memory ? undefined : folder, lock, now: options.now, warn })
  const accounts = openAccounts({ folder: memory ? undefined : folder, lock, warn })
  const durable = openDurable(options, lock, warn)
  /** False while the last attempt to keep something failed: then this store is one in memory. */
  let saves = true
  let troubled = false

  function unsaved(error?: unknown) {
    saves = false
    if (troubled || error === undefined) return
    troubled = true
    const { detail } = hostError(error, 'the token store cannot be used')
    const { fileHint = '--token-store file keeps them' } = options
    const hint = durable?.kind === 'keychain' && fileHint !== '' ? ` (${fileHint})` : ''
    warn(`${detail}: sign-ins last until you leave${hint}`)
  }

  const shelf: Shelf = {
    durable,
    session: openMemory(),
    index,
    lock,
    now: options.now,
    warn,
    saved() {
      saves = true
    },
    unsaved,
  }
  const grants = openEntries(shelf, {
    list: 'grants',
    format: grantRecord,
    nameOf,
    lockOf: nameOf,
    madeAt: grant => grant.receivedAt,
  })
  const ahead = createAhead(grants.read, nameOf)
  const clients = openEntries(shelf, {
    list: 'clients',
    format: clientRecord,
    nameOf: key => `client of ${nameOf(key)}`,
    lockOf: nameOf,
    sourceOf: client => client.source,
  })

  return {
    get kind() {
      return durable && saves ? durable.kind : 'memory'
    },
    get durable() {
      return durable !== undefined && saves
    },
    read: ahead.read,
    async write(key, grant) {
      await grants.write(key, grant).finally(ahead.forget)
      // Where it cannot be written, a change of the issuer goes unnoticed: no reason to fail a sign-in.
      await index.setIssuer(key, grant.client.id).catch(() => {})
    },
    forget: (key, only) => grants.forget(key, only).finally(ahead.forget),
    // All accounts of a server sign in through the same client.
    readClient: key => clients.read(placeOf(key)),
    writeClient: (key, client) => clients.write(placeOf(key), client),
    async forgetClient(key, only) {
      await clients.forget(placeOf(key), only)
      // A grant that still has a copy of the secret is written again, without it.
      const grant = only ? undefined : await grants.read(key)
      if (grant?.client.source === 'configured' && grant.client.secret) await grants.write(key, grant)
    },
    async clientIssuers(server) {
      const entries = await index.list('clients')
      return [...new Set(entries.flatMap(entry => (entry.server === server ? [entry.issuer] : [])))]
    },
    async forgetServer(server) {
      const all = await index.list('clients')
      const kept = all.filter(entry => entry.server === server && entry.store === durable?.kind)
      for (const { issuer } of kept) {
        const key = { server, issuer }
        await lock.exclusive(nameOf(key), () => clients.forget(key))
      }
      const known = await index.knownIssuer(server)
      await index.forgetIssuer(server)
      return { clients: kept.map(({ issuer }) => issuer), issuer: known?.issuer }
    },
    knownIssuer: index.knownIssuer,
    async trouble() {
      if (durable === undefined) return 'sign-ins are kept in memory only'
      return durable.vault.probe().then(
        () => undefined,
        error => hostError(error, 'the token store cannot be used').detail,
      )
    },
    async readAhead(key) {
      if (durable && (await index.since('grants', key, durable.kind)) !== undefined) ahead.begin(key)
    },
    list: async () => [...(await index.list('grants')), ...(await grants.held())],
    readAccounts: accounts.read,
    changeAccounts: accounts.change,
    exclusive: (key, work) =>
      lock.exclusive(nameOf(key), (...held) => {
        // Another program may have been inside meanwhile.
        ahead.forget()
        return work(...held)
      }),
    async close() {
      closed = true
      // Ends the waiting for locks, not what is inside one.
      lock.close()
      await grants.settled()
      await durable?.vault.close()
    },
  }
}

function openDurable(options: StoreOptions, lock: Lock, warn: (line: string) => void): Shelf['durable'] {
  if (options.kind === 'memory') return undefined
  if (options.kind === 'file') {
    return { kind: 'file', vault: openTokenFile({ folder: options.folder, lock, warn }) }
  }
  const { entryLimit = platform() === 'win32' ? WINDOWS_LIMIT : undefined } = options
  const keychain = openKeychain(options)
  return { kind: 'keychain', vault: entryLimit === undefined ? keychain : inParts(keychain, entryLimit) }
}

/**
 * Unlike for any two keys: addresses hold no blank, and neither does an encoded name. The first account of a server has
 * the name that it had when there was only one.
 */
function nameOf({ server, issuer, slot }: ServerKey): string {
  const place = `${server} ${issuer}`
  return slot === undefined ? place : `account ${encodeURIComponent(slot)} of ${place}`
}

function placeOf({ server, issuer }: ServerKey): ServerKey {
  return { server, issuer }
}
