import { isAbsolute, join } from 'node:path'
import * as v from 'valibot'
import { HostError } from '../../errors.ts'
import { type Clean, clean } from '../../text.ts'
import { type Identity, identitySchema } from './identity.ts'
import { listOf } from './json.ts'
import { openJsonFile } from './json-file.ts'
import type { Lock } from './lock.ts'
import { slotSchema } from './slot.ts'

/** An account of a server that was signed in to once, also when its grant is over. */
export interface KnownAccount {
  server: string
  issuer: string
  slot?: Clean
  /** How the issuer names it. */
  name?: Clean
  identity?: Identity
}

/** Which accounts there are and where each one is used; no secret. Oldest first. */
export interface AccountBook {
  accounts: readonly KnownAccount[]
  /** The account of a server in a folder (absolute) and all folders below it. */
  bindings: readonly { folder: string; server: string; slot?: Clean }[]
  /** The account of a server everywhere else. */
  defaults: readonly { server: string; slot?: Clean }[]
}

const VERSION = 1
/** Of each kind; the oldest ones go. */
const MOST_ENTRIES = 1000

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(2048))
const slot = v.optional(slotSchema)
const accountSchema = v.object({
  server: text,
  issuer: text,
  slot,
  name: v.optional(
    v.pipe(
      text,
      v.transform(name => clean(name)),
    ),
  ),
  identity: v.fallback(v.optional(identitySchema), undefined),
})
const folder = v.pipe(v.string(), v.maxLength(4096), v.check(isAbsolute))
const bindingSchema = v.object({ folder, server: text, slot })
const fileSchema = v.object({
  v: v.pipe(v.number(), v.minValue(1)),
  accounts: v.optional(listOf(accountSchema, MOST_ENTRIES), []),
  bindings: v.optional(listOf(bindingSchema, MOST_ENTRIES), []),
  defaults: v.optional(listOf(v.object({ server: text, slot }), MOST_ENTRIES), []),
})

const EMPTY: v.InferOutput<typeof fileSchema> = { v: VERSION, accounts: [], bindings: [], defaults: [] }

export interface AccountsFile {
  read(): Promise<AccountBook>
  /** Rejects with `store-unavailable` when the file cannot be written, or was made by a newer version. */
  change(edit: (book: AccountBook) => AccountBook): Promise<void>
}

/**
 * The book of accounts, `accounts.json` in the state folder; without a folder it lasts as long as this process. A garbled
 * file counts as empty, which `warn` is told, and is kept beside the next one; one that cannot be read counts as empty too; one of a newer version is read as far as possible and left as it is.
 */
export function openAccounts(options: {
  folder?: string
  lock: Lock
  warn?: (line: string) => void
}): AccountsFile {
  const { lock, warn = () => {} } = options
  const path = join(options.folder ?? '', 'accounts.json')
  const file = options.folder ? openJsonFile(path, { schema: fileSchema, empty: EMPTY, warn }) : undefined
  let memory = EMPTY

  const load = async () => (file === undefined ? memory : file.read())

  async function save(book: AccountBook): Promise<void> {
    const { accounts, bindings, defaults } = book
    const content = {
      v: VERSION,
      accounts: accounts.slice(-MOST_ENTRIES),
      bindings: bindings.slice(-MOST_ENTRIES),
      defaults: defaults.slice(-MOST_ENTRIES),
    }
    if (file === undefined) memory = content
    else await file.write(content)
  }

  return {
    read: () => load().catch(() => EMPTY),
    async change(edit) {
      try {
        const seen = await load()
        if (edit(seen) === seen) return
        await lock.exclusive('accounts', async () => {
          const content = await load()
          const edited = edit(content)
          if (edited === content) return
          if (content.v > VERSION) throw refusal('was made by a newer version of copilot-host')
          await save(edited)
        })
      } catch (error) {
        throw error instanceof HostError ? error : refusal('cannot be written', error)
      }
    },
  }

  function refusal(why: string, cause?: unknown): HostError {
    return new HostError('store-unavailable', `the file ${clean(path, 200)} ${why}`, { cause })
  }
}

/** The book without an account that was signed out of; what is bound to its name stays so. */
export function withoutAccount(gone: KnownAccount): (book: AccountBook) => AccountBook {
  return book => {
    const accounts = book.accounts.filter(each => !isSame(each, gone))
    if (accounts.length === book.accounts.length) return book
    const isGone = (each: { server: string; slot?: Clean }) =>
      each.server === gone.server && each.slot === gone.slot
    const defaults = accounts.some(isGone) ? book.defaults : book.defaults.filter(each => !isGone(each))
    return { ...book, accounts, defaults }
  }
}

/** The accounts with this one, the newest. */
export function withAccount(accounts: readonly KnownAccount[], account: KnownAccount): KnownAccount[] {
  return [...accounts.filter(each => !isSame(each, account)), account]
}

function isSame(one: KnownAccount, other: KnownAccount): boolean {
  return one.server === other.server && one.issuer === other.issuer && one.slot === other.slot
}
