import { mkdir } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import * as v from 'valibot'
import { HostError } from '../../errors.ts'
import { type Clean, clean } from '../../text.ts'
import { type Identity, identitySchema } from './identity.ts'
import { listOf, readJson } from './json.ts'
import type { Lock } from './lock.ts'
import { replaceFile } from './replace.ts'
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
const LARGEST_FILE = 4 * 1024 * 1024

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
 * file counts as empty, and one that cannot be read too; one of a newer version is read as far as possible and left as it is.
 */
export function openAccounts(options: { folder?: string; lock: Lock }): AccountsFile {
  const { lock } = options
  const file = options.folder && join(options.folder, 'accounts.json')
  let memory = EMPTY

  async function load(): Promise<typeof EMPTY> {
    if (file === undefined) return memory
    const judged = v.safeParse(fileSchema, await readJson(file, LARGEST_FILE))
    return judged.success ? judged.output : EMPTY
  }

  async function save(book: AccountBook): Promise<void> {
    const { accounts, bindings, defaults } = book
    const content = {
      v: VERSION,
      accounts: accounts.slice(-MOST_ENTRIES),
      bindings: bindings.slice(-MOST_ENTRIES),
      defaults: defaults.slice(-MOST_ENTRIES),
    }
    if (options.folder === undefined || file === undefined) {
      memory = content
      return
    }
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    await replaceFile(file, `${JSON.stringify(content, undefined, 2)}\n`)
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
    return new HostError('store-unavailable', `the file ${clean(file ?? 'accounts.json', 200)} ${why}`, {
      cause,
    })
  }
}
