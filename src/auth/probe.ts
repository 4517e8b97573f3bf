import { hostError } from '../errors.ts'
import { type Clean, clean, hostOf } from '../text.ts'
import { bearerChallenge, type Challenge } from './challenge.ts'
import { type Http, type HttpRequest, jsonObject, textOf } from './http.ts'
import { scopeTokens } from './scope.ts'
import type { Secret } from './secret.ts'
import type { Grant, WebUrl } from './types.ts'
import { sameResource } from './url.ts'

/** How long a probe may take, in milliseconds: for the limits of the {@link Http} it is given. */
export const PROBE_LIMIT = 5_000
/** How long the end of a session is waited for, in milliseconds. */
const FAREWELL = 1_000

export interface ProbeQuestion {
  server: WebUrl
  /** The access token to show; absent: what does the server say to a stranger? */
  access?: Secret
  /** `sse`: the older transport, which begins with a GET. */
  transport: 'http' | 'sse'
  /** What the configuration of the server adds to every request. */
  headers: Readonly<Record<string, string>>
  /** The version of this program, which the server is told. */
  version: string
}

export interface Probed {
  /** `more-rights`: it knows the token, which is not enough. `not-asked`: no request was made. */
  state: 'accepted' | 'refused' | 'more-rights' | 'unreachable' | 'not-asked'
  /** Of the answer, if there was one. */
  status?: number
  /** A word of why; absent for `accepted`. */
  why?: Clean
  /** The rights that the server names in its challenge. */
  scopes?: string[]
  challenge?: Challenge
}

/**
 * Asks an MCP server whether it lets us in, by one `initialize` as a client would send it; a session that begins with it is
 * ended again. Nothing is renewed, kept or tried twice, and no redirect is followed. Never rejects, except with the signal's
 * reason.
 *
 * A request of our own, not `session.mcp.oauth.probe` of the runtime: that one needs a runtime and a session, and tells what
 * the token in that session's memory is worth, not the one that is kept.
 */
export async function probe(question: ProbeQuestion, http: Http, signal: AbortSignal): Promise<Probed> {
  const { server } = question
  try {
    const response = await http.fetch(server, requestOf(question, signal))
    await endSession(response, question, http, signal)
    return await judge(response, server)
  } catch (thrown) {
    signal.throwIfAborted()
    return unreachable(hostError(thrown, `${hostOf(server)} cannot be asked`).message)
  }
}

/** The same with a kept sign-in. A token that has ended, or that is for another server, is not sent. */
export async function probeGrant(
  grant: Pick<Grant, 'access' | 'resource' | 'expiresAt'>,
  question: Omit<ProbeQuestion, 'access'> & { now: number },
  http: Http,
  signal: AbortSignal,
): Promise<Probed> {
  const { access, resource, expiresAt } = grant
  if (!sameResource(resource, question.server)) return notAsked('its token is for another server')
  if (expiresAt !== undefined && expiresAt <= question.now) return notAsked('its token has ended')
  return probe({ ...question, access }, http, signal)
}

function requestOf({ access, transport, headers, version }: ProbeQuestion, signal: AbortSignal): HttpRequest {
  const all = new Headers({ ...headers, accept: 'text/event-stream' })
  if (access !== undefined) all.set('authorization', `Bearer ${access.reveal()}`)
  if (transport === 'sse') return { headers: Object.fromEntries(all), signal }
  all.set('accept', 'application/json, text/event-stream')
  all.set('content-type', 'application/json')
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'copilot-host', version },
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
  return { method: 'POST', headers: Object.fromEntries(all), body, signal }
}

async function judge(response: Response, server: WebUrl): Promise<Probed> {
  const { status } = response
  if (status === 401 || status === 403) return refusalOf(response)
  const host = hostOf(server)
  if (status === 429 || status >= 500) return unreachable(`${host} has temporary trouble (status ${status})`)
  if (status < 300 && /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? ''))
    return { state: 'accepted' }
  const text = (await textOf(response)) ?? ''
  // A server of another protocol version says so with 400: it has let us in, too.
  if ((status < 300 || status === 400) && jsonObject(text)?.jsonrpc === '2.0') return { state: 'accepted' }
  if (status >= 400) return unreachable(`${host} is no MCP server at this address (status ${status})`)
  return unreachable(
    text.trimStart().startsWith('<')
      ? `${host} gave a web page: is there a proxy or a login page in between?`
      : `${host} gave no answer of an MCP server`,
  )
}

/** RFC 6750 3.1. A 403 for want of rights is named by its error; any other one nobody can help by signing in. */
async function refusalOf(response: Response): Promise<Probed> {
  const challenge = await bearerChallenge(response)
  const { error, error_description: description, scope } = challenge ?? {}
  const why = [error, description].filter(text => text !== undefined && text.trim() !== '').join(': ')
  const more = response.status === 403 && error === 'insufficient_scope'
  return {
    state: more ? 'more-rights' : 'refused',
    status: response.status,
    why: clean(why || `status ${response.status}`, 200),
    scopes: scope === undefined ? undefined : scopeTokens(scope),
    challenge,
  }
}

/** MCP, "Session Management": a client that no longer needs its session ends it. Without one there is nothing to end. */
async function endSession(
  response: Response,
  question: ProbeQuestion,
  http: Http,
  signal: AbortSignal,
): Promise<void> {
  const id = response.headers.get('mcp-session-id')
  if (id === null || !/^[\x21-\x7e]{1,1024}$/.test(id)) return
  const request = requestOf(question, AbortSignal.any([signal, AbortSignal.timeout(FAREWELL)]))
  const headers = { ...request.headers, 'mcp-session-id': id }
  await http
    .fetch(question.server, { ...request, method: 'DELETE', body: undefined, headers })
    .catch(() => {})
}

function unreachable(why: string): Probed {
  return { state: 'unreachable', why: clean(why, 200) }
}

function notAsked(why: string): Probed {
  return { state: 'not-asked', why: clean(why, 200) }
}
