import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import { followSession } from './follow.ts'
import type { Sessions } from './sessions.ts'
import type { FollowedSession, Following, McpAuthHandler, McpAuthRequest, McpAuthResult } from './types.ts'

/** A request that is not answered yet. */
interface Open {
  request: McpAuthRequest
  sessionId: string
  controller: AbortController
  answered: Promise<McpAuthResult>
}

/** The handler in front of the sessions: what is open can be withdrawn, and everything ends with it or with the signal. */
export function createHandler(sessions: Sessions, signal?: AbortSignal): McpAuthHandler {
  const open = new Set<Open>()
  const following = new Set<() => void>()
  let closed: Promise<void> | undefined

  async function handle(
    request: McpAuthRequest,
    context?: Partial<Parameters<McpAuthHandler>[1]>,
  ): Promise<McpAuthResult> {
    if (closed !== undefined) return { kind: 'cancelled' }
    const sessionId = context?.sessionId ?? ''
    const controller = new AbortController()
    const answered = sessions.answer(request, sessionId, controller.signal)
    const entry = { request, sessionId, controller, answered }
    open.add(entry)
    try {
      return await answered
    } catch {
      // What the program's own prompt or log throws is its own.
      return { kind: 'cancelled' }
    } finally {
      open.delete(entry)
    }
  }

  function abort(which: (each: Open) => boolean, why = 'the request was withdrawn'): void {
    for (const each of open) if (which(each)) each.controller.abort(new HostError('cancelled', why))
  }

  function withdraw(requestId: string): void {
    abort(({ request }) => request.requestId === requestId)
  }

  function follow(session: FollowedSession): Following {
    if (closed !== undefined) return { ready: Promise.resolve(), stop: () => {} }
    const mine = ({ sessionId }: Open) => sessionId === session.sessionId
    const { ready, stop } = followSession(session, {
      withdraw: id => abort(each => mine(each) && each.request.requestId === id),
      // A sign-in at start-up outlives the turn; one made for a tool call does not.
      interrupted: () => abort(each => mine(each) && each.request.reason !== 'initial'),
      asking: () => [...open].some(mine),
      refusedToken(name) {
        const server = clean(name)
        const asked = [...open].some(each => mine(each) && clean(each.request.serverName) === server)
        return !asked && sessions.refused(server, session.sessionId)
      },
      acceptedToken: name => sessions.accepted(clean(name), session.sessionId),
    })
    const end = () => {
      following.delete(end)
      stop()
    }
    following.add(end)
    return { ready, stop: end }
  }

  async function end(): Promise<void> {
    for (const stop of following) stop()
    abort(() => true, 'the program is ending')
    await Promise.allSettled([...open].map(({ answered }) => answered))
    await sessions.close()
  }

  async function close(): Promise<void> {
    signal?.removeEventListener('abort', close)
    closed ??= end()
    await closed
  }

  if (signal?.aborted) void close()
  else signal?.addEventListener('abort', close)
  return Object.assign(handle, {
    follow,
    withdraw,
    askAgain: sessions.askAgain,
    close,
    [Symbol.asyncDispose]: close,
  })
}
