import { secretKeyFault } from '../config/judge.ts'
import { nameFault } from '../config/server-entry.ts'
import { type Slot, slotOf } from '../config/setting.ts'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'

/** The slot of a key that a person typed. Throws HostError `usage` where there is none, or where it would be for a secret. */
export function slotFor(key: string): Slot {
  const slot = slotOf(key)
  const shown = clean(key, 100)
  const [, server] = slot?.path ?? []
  const bad = server === undefined ? undefined : nameFault(server)
  if (bad !== undefined) throw new HostError('usage', `${shown}: the name ${bad}`)
  if (slot !== undefined) return slot
  const secret = secretKeyFault(key)
  if (secret !== undefined) throw new HostError('usage', `${shown} ${secret}`)
  throw new HostError('usage', `there is no setting "${shown}" (copilot-host config list shows them)`)
}
