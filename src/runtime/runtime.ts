import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { HostError, hostError } from '../errors.ts'
import { clean } from '../text.ts'
import { type Connection, openConnection } from './connection.ts'
import { folderFault, runtimeHome } from './folder-fault.ts'
import { createHooks } from './hooks.ts'
import { LIMITS, type Limits } from './limits.ts'
import { openSession } from './open.ts'
import { type RuntimeProcess, startProcess } from './process.ts'
import { maybe, methods, StoredId } from './protocol.ts'
import { createPulse } from './pulse.ts'
import { createRouter } from './router.ts'
import type { HostEvent, Runtime, RuntimeOptions, SessionSummary } from './types.ts'

/** The only version of the protocol there is (runtime-protocol 3). */
const PROTOCOL = 3

/** How long a runtime that closed its output may take to end and so to say why. */
const LAST_WORDS = 500

const GITHUB = 'https://github.com'

const Stored = v.object({
  sessionId: StoredId,
  startTime: v.fallback(v.string(), ''),
  modifiedTime: v.string(),
  summary: maybe(v.string()),
  context: maybe(v.object({ cwd: maybe(v.string()) })),
})

/**
 * Starts the runtime and shakes hands with it. Throws HostError `runtime-missing`, `runtime-start`, `runtime-version`
 * or `folder`; nothing is left running then. Later its death rejects everything that is pending, closes all sessions with
 * `stopped`, and resolves `died`; so does a runtime that hangs, which is ended. Who aborts gives the start up: `cancelled`.
 * `starting`: its process, where that was started ahead.
 */
export async function startRuntime(
  options: RuntimeOptions,
  limits: Limits = LIMITS,
  signal?: AbortSignal,
  starting: Promise<RuntimeProcess> = startProcess(options),
): Promise<Runtime> {
  const log = options.log ?? (() => {})
  const child = await starting
  const router = createRouter()
  const hooks = createHooks(log)
  const died = Promise.withResolvers<HostError>()
  const live = new Set<(event: HostEvent) => void>()
  let over = false
  let ending: Promise<void> | undefined

  const connection = openConnection({
    input: child.stdout,
    output: child.stdin,
    limits,
    log,
    onNotification(method, params) {
      pulse.heard()
      if (method === 'session.event') router.route(params)
    },
    onHook(params) {
      pulse.heard()
      return hooks.answer(params)
    },
    onLost: error => void lost(error),
    onSilent: () => pulse.doubt(),
  })
  const pulse = createPulse({ limits, beat: () => connection.call(methods.ping, {}), onLost: fail })
  const giveUp = () => connection.close(new HostError('cancelled', 'the start was given up'))
  signal?.addEventListener('abort', giveUp, { once: true })
  if (signal?.aborted) giveUp()

  async function lost(error: HostError | undefined) {
    if (!error) await Promise.race([child.ended, pause(LAST_WORDS)])
    fail(error ?? new HostError('runtime-died', 'it closed its output'))
  }

  function fail(error: HostError) {
    if (over) return
    over = true
    pulse.stop()
    log(`runtime: ${error.message}`)
    connection.close(error)
    for (const tell of live) tell({ type: 'stopped', error })
    died.resolve(error)
    void child.end(limits.end)
  }

  void child.ended.then(({ how, tail }) => {
    if (tail) log(`runtime: ${tail}`)
    fail(new HostError('runtime-died', how))
  })

  async function end() {
    pulse.stop()
    child.leave()
    if (!over) {
      const asked = connection.call(methods.shutdown, {}).catch(() => {})
      over = true
      await Promise.race([child.ended, asked, pause(limits.end / 2)])
      // Not every runtime ends by itself after that; each one does when nobody can write to it any more.
      child.stdin.end()
      await Promise.race([child.ended, pause(limits.end / 4)])
      connection.close(new HostError('runtime-died', 'it was told to'))
    }
    await child.end(limits.end / 2)
  }

  try {
    const version = await shakeHands(connection, child, limits)
    signal?.removeEventListener('abort', giveUp)
    log(`runtime: version ${version}, protocol ${PROTOCOL}`)
    const home = runtimeHome(options.env)
    const open = openSession({ connection, router, hooks, limits, log, live, pulse, home })
    return {
      version,
      create: config => open(methods.create, randomUUID(), config),
      resume: (id, config) => open(methods.resume, id, config),
      sessions: folder => listSessions(connection, folder, home),
      async remove(id) {
        return (await connection.call(methods.remove, { sessionId: id })).success
      },
      async storeLogin(token, host = GITHUB) {
        const address = URL.canParse(host) ? host : `https://${host}`
        const { storedInVault } = await connection.call(methods.login, { host: address, token })
        return { login: (await loginOf(connection)) ?? clean('an unknown account'), storedInVault }
      },
      login: () => loginOf(connection),
      died: died.promise,
      stop() {
        ending ??= end()
        return ending
      },
    }
  } catch (thrown) {
    over = true
    pulse.stop()
    signal?.removeEventListener('abort', giveUp)
    connection.close(hostError(thrown, 'the Copilot runtime could not start'))
    await child.end(limits.end / 2)
    throw thrown
  }
}

/** Gives the version of the runtime. */
async function shakeHands(connection: Connection, child: RuntimeProcess, limits: Limits): Promise<string> {
  try {
    const params = { clientInfo: { editorName: 'copilot-host' } }
    const { protocolVersion, version } = await connection.call(methods.connect, params)
    const name = clean(version, 40)
    if (protocolVersion === PROTOCOL) return name
    throw new HostError(
      'runtime-version',
      `${child.file} (${name}) speaks protocol ${protocolVersion}, this program speaks ${PROTOCOL}`,
    )
  } catch (thrown) {
    const error = hostError(thrown, 'unreadable')
    if (error.kind === 'runtime-version' || error.kind === 'cancelled') throw error
    if (error.kind === 'runtime-died') {
      const { tail } = await child.ended
      throw new HostError('runtime-start', tail ? `${error.detail}: ${tail}` : error.detail, {
        cause: thrown,
      })
    }
    if (error.kind === 'runtime-silent') {
      const seconds = Math.round(limits.connect / 1000)
      throw new HostError('runtime-start', `${child.file} did not answer in ${seconds} s`, { cause: thrown })
    }
    if (error.kind === 'runtime-refused') {
      throw new HostError('runtime-version', `${child.file}: ${error.detail}`, { cause: thrown })
    }
    throw new HostError('runtime-start', `${child.file}: ${error.detail}`, { cause: thrown })
  }
}

async function listSessions(
  connection: Connection,
  folder: string | undefined,
  home: string,
): Promise<SessionSummary[]> {
  const filter = folder === undefined ? undefined : { cwd: folder }
  const { sessions } = await connection.call(methods.list, { filter }).catch(thrown => {
    throw folderFault(hostError(thrown, 'the sessions cannot be listed'), { home })
  })
  return sessions
    .flatMap(each => {
      const judged = v.safeParse(Stored, each)
      if (!judged.success) return []
      const { sessionId, startTime, modifiedTime, summary, context } = judged.output
      return {
        id: sessionId,
        started: startTime,
        modified: modifiedTime,
        summary: summary ? clean(summary) : undefined,
        folder: context?.cwd,
      }
    })
    .filter(each => folder === undefined || each.folder === folder)
    .sort((one, other) => Date.parse(other.modified) - Date.parse(one.modified))
}

/** Holds up nothing that wants to end meanwhile. */
async function pause(ms: number): Promise<void> {
  await sleep(ms, undefined, { ref: false })
}

async function loginOf(connection: Connection) {
  const { isAuthenticated, login } = await connection.call(methods.authStatus, {})
  return isAuthenticated ? clean(login ?? 'an unknown account') : undefined
}
