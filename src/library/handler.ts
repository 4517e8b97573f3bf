import { type Authenticator, createAuthenticator } from '../auth/authenticator.ts'
import { createHttp } from '../auth/http.ts'
import { judgeRequest } from '../auth/request.ts'
import type { Answer } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import { clean } from '../text.ts'
import type { Machine } from './machine.ts'
import { createOccasions } from './occasions.ts'
import { type Keeping, keptAt, openKeeping, plainPrompt, systemBrowser } from './ports.ts'
import type { McpAuthHandler, McpAuthOptions, McpAuthRequest, McpAuthResult } from './types.ts'

/** What one session was asked and answered: like a program of its own, with the store in common. */
interface SessionState {
  authenticator: Authenticator
  occasions: ReturnType<typeof createOccasions>
}

/** Sessions that are remembered; the one that was quiet for longest goes first. */
const MOST_SESSIONS = 100

/**
 * The handler. `childPath`: the built file of the keychain's process, which starts with the first request. Throws HostError
 * `folder` for a state folder that cannot be one.
 */
export function createHandler(options: McpAuthOptions, childPath: URL, machine: Machine): McpAuthHandler {
  const { clock = machine.clock, browser = systemBrowser(machine), log } = options
  const prompt = options.prompt ?? plainPrompt(options, machine, clock)
  const attended = options.prompt !== undefined || machine.attended
  const place = keptAt(options, machine)
  const http = createHttp(options.fetch ?? machine.fetch)
  const sessions = new Map<string, SessionState>()
  const open = new Set<{ id: string; controller: AbortController; answered: Promise<McpAuthResult> }>()
  let keeping: Keeping | undefined
  let closed: Promise<void> | undefined

  function stateOf(sessionId: string): SessionState {
    const state = sessions.get(sessionId) ?? newSession()
    sessions.delete(sessionId)
    sessions.set(sessionId, state)
    const [oldest] = sessions.keys()
    if (sessions.size > MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest)
    return state
  }

  function newSession(): SessionState {
    const warn = (text: string) => prompt.tell({ level: 'warning', text })
    keeping ??= openKeeping(options, place, childPath, machine, clock, warn)
    const { store, journal, elsewhere } = keeping
    const policy = {
      ask: attended || options.route !== undefined,
      attended,
      issuerChange: options.issuerChange ?? (attended ? 'tell' : 'refuse'),
      optionsOf: options.serverOptions,
      place: options.program === undefined ? undefined : clean(`${options.program} on ${machine.name}`, 240),
      route: options.route,
      timeoutMs: options.timeoutMs,
    }
    return {
      authenticator: createAuthenticator({
        ...{ store, journal, elsewhere, http, prompt, browser, clock, log, policy },
      }),
      occasions: createOccasions(clock),
    }
  }

  async function answer(
    asked: McpAuthRequest,
    sessionId: string,
    signal: AbortSignal,
  ): Promise<McpAuthResult> {
    try {
      const { authenticator, occasions } = stateOf(sessionId)
      const judged = judgeRequest({ id: asked.requestId, data: asked, calls: [] })
      const request = occasions.name(judged)
      const result = await authenticator.authenticate(request, signal)
      occasions.answered(request)
      // Where nobody could be asked nobody has been told either.
      if (result.kind === 'cancelled' && result.error?.kind === 'sign-in-needed') tell(result.error)
      return resultOf(result)
    } catch (thrown) {
      const name = clean(String(asked.serverName))
      const error = hostError(thrown, 'the sign-in failed')
      log?.(`sign-in ${name}: ${error.kind}`)
      tell(error, `${name}: `)
      return { kind: 'cancelled' }
    }
  }

  function tell(error: HostError, before = ''): void {
    prompt.tell({ level: 'warning', text: `${before}${error.message}` })
  }

  function handle(request: McpAuthRequest, { sessionId }: { sessionId: string }): Promise<McpAuthResult> {
    if (closed !== undefined) return Promise.resolve({ kind: 'cancelled' })
    const controller = new AbortController()
    const answered = answer(request, sessionId, controller.signal)
    const entry = { id: request.requestId, controller, answered }
    open.add(entry)
    return answered.finally(() => open.delete(entry))
  }

  async function end(): Promise<void> {
    for (const { controller } of open) controller.abort(new HostError('cancelled', 'the program is ending'))
    await Promise.allSettled([...open].map(({ answered }) => answered))
    sessions.clear()
    await keeping?.close()
  }

  function close(): Promise<void> {
    closed ??= end()
    return closed
  }

  if (options.signal?.aborted) void close()
  options.signal?.addEventListener('abort', () => void close(), { once: true })

  return Object.assign(handle, {
    withdraw(requestId: string) {
      for (const { id, controller } of open) {
        if (id === requestId) controller.abort(new HostError('cancelled', 'the request was withdrawn'))
      }
    },
    askAgain(server?: string) {
      for (const { authenticator } of sessions.values()) authenticator.forgetRefusals(server)
    },
    close,
    [Symbol.asyncDispose]: close,
  })
}

/** The token leaves as it has to; of the sign-in behind it nothing does. */
function resultOf(answer: Answer): McpAuthResult {
  if (answer.kind === 'cancelled') return { kind: 'cancelled' }
  const { token, expiresIn } = answer
  return { kind: 'token', accessToken: token.reveal(), ...(expiresIn === undefined ? {} : { expiresIn }) }
}
