import type { JournalEntry } from '../auth/store/journal.ts'
import { openJournal } from '../auth/store/journal.ts'
import { folders } from '../config/folders.ts'
import type { Host } from '../host.ts'
import { clean, hostOf } from '../text.ts'
import { createOutput } from './output.ts'

export interface AuthLogOptions {
  json?: boolean
  limit: number
}

/** `auth log`: what became of each sign-in and renewal on this machine, oldest first. Gives 0. */
export async function authLog(options: AuthLogOptions, host: Host): Promise<number> {
  const { state } = folders(host.env, host.platform, host.home)
  // Each is written when it ends, and shown where it began.
  const entries = (await openJournal(state).read(options.limit)).sort(
    (one, other) => Date.parse(one.time) - Date.parse(other.time),
  )
  const out = createOutput(options, host)
  out.value(entries)
  if (entries.length === 0) out.line('nothing is in the journal yet')
  for (const entry of entries) out.line(lineOf(entry))
  return 0
}

function lineOf({ time, server, issuer, account, reason, route, outcome, scope, ms }: JournalEntry): string {
  const words = [
    time.replace('T', ' ').slice(0, 19),
    clean(server, 40),
    clean(outcome, 40),
    ...(account === undefined ? [] : [`as ${clean(account, 60)}`]),
    ...(issuer === undefined ? [] : [`at ${hostOf(issuer)}`]),
    ...(route === undefined ? [] : [`by ${route}`]),
    `(${reason}${scope === undefined ? '' : `; ${clean(scope, 120)}`})`,
    `${(ms / 1000).toFixed(1)} s`,
  ]
  return words.join('  ')
}
