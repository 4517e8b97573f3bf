import { setImmediate } from 'node:timers/promises'
import { createBrowser } from '../auth/browser.ts'
import { createElsewhere, type Elsewhere } from '../auth/elsewhere.ts'
import { type Journal, type JournalEntry, openJournal } from '../auth/store/journal.ts'
import { serviceName } from '../auth/store/service.ts'
import { openStore } from '../auth/store/store.ts'
import type { Browser, Clock, Prompt, TokenStore } from '../auth/types.ts'
import { runtimeEnvironment } from '../config/environment.ts'
import { absoluteFolder, type Folders, ownFolder } from '../config/folders.ts'
import { startProgram } from '../spawn.ts'
import { readAnswer } from '../ui/plain/reader.ts'
import { createPlainPrompt } from '../ui/plain.ts'
import type { Machine } from './machine.ts'
import type { McpAuthOptions } from './types.ts'

/** The default prompt: the lines of a one-shot. The command that would sign in later is not ours to name. */
export function plainPrompt({ route }: McpAuthOptions, machine: Machine, clock: Clock): Prompt {
  const { stdin, write, attended } = machine
  return createPlainPrompt({
    write,
    read: attended ? (signal, question) => readAnswer({ stdin, clock, write }, question, signal) : undefined,
    again: () => 'The next session',
    now: clock.now,
    route,
  })
}

export function systemBrowser({ env, platform, container }: Machine): Browser {
  return createBrowser({
    env,
    platform,
    container,
    start: (program, args) => startProgram({ program, args, env: runtimeEnvironment(env) }),
  })
}

/** Where sign-ins are kept, and how one session learns what happened in another or in another program. */
export interface Keeping {
  store: TokenStore
  journal: (entry: JournalEntry) => void
  elsewhere: Elsewhere
  /** Closes what was opened here: not a store that was handed in. */
  close(): Promise<void>
}

/** The folder of a store. */
export type Place = Pick<Folders, 'state' | 'isDefault'>

/**
 * The folder of the store; undefined where nothing of it touches the disk, and for a user without a home. Throws HostError
 * `folder` for a named one that is no absolute path.
 */
export function keptAt({ store, stateFolder }: McpAuthOptions, machine: Machine): Place | undefined {
  const { env, platform, home } = machine
  if (typeof store === 'object' || store === 'memory') return undefined
  if (stateFolder !== undefined)
    return { state: absoluteFolder(stateFolder, 'stateFolder', platform), isDefault: false }
  try {
    return ownFolder(env, platform, home)
  } catch {
    return undefined
  }
}

/** Opens the store that the options name. */
export function openKeeping(
  { store = 'auto' }: McpAuthOptions,
  place: Place | undefined,
  childPath: URL,
  machine: Machine,
  clock: Clock,
  warn: (line: string) => void,
): Keeping {
  const journal = place ? openJournal(place.state) : journalInMemory()
  const shared = {
    journal: (entry: JournalEntry) => void journal.write(entry),
    elsewhere: createElsewhere(journal, clock),
  }
  if (typeof store === 'object') return { ...shared, store, close: async () => {} }
  if (!place && store !== 'memory') warn('this user has no home folder: sign-ins last until the program ends')
  const opened = openStore({
    kind: place ? store : 'memory',
    folder: place?.state ?? '',
    service: place ? serviceName(place.state, place.isDefault) : '',
    execPath: machine.execPath,
    childPath,
    env: machine.env,
    warn,
    now: clock.now,
    // Where they are kept is for the program to say, not for its user.
    fileHint: '',
  })
  return { ...shared, store: opened, close: opened.close }
}

/** As many entries as anybody looks at. */
const MOST = 50

/** For a store that is only in this process: its sessions still learn from each other. */
function journalInMemory(): Journal {
  const entries: JournalEntry[] = []
  let changes = 0
  return {
    async write(entry) {
      entries.push(entry)
      if (entries.length > MOST) entries.shift()
      changes += 1
    },
    read: async most => entries.slice(-most),
    // Like a file it takes a turn of the event loop, so that who asks again and again stops nobody.
    changed: () => setImmediate(changes === 0 ? undefined : String(changes)),
  }
}
