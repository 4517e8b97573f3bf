import { type Authenticator, createAuthenticator } from '../auth/authenticator.ts'
import { createHttp } from '../auth/http.ts'
import { judgeRequest } from '../auth/request.ts'
import type { Answer } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import { clean, shellWord } from '../text.ts'
import type { Machine } from './machine.ts'
import { createOccasions, type Occasions } from './occasions.ts'
import { type Keeping, keptAt, openKeeping, plainPrompt, systemBrowser } from './ports.ts'
import type { McpAuthOptions, McpAuthRequest, McpAuthResult } from './types.ts'

export interface Sessions {
  /** A failure has been told, and is `cancelled`. Rejects only with what the program's own prompt or log throws. */
  answer(request: McpAuthRequest, sessionId: string, signal: AbortSignal): Promise<McpAuthResult>
  /** This server has not accepted the token that it was given, if it was given one. */
  refused(server: string, sessionId: string): boolean
  /** This server has worked with the token that it was given. */
  accepted(server: string, sessionId: string): void
  askAgain(server?: string): void
  close(): Promise<void>
}

/** What one session was asked and answered: like a program of its own, with the store in common. */
interface SessionState {
  authenticator: Authenticator
  occasions: Occasions
  /** Names of the servers that were answered with a token. */
  given: Set<string>
}

/** Sessions that are remembered; the one that was quiet for longest goes first. */
const MOST_SESSIONS = 100

/**
 * The sessions of one host. The store is opened with the first request; `childPath` is the built file of the keychain's
 * process. Throws HostError `folder` for a state folder that cannot be one, `usage` for a time that is none.
 */
export function createSessions(options: McpAuthOptions, childPath: URL, machine: Machine): Sessions {
  if (options.timeoutMs !== undefined && !(options.timeoutMs >= 0))
    throw new HostError('usage', 'timeoutMs must be a number of milliseconds, 0 or more')
  const { clock = machine.clock, browser = systemBrowser(machine), log } = options
  const prompt = options.prompt ?? plainPrompt(options, machine, clock)
  const attended = options.prompt !== undefined || machine.attended
  const place = keptAt(options, machine)
  const http = createHttp(options.fetch ?? machine.fetch)
  const states = new Map<string, SessionState>()
  let keeping: Keeping | undefined

  function stateOf(sessionId: string): SessionState {
    const state = states.get(sessionId) ?? newState()
    states.delete(sessionId)
    states.set(sessionId, state)
    const [oldest] = states.keys()
    if (states.size > MOST_SESSIONS && oldest !== undefined) states.delete(oldest)
    return state
  }

  function newState(): SessionState {
    const warn = (text: string) => prompt.tell({ level: 'warning', text })
    keeping ??= openKeeping(options, place, childPath, machine, clock, warn)
    const { store, journal, elsewhere } = keeping
    const policy = {
      // An address cannot come without a person at all.
      ask: attended || (options.route !== undefined && options.route !== 'paste'),
      attended,
      issuerChange: options.issuerChange ?? (attended ? 'tell' : 'refuse'),
      optionsOf: options.serverOptions,
      accountOf: options.accountOf,
      folder: machine.folder,
      switchCommand: 'copilot-host auth account',
      place: options.program === undefined ? undefined : clean(`${options.program} on ${machine.name}`, 240),
      route: options.route,
      timeoutMs: options.timeoutMs,
    }
    const ports = { store, journal, elsewhere, http, prompt, browser, clock, log, policy }
    return { authenticator: createAuthenticator(ports), occasions: createOccasions(clock), given: new Set() }
  }

  return {
    async answer(asked, sessionId, signal) {
      try {
        const { authenticator, occasions, given } = stateOf(sessionId)
        const request = occasions.name(judgeRequest({ id: asked.requestId, data: asked, calls: [] }))
        const answer = await authenticator.authenticate(request, signal)
        occasions.answered(request)
        if (answer.kind === 'token') given.add(request.server.name)
        // Where nobody could be asked nobody has been told either.
        else if (answer.error?.kind === 'sign-in-needed') {
          const next = place?.isDefault
            ? `npx copilot-host auth login ${shellWord(clean(request.server.url, 2048))}`
            : 'a terminal is needed'
          prompt.tell({ level: 'warning', text: `${answer.error.message}: ${next}` })
        }
        return resultOf(answer)
      } catch (thrown) {
        const name = clean(String(asked.serverName))
        const error = hostError(thrown, 'the sign-in failed')
        log?.(`sign-in ${name}: ${error.kind}`)
        prompt.tell({ level: 'warning', text: `${name}: ${error.message}` })
        return { kind: 'cancelled' }
      }
    },
    refused(server, sessionId) {
      const state = states.get(sessionId)
      if (!state?.given.has(server)) return false
      state.authenticator.rejected(server)
      return true
    },
    accepted: (server, sessionId) => states.get(sessionId)?.authenticator.accepted(server),
    askAgain(server) {
      for (const { authenticator } of states.values()) authenticator.forgetRefusals(server)
    },
    async close() {
      states.clear()
      await keeping?.close()
    },
  }
}

/** The token leaves as it has to; of the sign-in behind it nothing does. */
function resultOf(answer: Answer): McpAuthResult {
  if (answer.kind === 'cancelled') return { kind: 'cancelled' }
  const { token, expiresIn } = answer
  return { kind: 'token', accessToken: token.reveal(), ...(expiresIn === undefined ? {} : { expiresIn }) }
}
