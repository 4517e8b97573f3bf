import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { HostError } from '../../errors.ts'
import { parseJson } from './json.ts'
import type { Vault } from './vault.ts'

/** A record of 64 KiB tokens and a key fits; more is no value of ours. */
const MOST_PARTS = 256
/** How often a reader starts again because a writer was faster. */
const ATTEMPTS = 5
/** Windows takes 513 characters as an account name. */
const LONGEST_NAME = 400

/**
 * What stands under the account name of a value that does not fit: its parts are entries of their own, under the names of
 * one of two slots. A newer version of it looks like a newer record, which it is.
 */
const headerSchema = v.strictObject({
  v: v.literal(1),
  slot: v.picklist(['a', 'b']),
  parts: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_PARTS)),
  /** SHA-256 of the value, hexadecimal. */
  digest: v.string(),
})
type Header = v.InferOutput<typeof headerSchema>

/**
 * A vault for texts of any length over one that takes at most `limit` ASCII characters an entry (at least 200). The parts
 * are written first, into the slot that is not in use, and the header last: a write that fails anywhere leaves the old
 * value, and the next one clears up behind it. What cannot be joined is given as its header, which no record looks like.
 */
export function inParts(vault: Vault, limit: number): Vault {
  async function get(account: string): Promise<string | undefined> {
    let text = await vault.get(entryOf(account))
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const header = headerOf(text)
      if (!header) return text
      const joined = await join(account, header)
      if (joined !== undefined) return joined
      // A keychain that was locked meanwhile finds no parts.
      await vault.probe()
      const again = await vault.get(entryOf(account))
      if (again === text) return text
      text = again
    }
    return text
  }

  async function join(account: string, { slot, parts, digest }: Header): Promise<string | undefined> {
    const found: string[] = []
    for (let number = 0; number < parts; number++) {
      const part = await vault.get(nameOf(account, slot, number))
      if (part === undefined) return undefined
      found.push(part)
    }
    const text = Buffer.from(found.join(''), 'base64').toString('utf8')
    return digestOf(text) === digest ? text : undefined
  }

  async function set(account: string, text: string): Promise<void> {
    const before = headerOf(await vault.get(entryOf(account)))
    const slot = before?.slot === 'a' ? 'b' : 'a'
    const parts = split(text, limit)
    if (parts.length > MOST_PARTS) {
      throw new HostError('store-unavailable', 'the sign-in is too large for the system keychain')
    }
    for (const [number, part] of parts.entries()) await vault.set(nameOf(account, slot, number), part)
    const header: Header = { v: 1, slot, parts: parts.length, digest: digestOf(text) }
    await vault.set(entryOf(account), parts.length === 0 ? text : JSON.stringify(header))
    // The value is kept by now. What cannot be cleared away is left to the next write.
    await clear(account, slot, parts.length).catch(() => {})
    await clear(account, slot === 'a' ? 'b' : 'a', 0, before?.parts).catch(() => {})
  }

  /**
   * Deletes the parts of a slot from that number on: as many as are known, and all that follow without a gap. The last one
   * goes first, so that a failure leaves no gap.
   */
  async function clear(account: string, slot: Header['slot'], from: number, known = 0): Promise<void> {
    const isThere = async (number: number) =>
      number < known || (await vault.get(nameOf(account, slot, number))) !== undefined
    let end = from
    while (end < MOST_PARTS && (await isThere(end))) end++
    for (let number = end - 1; number >= from; number--) await vault.delete(nameOf(account, slot, number))
  }

  return {
    ...vault,
    get,
    set,
    async delete(account) {
      const header = headerOf(await vault.get(entryOf(account)))
      await vault.delete(entryOf(account))
      for (const slot of ['a', 'b'] as const) {
        await clear(account, slot, 0, header?.slot === slot ? header.parts : 0)
      }
    },
  }
}

function headerOf(text: string | undefined): Header | undefined {
  const judged = v.safeParse(headerSchema, text === undefined ? undefined : parseJson(text))
  return judged.success ? judged.output : undefined
}

/** No parts for a text that fits as it is; else parts in base64, whose characters count the same everywhere. */
function split(text: string, limit: number): string[] {
  if (text.length <= limit && /^[\0-\x7f]*$/u.test(text)) return []
  const encoded = Buffer.from(text).toString('base64')
  return Array.from({ length: Math.ceil(encoded.length / limit) }, (_, number) =>
    encoded.slice(number * limit, (number + 1) * limit),
  )
}

/** The entry of the value itself, or of its header. */
function entryOf(account: string): string {
  return account.length <= LONGEST_NAME ? account : `${account.slice(0, 100)}... ${digestOf(account)}`
}

function nameOf(account: string, slot: Header['slot'], number: number): string {
  return `part ${slot}${number} of ${digestOf(account).slice(0, 32)}`
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
