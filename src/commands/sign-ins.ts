import type { Authenticator } from '../auth/authenticator.ts'
import { judgeRequest } from '../auth/request.ts'
import type { Answer } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import type { HostEvent, ServerStatus, Session } from '../runtime/types.ts'

export interface SignInPorts {
  session: Session
  authenticator: Authenticator
  tell: (line: { level: 'info' | 'warning'; text: string }) => void
  log: (line: string) => void
  /** A sign-in ended without a token. The person knows, except where nobody could be asked (`sign-in-needed`). */
  refused: (error: HostError, server: string) => void
}

export interface SignIns {
  /** Takes the events that concern sign-ins. */
  take(event: HostEvent): void
  /**
   * Servers that were given a token at start-up and still say `needs-auth`: they refused it, and the runtime does not
   * ask again by itself. They are forgotten here and marked as rejected in the authenticator.
   */
  rejected(): string[]
  /** Answers everything that is still open with `cancelled`. */
  end(): Promise<void>
}

/**
 * Carries sign-in requests from the session to the authenticator and the answers back: exactly one for each request.
 * This is the one place where a failure becomes `cancelled`.
 */
export function carrySignIns(ports: SignInPorts): SignIns {
  const { session, authenticator, tell, log } = ports
  const running = new Map<string, { controller: AbortController; answered: Promise<void> }>()
  /** Servers that were given a token and have not come up since, with the last word about them. */
  const unproven = new Map<string, ServerStatus>()

  async function answer(event: Extract<HostEvent, { type: 'auth' }>, signal: AbortSignal): Promise<void> {
    let result: Answer = { kind: 'cancelled' }
    let server = 'the server'
    try {
      const request = judgeRequest(event)
      server = request.server.name
      result = await authenticator.authenticate(request, signal)
      if (result.kind === 'token') unproven.set(server, 'pending')
    } catch (thrown) {
      const error = hostError(thrown, `the sign-in to ${server} failed`)
      log(`sign-in ${event.id}: ${error.message}`)
      tell({ level: 'warning', text: `${server}: ${error.message}` })
      result = { kind: 'cancelled', error }
    }
    if (result.kind === 'cancelled' && !signal.aborted)
      ports.refused(result.error ?? new HostError('cancelled', 'the sign-in was cancelled'), server)
    if (signal.reason === WITHDRAWN) return
    const taken = await session.answerAuth(
      event.id,
      result.kind === 'token'
        ? { kind: 'token', accessToken: result.token.reveal(), expiresIn: result.expiresIn }
        : { kind: 'cancelled' },
    )
    if (!taken && result.kind === 'token') {
      tell({
        level: 'info',
        text: `${server}: the runtime no longer waited; the sign-in will be used next time`,
      })
    }
  }

  return {
    take(event) {
      if (event.type === 'auth') {
        const controller = new AbortController()
        const answered = answer(event, controller.signal)
          .catch(thrown => log(`sign-in ${event.id}: ${hostError(thrown, 'not answered').message}`))
          .finally(() => running.delete(event.id))
        running.set(event.id, { controller, answered })
      } else if (event.type === 'auth-done') {
        running.get(event.id)?.controller.abort(WITHDRAWN)
      } else if (event.type === 'server') {
        if (event.status === 'connected') unproven.delete(event.name)
        else if (unproven.has(event.name)) unproven.set(event.name, event.status)
      }
    },
    rejected() {
      const names = [...unproven].filter(([, status]) => status === 'needs-auth').map(([name]) => name)
      for (const name of names) {
        unproven.delete(name)
        authenticator.rejected(name)
      }
      return names
    },
    async end() {
      for (const { controller } of running.values()) controller.abort(new HostError('cancelled', 'leaving'))
      await Promise.allSettled([...running.values()].map(each => each.answered))
    },
  }
}

const WITHDRAWN = new HostError('cancelled', 'the request was withdrawn')
