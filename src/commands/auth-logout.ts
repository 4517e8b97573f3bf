import { accountName } from '../auth/accounts.ts'
import { createHttp } from '../auth/http.ts'
import { signOut } from '../auth/sign-out.ts'
import { withoutAccount } from '../auth/store/accounts.ts'
import type { StoredEntry } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean, hostOf } from '../text.ts'
import { type KeptOptions, openKept } from './kept.ts'
import { createOutput } from './output.ts'
import { readServerSettings } from './settings.ts'

export interface AuthLogoutOptions extends KeptOptions {
  all?: boolean
  /** Only this account. */
  account?: string
  /** Forget the client too: a registration of ours, or one that the person has set. */
  reset?: boolean
  json?: boolean
}

/** What `auth logout --json` and `auth reset --json` print of each sign-in that was kept. */
export interface SignedOut {
  server: string
  url: string
  issuer: string
  store: StoredEntry['store']
  /** What named the account on a command line, and who it was. */
  name: string
  account?: string
  /** False where a copy may still be in a store that cannot be reached. */
  forgotten: boolean
  /** Whether the sign-in server ended it, and why not. */
  revoked: boolean
  why?: string
}

/**
 * Ends sign-ins: of the servers named, or of all. One line each on stdout. Gives 0, also when the sign-in server could not
 * be told; 1 when one of them could not be ended, or a copy may still be in a keychain that cannot be reached.
 */
export async function authLogout(
  names: readonly string[],
  options: AuthLogoutOptions,
  host: Host,
): Promise<number> {
  if (names.length === 0 && !options.all) {
    throw new HostError('usage', 'name the servers to sign out of, or say --all')
  }
  if (names.length > 0 && options.all)
    throw new HostError('usage', 'name the servers to sign out of or say --all, not both')
  if (options.account !== undefined && names.length === 0) {
    throw new HostError(
      'usage',
      `name the server whose account ${clean(options.account)} is to be signed out of`,
    )
  }
  const settings = await readServerSettings(options, host)
  const { line, value, warn } = createOutput(options, host)
  const ended: SignedOut[] = []
  const kept = openKept(options, { settings, host, warn: () => {} })
  try {
    const all = await kept.of(names, name => {
      if (!options.reset) warn(`nobody is signed in to ${name}`)
    })
    const entries = options.account === undefined ? all : await kept.ofAccount(all, options.account)
    if (entries.length === 0 && names.length === 0) line('nobody is signed in to any server')
    let code = 0
    for (const entry of entries)
      code = Math.max(code, await end(entry).catch(thrown => notEnded(entry, thrown)))
    if (options.reset) {
      for (const name of new Set(names)) code = Math.max(code, await forget(name))
    }
    value(ended)
    return code
  } finally {
    await kept.close()
    settings.log.close()
  }

  /** What is kept beside the sign-ins that were ended just now. */
  async function forget(server: string): Promise<number> {
    try {
      const lines = await kept.forgetServer(server)
      for (const text of lines) line(text)
      const nothing =
        lines.length === 0 && !ended.some(({ server: of, url }) => of === server || url === server)
      if (nothing) warn(`nothing is kept about ${clean(server, 200)}`)
      return 0
    } catch (thrown) {
      host.signal.throwIfAborted()
      warn(`${clean(server, 200)}: ${hostError(thrown, 'it could not be forgotten').message}`)
      return 1
    }
  }

  /** One that cannot be ended is no reason to leave the others. */
  function notEnded(entry: StoredEntry, thrown: unknown): number {
    host.signal.throwIfAborted()
    const { server: url, issuer, store } = entry
    const [server, name] = [kept.nameOf(entry), accountName(entry)]
    const { message: why } = hostError(thrown, 'the sign-in could not be ended')
    warn(`${server}: ${why}`)
    ended.push({ server, url, issuer, name, store, forgotten: false, revoked: false, why })
    return 1
  }

  async function end(entry: StoredEntry): Promise<number> {
    const key = kept.keyOf(entry)
    const [server, store] = [kept.nameOf(entry), kept.storeOf(entry)]
    const account = await kept.accountOf(entry)
    const name = account.several ? `${server} as ${accountName(account)}` : server
    const ports = { store, http: createHttp(host.fetch) }
    const { found, notRevoked, notForgotten } = await signOut(key, ports, host.signal)
    if (notForgotten !== undefined) {
      warn(`${name}: ${notForgotten.message}`)
      if (notForgotten.kind === 'store-unavailable')
        warn(
          `signed out of ${name} here; the copy in the ${entry.store} is deleted when it can be reached again`,
        )
    } else {
      await store.changeAccounts(withoutAccount(key)).catch(() => {})
      line(`signed out of ${name}`)
    }
    const untold = notRevoked?.message ?? (found ? undefined : 'the token cannot be read')
    if (untold !== undefined) {
      const why = `${hostOf(entry.issuer)} was not told (${untold})`
      warn(`${why}: end the access of copilot-host in your account there`)
    }
    const { server: url, issuer, store: where } = entry
    const who = { name: accountName(account), account: account.name }
    const forgotten = notForgotten === undefined
    ended.push({
      ...{ server, url, issuer, ...who, store: where, forgotten, revoked: untold === undefined, why: untold },
    })
    return forgotten ? 0 : 1
  }
}
