import { HostError } from '../errors.ts'
import { type Host, isAttended } from '../host.ts'
import { startRuntime } from '../runtime/runtime.ts'
import { readStoredEvents } from '../runtime/stored-events.ts'
import type { Runtime, SessionSummary } from '../runtime/types.ts'
import { clean } from '../text.ts'
import { readAnswer } from '../ui/plain/reader.ts'
import { jsonText } from './output.ts'
import { listSessions, pickSession, shortId } from './pick-session.ts'
import { readSettings, type Settings } from './settings.ts'
import { saidIn } from './transcript.ts'

export interface SessionsOptions {
  json?: boolean
  /** Only the sessions of this folder. */
  here?: boolean
}

/** What `sessions --json` prints for each session. */
export interface ListedSession {
  id: string
  name: string
  folder?: string
  started: string
  modified: string
}

/** Every session that is stored, newest first; those of Copilot CLI too. Gives 0. */
export function sessionsList(options: SessionsOptions, host: Host): Promise<number> {
  return withRuntime(host, async runtime => {
    const none = options.here ? 'no session was started in this folder' : 'there is no session yet'
    const sessions = await runtime.sessions(options.here ? host.folder : undefined)
    print(sessions, options, `${none}: copilot-host chat starts one`, host)
    return 0
  })
}

/** The sessions in whose name, folder or conversation the text is. Gives 1 if there is none, as grep does. */
export function sessionsSearch(text: string, options: SessionsOptions, host: Host): Promise<number> {
  if (text.trim() === '') throw new HostError('usage', 'the text to search for is empty')
  return withRuntime(host, async (runtime, { folders }) => {
    const wanted = text.toLowerCase()
    const found: SessionSummary[] = []
    for (const session of await runtime.sessions(options.here ? host.folder : undefined)) {
      host.signal.throwIfAborted()
      const { id, summary = '', folder = '' } = session
      const named = `${id}\n${summary}\n${folder}`.toLowerCase().includes(wanted)
      if (named || (await isSaid(wanted, folders.copilot, id))) found.push(session)
    }
    print(found, options, 'there is no such session', host)
    return found.length > 0 ? 0 : 1
  })
}

/** Gives a session a name, which `resume` takes too. Gives 0. */
export function sessionsRename(id: string, name: string, host: Host): Promise<number> {
  const given = clean(name)
  if (given === '') throw new HostError('usage', 'the name is empty')
  const rename = async (runtime: Runtime, settings: Settings) => {
    const stored = pickSession(await runtime.sessions(), id, host.folder, host.clock.now(), { one: true })
    const { model, provider } = settings.session
    const quiet = { model, provider, servers: {}, off: settings.servers.own, signIn: false, quietly: true }
    const session = await runtime
      .resume(stored.id, { ...quiet, folder: stored.folder ?? host.folder })
      .catch(thrown => {
        // Its folder is gone.
        if (thrown instanceof HostError && thrown.kind === 'folder')
          return runtime.resume(stored.id, { ...quiet, folder: host.folder })
        throw thrown
      })
    await session.rename(given)
    await session.close()
    host.stdout.write(`${shortId(stored.id)} is called "${given}" now\n`)
    return 0
  }
  return withRuntime(host, rename, { model: true })
}

/**
 * Deletes sessions with all their data. All of them are found before the first one is deleted; a person is shown which they are, and
 * asked, unless `yes`. Gives 0; 5 where the person says no.
 */
export function sessionsDelete(
  ids: readonly string[],
  { yes = false }: { yes?: boolean },
  host: Host,
): Promise<number> {
  return withRuntime(host, async runtime => {
    const all = await runtime.sessions()
    const chosen = [
      ...new Set(ids.map(id => pickSession(all, id, host.folder, host.clock.now(), { one: true }))),
    ]
    if (!yes && isAttended(host) && !(await mayDelete(chosen, host))) return 5
    for (const { id, summary } of chosen) {
      const name = `${shortId(id)} ${summary ?? ''}`.trim()
      if (!(await runtime.remove(id)))
        throw new HostError('failure', `the session ${name} could not be deleted`)
      host.stdout.write(`deleted ${name}\n`)
    }
    return 0
  })
}

/** Anything else than yes is a no. */
async function mayDelete(sessions: readonly SessionSummary[], host: Host): Promise<boolean> {
  const write = (line: string) => void host.stderr.write(`${line}\n`)
  for (const line of listSessions(sessions, host.clock.now())) write(line)
  const what = sessions.length === 1 ? 'this session' : `these ${sessions.length} sessions`
  const ports = { stdin: host.stdin, clock: host.clock, write }
  const answer = await readAnswer(ports, `Delete ${what} with all data? [y/N]`, host.signal)
  const agreed = /^y(es)?$/i.test(answer.trim())
  if (!agreed) write('Nothing was deleted.')
  return agreed
}

/** Runs `work` with a runtime that has no session, and ends it. */
export async function withRuntime<T>(
  host: Host,
  work: (runtime: Runtime, settings: Settings) => Promise<T>,
  needs = { model: false },
): Promise<T> {
  const settings = await readSettings({ mcp: [], mcpConfig: [], signIn: 'never' }, false, host, needs)
  const runtime = await startRuntime({ ...settings.runtime, login: false })
  try {
    return await Promise.race([work(runtime, settings), runtime.died.then(error => Promise.reject(error))])
  } finally {
    await runtime.stop()
    settings.log.close()
  }
}

function print(
  sessions: readonly SessionSummary[],
  { json }: SessionsOptions,
  none: string,
  host: Host,
): void {
  if (json) {
    const listed: ListedSession[] = sessions.map(({ id, summary, folder, started, modified }) => ({
      ...{ id: clean(id, 255), name: summary ?? '', started, modified },
      folder: folder === undefined ? undefined : clean(folder, 4096),
    }))
    host.stdout.write(`${jsonText(listed, 2)}\n`)
  } else if (sessions.length === 0) host.stderr.write(`${none}\n`)
  else for (const line of listSessions(sessions, host.clock.now())) host.stdout.write(`${line}\n`)
}

async function isSaid(wanted: string, copilotHome: string, id: string): Promise<boolean> {
  try {
    for await (const stored of readStoredEvents(copilotHome, id)) {
      if (stored.kind === 'event' && saidIn(stored.event).toLowerCase().includes(wanted)) return true
    }
  } catch (thrown) {
    // A session without a log of its own (a remote one) has only its name.
    if (!(thrown instanceof HostError)) throw thrown
  }
  return false
}
