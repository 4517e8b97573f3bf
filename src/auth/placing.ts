import { type Clean, clean } from '../text.ts'
import { type Accounts, accountName } from './accounts.ts'
import type { Grants } from './grants.ts'
import type { Identity } from './store/identity.ts'
import { judgeSlot } from './store/slot.ts'
import type { AuthRequest, Grant, TokenStore } from './types.ts'

/** Room for a number behind a name. */
const LONGEST_BASE = 58

export interface Placed {
  slot?: Clean
  keptIn: TokenStore['kind']
  /** The account that was in use, where the grant is not of that one. */
  instead?: Clean
}

/**
 * Keeps the grant of a sign-in with the account that it belongs to: the one that asked for it, unless that is somebody else's
 * (or with `asked`, where the person wanted another one, just taken); else the one that this person has already, else one
 * of their name. No grant ever takes the place of another account's. `early`: where the place that asked has this very grant
 * already, without a name. What another program has made of it meanwhile stays, since its refresh token is the newer one.
 */
export async function placeGrant(
  { server, slot: wanted }: Pick<AuthRequest, 'server' | 'slot'>,
  grant: Grant,
  {
    grants,
    accounts,
    asked,
    early,
  }: { grants: Grants; accounts: Accounts; asked: boolean; early?: TokenStore['kind'] },
): Promise<Placed> {
  const { issuer, identity } = grant
  const known = (await accounts.known(server)).filter(each => each.issuer === issuer)
  const knownAt = (slot: Clean | undefined) => known.find(each => each.slot === slot)
  const place = { server: server.url, issuer, slot: wanted }
  const before = knownAt(wanted) ?? (early === undefined ? await grants.read(place) : undefined)

  async function attempt(slot: Clean | undefined): Promise<Placed | undefined> {
    let renewed = false
    const mine = (held: Grant | undefined) => {
      const nameless = early !== undefined && slot === wanted && held?.identity === undefined
      renewed = nameless && held !== undefined && !held.access.equals(grant.access)
      return held === undefined || (nameless && !renewed) || isSame(held.identity, identity)
    }
    // Where nobody says who it is, only the person's word counts that it is another account.
    const maybe = (held: Grant | undefined) =>
      mine(held) || !(renewed || asked || isOther(held?.identity, identity))
    if (isOther(knownAt(slot)?.identity, identity)) return undefined
    const key = { server: server.url, issuer, slot }
    const kept = await grants.keep(key, grant, slot === wanted ? maybe : mine)
    const keptIn = kept ?? (renewed ? early : undefined)
    if (keptIn === undefined) return undefined
    if (slot === wanted || before === undefined) return { slot, keptIn }
    const name = 'access' in before ? before.account : before.name
    return { slot, keptIn, instead: name ?? accountName({ slot: wanted }) }
  }

  const own = known.filter(each => isSame(each.identity, identity)).map(({ slot }) => slot)
  const named = wanted !== undefined || own.includes(wanted)
  // A first account that nobody has named is not taken by somebody who has one.
  for (const slot of new Set(named ? [wanted, ...own] : [...own, wanted])) {
    const placed = await attempt(slot)
    if (placed) return placed
  }
  const taken = (await accounts.list(server)).map(({ slot }) => slot)
  const base = judgeSlot(clean(grant.account ?? '', LONGEST_BASE).trim())
  for (let number = base === undefined ? 2 : 1; ; number += 1) {
    const slot = clean(number === 1 ? `${base}` : `${base ?? 'account'} ${number}`)
    // Names that differ in their capitals only would be one for the person.
    const similar = taken.some(each => each !== slot && each?.toLowerCase() === slot.toLowerCase())
    const placed = similar || slot === 'default' ? undefined : await attempt(slot)
    if (placed) return placed
  }
}

/** `sub` alone tells who it is (OpenID Connect Core 5.7). */
function isSame(one: Identity | undefined, other: Identity | undefined): boolean {
  return one !== undefined && one.subject === other?.subject
}

function isOther(one: Identity | undefined, other: Identity | undefined): boolean {
  return one !== undefined && other !== undefined && one.subject !== other.subject
}
