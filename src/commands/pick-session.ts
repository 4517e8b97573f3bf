import { HostError, ofKind } from '../errors.ts'
import type { Host } from '../host.ts'
import { mendLog, removeStaleLocks } from '../runtime/stored-events.ts'
import type { Runtime, Session, SessionSummary } from '../runtime/types.ts'
import { type Clean, clean, inColumns } from '../text.ts'
import { reached } from '../trace.ts'
import { explained } from './explained.ts'
import type { Settings } from './settings.ts'

/** A new session, or the stored one that an id (or the beginning of one, or nothing) names. */
export type SessionChoice =
  | { kind: 'new' }
  /** `ask`: where nothing is named, a person in a chat may choose. */
  | { kind: 'stored'; id: string | undefined; ask?: boolean }

/**
 * Creates the session, or finds the stored one and resumes it with everything the runtime does not remember. A log that the
 * runtime cannot read is mended first, and `warn` told of it.
 */
export async function openSession(...given: Parameters<typeof open>): Promise<Session> {
  const session = await open(...given)
  reached('session there')
  const [, settings, , { host }] = given
  return explained(session, settings.session.servers, host)
}

async function open(
  choice: SessionChoice,
  settings: Settings,
  runtime: Runtime,
  { host, warn }: { host: Host; warn: (line: string) => void },
): Promise<Session> {
  if (choice.kind === 'new') return runtime.create(settings.session)
  const { folder } = settings.session
  const { id } = pickSession(await runtime.sessions(), choice.id, folder, host.clock.now())
  await removeStaleLocks(settings.folders.copilot, id, host.isRunning)
  try {
    return await runtime.resume(id, settings.session)
  } catch (thrown) {
    ofKind('runtime-refused', thrown)
    const damaged = await mendLog(settings.folders.copilot, id, host.isRunning)
    if (damaged === 0) throw thrown
    warn(`${damaged} damaged lines of the session were left out (kept in events.damaged.jsonl)`)
    return runtime.resume(id, settings.session)
  }
}

/** How many sessions an error lists. */
const LISTED = 10

/** Shortest id that is shown, in characters: long enough to be typed and to name one session as a rule. */
const SHORT = 7

/**
 * Finds the session to resume among those that are stored (newest first). Without an id it is the latest of this
 * folder (`latest` means the same), otherwise the one whose id is, or begins with, what was given, or whose name it is. Throws HostError `session-unknown` or
 * `session-ambiguous`, which lists what there is. `now` is in milliseconds since the epoch. Of several that have this name the latest
 * is meant; none, with `one`, where something would be changed that nobody meant.
 */
export function pickSession(
  sessions: readonly SessionSummary[],
  id: string | undefined,
  folder: string,
  now: number,
  { one = false }: { one?: boolean } = {},
): SessionSummary {
  if (sessions.length === 0) {
    throw new HostError('session-unknown', 'there is no session to resume yet: copilot-host chat starts one')
  }
  if (id === undefined) {
    const latest = sessions.find(session => session.folder === folder)
    if (latest) return latest
    throw unknown('no session was started in this folder', sessions, now)
  }
  const wanted = id.trim().toLowerCase()
  const matches = wanted === '' ? [] : sessions.filter(session => session.id.toLowerCase().startsWith(wanted))
  // A name is taken where it is whole, as it is listed.
  const name = clean(id).toLowerCase()
  const named =
    name === '' || matches.length > 0 ? [] : sessions.filter(({ summary }) => summary?.toLowerCase() === name)
  if (one && named.length > 1) throw ambiguous(id, named, now)
  if (named[0]) return named[0]
  if (wanted === 'latest' && matches.length === 0) return pickSession(sessions, undefined, folder, now)
  const [match, second] = matches
  if (match && !second) return match
  const exact = matches.find(session => session.id.toLowerCase() === wanted)
  if (exact) return exact
  if (!match)
    throw unknown(`no session is called "${clean(id, 40)}" or has an id that begins so`, sessions, now)
  throw ambiguous(id, matches, now)
}

function ambiguous(id: string, sessions: readonly SessionSummary[], now: number): HostError {
  const head = `"${clean(id, 40)}" names ${sessions.length} sessions:`
  return new HostError('session-ambiguous', [head, ...list(sessions, now)].join('\n'))
}

function unknown(what: string, sessions: readonly SessionSummary[], now: number): HostError {
  return new HostError('session-unknown', [`${what}; there are`, ...list(sessions, now)].join('\n'))
}

/** One line each: as much of the id as tells it from all others, the age, the name. */
export function listSessions(
  sessions: readonly SessionSummary[],
  now: number,
  among: readonly SessionSummary[] = sessions,
): Clean[] {
  const length = shortLength(among)
  return sessions.map(({ id, modified, summary = '' }) =>
    inColumns(
      [
        [clean(clean(id, 255).slice(0, length)), length + 1],
        [clean(ageOf(modified, now)), 14],
      ],
      clean(summary, 50),
    ),
  )
}

/** An id as it is shown where nothing has to be told apart. */
export function shortId(id: string): string {
  return clean(id, 255).slice(0, SHORT)
}

function list(sessions: readonly SessionSummary[], now: number): string[] {
  const lines = listSessions(sessions.slice(0, LISTED), now, sessions).map(line => `  ${line}`)
  const more = sessions.length - LISTED
  // The line that says so is one of the ten.
  return more > 0 ? [...lines.slice(0, -1), `  and ${more + 1} more`] : lines
}

/** The fewest characters of an id that tell these sessions apart. */
function shortLength(sessions: readonly SessionSummary[]): number {
  const longest = sessions.reduce((most, { id }) => Math.max(most, id.length), 0)
  let length = SHORT
  while (
    length < longest &&
    new Set(sessions.map(session => session.id.slice(0, length))).size < sessions.length
  ) {
    length += 1
  }
  return length
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

function ageOf(modified: string, now: number): string {
  const age = now - Date.parse(modified)
  const [unit, length] = UNITS.find(([, milliseconds]) => age >= milliseconds) ?? []
  if (unit === undefined || length === undefined) return Number.isNaN(age) ? '' : 'just now'
  const count = Math.floor(age / length)
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`
}
