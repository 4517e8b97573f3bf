import { isAbsolute, relative, sep } from 'node:path'
import { HostError, hostError } from '../errors.ts'
import { type Clean, clean, shellWord } from '../text.ts'
import { type AccountBook, type KnownAccount, withAccount } from './store/accounts.ts'
import { createAhead } from './store/ahead.ts'
import { judgeSlot } from './store/slot.ts'
import type { AuthRequest, Grant, TokenStore } from './types.ts'

/** What the first account is called as long as nobody has said who it is. */
export const FIRST_ACCOUNT = clean('default')
/** How many accounts a line names. */
const MOST_NAMED = 10

type Server = AuthRequest['server']

/** One account of a server, as it is shown. */
export interface Account {
  /** Absent for the first one. */
  slot?: Clean
  /** What the sign-in server calls who signed in. */
  name?: Clean
  /** False: it needs a sign-in. */
  kept: boolean
  inUse: boolean
  /** The folder that it is bound to, where that is what counts here. */
  bound?: string
}

export interface AccountsOptions {
  /** Where the person works, absolute: what is bound to it or to a folder above it counts. */
  folder?: string
  /** The account that the person named for this run. */
  accountOf?: (server: Server) => string | undefined
  /** The account that is configured, for where nothing else says which. */
  usualAccount?: (server: Server) => string | undefined
}

/** The accounts of each server, and which of them is used here. */
export interface Accounts {
  inUse(server: Server): Promise<Clean | undefined>
  /** The same, and kept for one `inUse` that comes soon. */
  readAhead(server: Server): Promise<Clean | undefined>
  /** This account has answered: it stays in use from now on, whatever other programs do. */
  acting(server: Server, slot: Clean | undefined): void
  /** Oldest first. */
  list(server: Server): Promise<readonly Account[]>
  known(server: Server): Promise<readonly KnownAccount[]>
  /**
   * Uses this account from now on, here and in this folder. Throws `usage` for one that does not exist; `unbound` says why it
   * will be so in this run only.
   */
  use(server: Server, typed: string): Promise<Account & { unbound?: HostError }>
  /** Notes to whom a grant was given that is kept in that slot; with `asked` the person wanted another account. */
  signedIn(request: Pick<AuthRequest, 'server' | 'slot'>, signedIn: SignedIn): Promise<void>
}

interface SignedIn {
  grant: Grant
  slot: Clean | undefined
  asked: boolean
}

type Shelf = Pick<TokenStore, 'list' | 'readAccounts' | 'changeAccounts'>

/**
 * Which account of a server is used: the one chosen in this run, else the one named for it, else that of the folder (the
 * nearest one above counts), else the one that is configured, else the one that was signed in to last, else the first. That a grant has ended changes nothing
 * of it: nobody acts as somebody else unasked.
 */
export function createAccounts(
  store: Shelf,
  { folder, accountOf, usualAccount }: AccountsOptions = {},
): Accounts {
  const chosen = new Map<string, Clean | undefined>()

  const ahead = createAhead(slotFor, ({ url }) => url)

  async function inUse(server: Server): Promise<Clean | undefined> {
    return chosen.has(server.url) ? chosen.get(server.url) : ahead.read(server)
  }

  async function slotFor(server: Server): Promise<Clean | undefined> {
    const book = await store.readAccounts()
    const all = await accountsOf(server, book)
    const binding = bindingOf(book, server)
    const typed = accountOf?.(server) ?? (binding === undefined ? usualAccount?.(server) : undefined)
    if (typed !== undefined) {
      const found = findAccount(typed, all)
      return found === undefined && typed !== FIRST_ACCOUNT ? judgeAccountName(typed) : found?.slot
    }
    const place = binding ?? book.defaults.find(each => each.server === server.url)
    if (place !== undefined) return place.slot
    const first = all.length === 0 || all.some(each => each.slot === undefined)
    return first ? undefined : all.at(-1)?.slot
  }

  async function accountsOf({ url }: Server, { accounts }: AccountBook): Promise<Account[]> {
    const found = new Map<Clean | undefined, Account>()
    for (const { server, slot, name } of accounts)
      if (server === url) found.set(slot, { slot, name, kept: false, inUse: false })
    for (const { server, slot } of await store.list())
      if (server === url) found.set(slot, { slot, inUse: false, ...found.get(slot), kept: true })
    return [...found.values()]
  }

  function bindingOf(
    { bindings }: AccountBook,
    { url }: Server,
  ): AccountBook['bindings'][number] | undefined {
    return bindings
      .filter(each => each.server === url && folder !== undefined && isInside(folder, each.folder))
      .sort((a, b) => b.folder.length - a.folder.length)[0]
  }

  function bind({ url }: Server, slot: Clean | undefined): Promise<void> {
    return store.changeAccounts(book => {
      if (folder === undefined) return book
      const isIt = (each: AccountBook['bindings'][number]) => each.server === url && each.folder === folder
      if (book.bindings.some(each => isIt(each) && each.slot === slot)) return book
      const others = book.bindings.filter(each => !isIt(each))
      return { ...book, bindings: [...others, { folder, server: url, slot }] }
    })
  }

  async function list(server: Server): Promise<readonly Account[]> {
    const slot = await inUse(server)
    const book = await store.readAccounts()
    const all = await accountsOf(server, book)
    // One that is used without having been signed in to, or no longer, is named all the same.
    if (slot !== undefined && !all.some(each => each.slot === slot))
      all.push({ slot, kept: false, inUse: true })
    const binding = bindingOf(book, server)
    return all.map(each => ({
      ...each,
      inUse: each.slot === slot,
      bound: binding !== undefined && binding.slot === each.slot ? binding.folder : undefined,
    }))
  }

  return {
    inUse,
    readAhead: ahead.begin,
    acting({ url }, slot) {
      // What the person has chosen meanwhile counts.
      if (!chosen.has(url)) chosen.set(url, slot)
    },
    list,
    known: async ({ url }) => (await store.readAccounts()).accounts.filter(({ server }) => server === url),
    async use(server, typed) {
      const all = await list(server)
      const found = findAccount(typed, all)
      if (found === undefined) throw unknownAccount(server, typed, all)
      chosen.set(server.url, found.slot)
      try {
        await bind(server, found.slot)
        return found
      } catch (error) {
        return { ...found, unbound: hostError(error, 'the folder cannot be noted') }
      }
    },
    async signedIn({ server, slot: before }, { grant, slot, asked }) {
      // The person may have chosen another one while the sign-in was under way.
      const current = (await inUse(server)) === before
      if (current) chosen.set(server.url, slot)
      const { url } = server
      const { issuer, account: name, identity } = grant
      const bound = bindingOf(await store.readAccounts(), server) !== undefined
      await store.changeAccounts(book => {
        const account: KnownAccount = { server: url, issuer, slot, name, identity }
        const accounts = withAccount(book.accounts, account)
        // A folder that is bound says nothing about all the others.
        if (bound || !current) return { ...book, accounts }
        const others = book.defaults.filter(each => each.server !== url)
        return { ...book, accounts, defaults: [...others, { server: url, slot }] }
      })
      if (bound && current && asked && slot !== before) await bind(server, slot)
    },
  }
}

/** What a person types to name this account, and what it is called in a line. */
export function accountName({ slot, name }: Pick<Account, 'slot' | 'name'>): Clean {
  return slot ?? name ?? FIRST_ACCOUNT
}

/** The account of that name: its own, or what the sign-in server calls it; capitals count only where they have to. */
export function findAccount<A extends Pick<Account, 'slot' | 'name'>>(
  typed: string,
  accounts: readonly A[],
): A | undefined {
  const text = typed.normalize()
  const small = text.toLowerCase()
  return (
    accounts.find(({ slot }) => slot === text) ??
    accounts.find(({ slot }) => slot === undefined && text === FIRST_ACCOUNT) ??
    accounts.find(({ name }) => name === text) ??
    accounts.find(({ slot }) => slot?.toLowerCase() === small) ??
    accounts.find(({ name }) => name?.toLowerCase() === small)
  )
}

/** Throws `usage` for what cannot be the name of an account. */
export function judgeAccountName(typed: string): Clean {
  const name = judgeSlot(typed)
  if (name !== undefined) return name
  const why = 'is no name for an account: 1 to 64 printable characters, no spaces at its ends'
  throw new HostError('usage', `"${clean(typed)}" ${why}`)
}

/** Names the accounts that there are, and how to add one. Throws `usage` for what could be none. */
export function unknownAccount(
  { name: server, url }: { name: Clean; url?: string },
  typed: string,
  accounts: readonly Account[],
): HostError {
  const name = judgeAccountName(typed)
  const names = accounts.slice(-MOST_NAMED).map(accountName)
  const more = accounts.length > names.length ? ` and ${accounts.length - names.length} more` : ''
  // By its address: the name may be one that only this run knows.
  const login = url && `copilot-host auth login ${shellWord(clean(url, 2048))}`
  const add = login === undefined ? '' : `; ${login} --account ${shellWord(name)} adds it`
  return new HostError(
    'usage',
    `${server} has no account "${name}" (accounts: ${names.join(', ') || 'none'}${more})${add}`,
  )
}

/** Both absolute. */
function isInside(folder: string, above: string): boolean {
  const way = relative(above, folder)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
