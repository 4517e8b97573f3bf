import { type Account, accountName, createAccounts, findAccount, unknownAccount } from '../auth/accounts.ts'
import { withoutAccount } from '../auth/store/accounts.ts'
import type { ServerKey, StoredEntry, TokenStore, WebUrl } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { type Clean, clean, hostOf } from '../text.ts'
import { openTokenStore } from './engine.ts'
import { findServer, serverAt } from './find-server.ts'
import type { ChatOptions } from './options.ts'
import type { Settings } from './settings.ts'

export type KeptOptions = Pick<ChatOptions, 'mcp' | 'mcpConfig' | 'tokenStore' | 'storeForAll'>

/** The sign-ins that are kept on this machine, each in the store it is kept in, whichever is used now. */
export interface Kept {
  /** Those of the servers named, of all without a name; `none` is called for each server that has none. */
  of(names: readonly string[], none: (name: string) => void): Promise<StoredEntry[]>
  /** Forgets what is kept about a server beside its sign-ins, in every store, and gives it in one line each. */
  forgetServer(name: string): Promise<string[]>
  storeOf(entry: StoredEntry): TokenStore
  /** The configured name of a server, else its address. */
  nameOf(entry: StoredEntry): Clean
  keyOf(entry: StoredEntry): ServerKey
  /**
   * The account that the entry is of, and whether there are others of the server. Of several sign-in servers of an account only
   * the one that a run would go to is in use.
   */
  accountOf(entry: StoredEntry): Promise<Account & { several: boolean }>
  /** Only the entries of this account; throws HostError `usage` where there is none of that name. */
  ofAccount(entries: readonly StoredEntry[], typed: string): Promise<StoredEntry[]>
  close(): Promise<void>
}

/** `warn` gets the troubles of the stores. */
export function openKept(
  options: KeptOptions,
  { settings, host, warn }: { settings: Settings; host: Host; warn: (line: string) => void },
): Kept {
  const servers = settings.servers.servers
  // A store that only a file names is where new sign-ins go; what is kept elsewhere is there all the same.
  const tokenStore = options.storeForAll === false ? 'auto' : options.tokenStore
  const stores = new Map<StoredEntry['store'], TokenStore>()
  const open = (kind: StoredEntry['store']) => {
    const store = stores.get(kind) ?? openTokenStore({ tokenStore: kind }, settings, warn, host)
    stores.set(kind, store)
    return store
  }
  const nameOf = ({ server }: StoredEntry): Clean => {
    return clean(serverAt(server, servers)?.[0] ?? server, 200)
  }
  const accounts = createAccounts(open('file'), { folder: host.folder, usualAccount: settings.usualAccount })
  const lists = new Map<string, Promise<readonly Account[]>>()
  const list = (entry: StoredEntry) => {
    const found =
      lists.get(entry.server) ??
      accounts.list({ name: nameOf(entry), url: webUrl(entry.server, 'the server') })
    lists.set(entry.server, found)
    return found
  }
  const urlOf = (given: string, known?: readonly string[]): WebUrl => {
    const [name, config] = findServer(given, servers, known)
    if (!('url' in config))
      throw new HostError('usage', `${name} runs on this machine: nobody signs in to it`)
    return webUrl(config.url, name)
  }
  const entriesKept = async (): Promise<StoredEntry[]> => {
    const all = await open(tokenStore === 'file' ? 'file' : 'keychain').list()
    return all.filter(({ store }) => tokenStore === 'auto' || store === tokenStore)
  }
  const issuerUsed = async ({ server, slot }: StoredEntry): Promise<string | undefined> => {
    const same = (await entriesKept()).filter(each => each.server === server && each.slot === slot)
    const issuers = same.map(({ issuer }) => issuer)
    if (issuers.length < 2) return issuers[0]
    const known = await open('file').knownIssuer(webUrl(server, 'the server'))
    return issuers.find(issuer => issuer === known?.issuer) ?? issuers.at(-1)
  }
  return {
    async of(names, none) {
      const kept = await entriesKept()
      if (names.length === 0) return kept
      const known = [...new Set([...Object.keys(servers), ...kept.map(nameOf)])]
      return [...new Set(names)].flatMap(given => {
        const url = urlOf(given, known)
        const entries = kept.filter(entry => entry.server === url)
        if (entries.length === 0) none(clean(given, 200))
        return entries
      })
    },
    async forgetServer(given) {
      const url = urlOf(given)
      const [name, lines] = [clean(given, 200), [] as string[]]
      for (const kind of tokenStore === 'auto' ? (['keychain', 'file'] as const) : [tokenStore]) {
        const { clients, issuer } = await open(kind).forgetServer(url)
        for (const at of clients) lines.push(`forgot the client of ${name} at ${hostOf(at)}`)
        if (issuer !== undefined) lines.push(`forgot that ${name} signs in at ${hostOf(issuer)}`)
      }
      const { accounts: all } = await open('file').readAccounts()
      for (const account of all.filter(({ server }) => server === url)) {
        await open('file').changeAccounts(withoutAccount(account))
        lines.push(`forgot the account ${accountName(account)} of ${name}`)
      }
      return lines
    },
    storeOf: entry => open(entry.store),
    nameOf,
    keyOf: ({ server, issuer, slot }) => ({ server: webUrl(server, 'the server'), issuer, slot }),
    async accountOf(entry) {
      const all = await list(entry)
      const found = all.find(({ slot }) => slot === entry.slot)
      const inUse = found?.inUse === true && entry.issuer === (await issuerUsed(entry))
      return { kept: true, ...found, inUse, slot: entry.slot, several: all.length > 1 }
    },
    async ofAccount(entries, typed) {
      const found: StoredEntry[] = []
      for (const entry of entries) {
        const all = await list(entry)
        const account = findAccount(typed, all)
        if (account === undefined) throw unknownAccount({ name: nameOf(entry) }, typed, all)
        if (account.slot === entry.slot) found.push(entry)
      }
      return found
    },
    async close() {
      for (const store of stores.values()) await store.close()
    },
  }
}
