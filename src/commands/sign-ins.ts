import type { Authenticator } from '../auth/authenticator.ts'
import { judgeRequest, serverNameOf } from '../auth/request.ts'
import type { Answer, AuthRequest, Reason, WebUrl } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import type { HostEvent, ServerStatus, Session } from '../runtime/types.ts'
import { reached } from '../trace.ts'

export interface SignInPorts {
  session: Session
  authenticator: Authenticator
  tell: (line: { level: 'info' | 'warning'; text: string }) => void
  log: (line: string) => void
  /** A sign-in ended without a token. The person knows, except where nobody could be asked (`sign-in-needed`). */
  refused: (error: HostError, server: string, reason?: Reason) => void
  /** There is a sign-in now for a server that was refused before; `tool` is the call that failed for want of one. */
  again?: (server: string, tool: string | undefined) => void
  /**
   * Somebody has signed in to a server that was refused here: from another terminal, or (`here`) under another name that the
   * same server has.
   */
  elsewhere?: (server: string, here: boolean) => void
  /** The servers that were refused here and may still be signed in to; `later`: those of which the person said that they will. */
  waiting?: (servers: readonly string[], later: readonly string[]) => void
  /** No sign-in is open any more. */
  settled?: () => void
}

export interface SignIns {
  /** Takes the events that concern sign-ins. */
  take(event: HostEvent): void
  /**
   * Servers that say `needs-auth` although the runtime asks for nothing: they refused the token that they were given, which
   * the authenticator is told, or nobody was asked about them at all.
   */
  unasked(): string[]
  /** True while the person may be signing in. */
  readonly open: boolean
  /** Whether the runtime has asked about this server since it was loaded. */
  wasAsked(server: string): boolean
  /** Whether nobody has signed in to this server although it asked: it waits for the person. */
  isWaiting(server: string): boolean
  /** The runtime is about to ask for all servers anew. */
  reloading(): void
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
  /** The tool of each server that failed last because nobody signed in. */
  const failed = new Map<string, string>()
  const statuses = new Map<string, ServerStatus>()
  /** Servers that nobody has signed in to although they ask for it: who waits under which names, by their address. */
  const waiting = new Map<
    WebUrl,
    { names: ReadonlySet<string>; later: boolean; whole: boolean; controller: AbortController }
  >()
  /** What was told of requests that cannot be judged: the runtime repeats them. */
  const unreadable = new Map<string, string>()
  /** Servers that the runtime has asked about since they were loaded, and those whose token nothing has shown to be good. */
  const asked = new Set<string>()
  const given = new Set<string>()
  /** Open calls of tools, and whose they are. */
  const calls = new Map<string, { server: string; tool: string }>()

  /** Until somebody signs in elsewhere, or the runtime asks about this server again. */
  function wait(request: AuthRequest, before: ReadonlySet<string>, later: boolean): void {
    const { name, url } = request.server
    const controller = new AbortController()
    // Two requests for it may have been refused together.
    const names = new Set([...before, ...stopWaiting(url), name])
    // Declining more rights is not declining the server.
    const whole = request.reason !== 'upscope'
    waiting.set(url, { names, later, whole, controller })
    // Whatever was wrong with its token, the person has been asked.
    if (whole) for (const each of names) given.delete(each)
    tellOfWaiting()
    void authenticator.signedInElsewhere(request, controller.signal).then(
      () => {
        for (const each of names) ports.elsewhere?.(each, false)
      },
      () => {},
    )
  }

  /** Who waited under which names. */
  function stopWaiting(server: WebUrl): ReadonlySet<string> {
    const { names, controller } = waiting.get(server) ?? {}
    controller?.abort()
    if (waiting.delete(server)) tellOfWaiting()
    return names ?? new Set()
  }

  function isWaiting(server: string): boolean {
    return [...waiting.values()].some(({ names, whole }) => whole && names.has(server))
  }

  function tellOfWaiting(): void {
    const all = [...waiting.values()]
    const namesOf = (some: typeof all) => some.flatMap(({ names }) => [...names])
    ports.waiting?.(namesOf(all), namesOf(all.filter(({ later }) => later)))
  }

  async function answer(event: Extract<HostEvent, { type: 'auth' }>, signal: AbortSignal): Promise<void> {
    let result: Answer = { kind: 'cancelled' }
    let server: string = serverNameOf(event.data) ?? 'the server'
    let reason: Reason | undefined
    // Also what cannot be judged was asked: to ask once more would not make it better.
    asked.add(server)
    try {
      const request = judgeRequest(event)
      server = request.server.name
      reason = request.reason
      const before = stopWaiting(request.server.url)
      result = await authenticator.authenticate(request, signal)
      const why = result.kind === 'cancelled' ? result.error : result.declined
      const refused = result.kind === 'cancelled' || why !== undefined
      if (refused && !signal.aborted) wait(request, before, why?.kind === 'later')
      if (result.kind === 'token') {
        given.add(server)
        if (!refused) {
          // A call that waits for this token goes on by itself: what failed before is not to be done twice.
          const tool = event.tool === undefined ? failed.get(server) : undefined
          if (before.has(server)) ports.again?.(server, tool)
          for (const other of before) if (other !== server) ports.elsewhere?.(other, true)
          failed.delete(server)
        }
        statuses.set(server, 'pending')
      }
    } catch (thrown) {
      const error = hostError(thrown, `the sign-in to ${server} failed`)
      log(`sign-in ${event.id}: ${error.message}`)
      if (unreadable.get(server) !== error.message)
        tell({ level: 'warning', text: `${server}: ${error.message}${next(error)}` })
      unreadable.set(server, error.message)
      result = { kind: 'cancelled', error }
    }
    if (result.kind === 'cancelled' && event.tool !== undefined) failed.set(server, event.tool)
    if (result.kind === 'cancelled' && !signal.aborted)
      ports.refused(result.error ?? new HostError('cancelled', 'the sign-in was cancelled'), server, reason)
    if (signal.reason === WITHDRAWN) return
    if (result.kind === 'token') reached('token given')
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
        reached('token asked for')
        const controller = new AbortController()
        const answered = answer(event, controller.signal)
          .catch(thrown => log(`sign-in ${event.id}: ${hostError(thrown, 'not answered').message}`))
          .finally(() => {
            running.delete(event.id)
            if (running.size === 0) ports.settled?.()
          })
        running.set(event.id, { controller, answered })
      } else if (event.type === 'auth-done') {
        running.get(event.id)?.controller.abort(WITHDRAWN)
      } else if (event.type === 'server') {
        statuses.set(event.name, event.status)
        if (event.status === 'connected') given.delete(event.name)
        if (event.refused && !isWaiting(event.name)) given.add(event.name)
      } else if (event.type === 'tool-start') {
        if (event.server !== undefined) calls.set(event.id, { server: event.server, tool: event.name })
      } else if (event.type === 'tool-end') {
        const { server, tool } = calls.get(event.id) ?? {}
        if (event.end === 'ok' && server !== undefined) {
          authenticator.accepted(server)
          if (failed.get(server) === tool) failed.delete(server)
        }
        calls.delete(event.id)
      }
    },
    unasked() {
      if (running.size > 0) return []
      const names = [...statuses]
        .filter(([name, status]) => status === 'needs-auth' && (given.has(name) || !asked.has(name)))
        .map(([name]) => name)
      for (const name of names) if (given.has(name)) authenticator.rejected(name)
      return names
    },
    get open() {
      return running.size > 0
    },
    wasAsked: server => asked.has(server),
    isWaiting,
    reloading() {
      asked.clear()
      given.clear()
      unreadable.clear()
    },
    async end() {
      for (const url of [...waiting.keys()]) stopWaiting(url)
      for (const { controller } of running.values()) controller.abort(new HostError('cancelled', 'leaving'))
      await Promise.allSettled([...running.values()].map(each => each.answered))
    },
  }
}

/** What a person can do about a request that cannot be judged. */
function next({ kind }: HostError): string {
  return kind === 'unsafe-address' ? '; whoever runs it has to mend that' : ''
}

const WITHDRAWN = new HostError('cancelled', 'the request was withdrawn')
