import { HostError } from '../errors.ts'
import { hostOf } from '../text.ts'
import { retryAfter } from './seconds.ts'
import type { WebUrl } from './types.ts'
import { webUrl } from './url.ts'

/** What we ask for and how: the part of `RequestInit` that any `fetch` understands. */
export interface HttpRequest {
  method?: string
  headers?: Record<string, string>
  body?: string | URLSearchParams
  redirect?: 'manual'
  signal?: AbortSignal
}

/** What we need of a `fetch`: Node's own, or the one that goes through a proxy. */
export type Fetch = (url: string, request: HttpRequest) => Promise<Received>

interface Received {
  status: number
  headers: { get(name: string): string | null }
  body: AsyncIterable<Uint8Array> | null
}

/**
 * The network as `auth` sees it: every answer is complete, bounded in time and size, and came from the host asked. Of an
 * event stream only status and headers are taken: it may never end, and nobody here reads one.
 */
export interface Http {
  /**
   * For `oauth4webapi`'s `customFetch`: no redirect is followed. Throws the `http-*` kinds of HostError. `within`: a shorter
   * deadline, in milliseconds.
   */
  fetch(url: string, request: HttpRequest, within?: number): Promise<Response>
  /**
   * Gets a JSON object; `body` is there with status 200 and only then. Redirects are followed within the same origin.
   * Throws the `http-*` kinds of HostError: `http-trouble` for 429 and 5xx, `http-content` for what is no JSON object.
   */
  json(url: WebUrl, signal: AbortSignal): Promise<{ status: number; body?: Record<string, unknown> }>
}

export interface HttpLimits {
  /** For one whole answer, headers and body, with all redirects to it, in milliseconds. */
  deadlineMs: number
  /** Largest body, counted after decompression. */
  bytes: number
}

/** The most that is taken from outside as one document, in bytes or characters. */
export const LARGEST_DOCUMENT = 1024 * 1024

/** For one whole answer, in milliseconds, unless other limits are given. */
export const LONGEST_ANSWER = 15_000

const MOST_REDIRECTS = 3

const READ_HEADERS = [
  'content-type',
  'date',
  'location',
  'mcp-session-id',
  'retry-after',
  'www-authenticate',
] as const

/** No connection came about: a request that fails with one of these was never sent. */
const NO_CONNECTION = new Set([
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Puts our limits round a `fetch`. */
export function createHttp(
  fetch: Fetch,
  limits: HttpLimits = { deadlineMs: LONGEST_ANSWER, bytes: LARGEST_DOCUMENT },
): Http {
  async function answer(url: string, request: HttpRequest, deadline: AbortSignal): Promise<Response> {
    const host = hostOf(url)
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline
    try {
      const response = await fetch(url, { ...request, redirect: 'manual', signal })
      const body = isEventStream(response)
        ? await leave(response)
        : await bodyOf(response, limits.bytes, host)
      return new Response(body, { status: response.status, headers: headersOf(response) })
    } catch (error) {
      request.signal?.throwIfAborted()
      if (deadline.aborted) throw new HostError('http-deadline', host)
      throw networkError(error, host)
    }
  }

  return {
    async fetch(url, request, within = limits.deadlineMs) {
      const deadline = AbortSignal.timeout(Math.min(within, limits.deadlineMs))
      const response = await answer(url, request, deadline)
      if (isRedirect(response)) throw new HostError('http-redirect', hostOf(url))
      return response
    },

    async json(url, signal) {
      let address = url
      const deadline = AbortSignal.timeout(limits.deadlineMs)
      for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
        const response = await answer(address, { headers: { accept: 'application/json' }, signal }, deadline)
        if (!isRedirect(response)) return documentOf(response, hostOf(address))
        const next = webUrl(resolve(response.headers.get('location'), address), 'the redirect')
        if (new URL(next).origin !== new URL(url).origin) break
        address = next
      }
      throw new HostError('http-redirect', hostOf(url))
    },
  }
}

/** True for what `fetch` and `json` throw: it says something about the way to a server, not about what it answered. */
export function isNetwork(error: HostError): boolean {
  return error.kind.startsWith('http-')
}

/** The JSON object in a text; undefined for everything else. */
export function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The text of an answer in strict UTF-8, without its byte order mark; undefined when it is none. */
export async function textOf(response: Response): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await response.arrayBuffer())
  } catch {
    return undefined
  }
}

async function documentOf(response: Response, host: string) {
  const { status } = response
  if (status === 429 || status >= 500) {
    throw new HostError('http-trouble', host, { retryAfter: retryAfter(response) })
  }
  if (status !== 200) return { status }
  const text = await textOf(response)
  if (text === undefined) throw new HostError('http-content', `${host} (not valid text)`)
  const body = jsonObject(text)
  if (body === undefined) throw new HostError('http-content', `${host} (${whyNot(text)})`)
  return { status, body }
}

/** What a person can do about an answer that is no JSON object. */
export function whyNot(text: string): string {
  return text.trimStart().startsWith('<')
    ? 'a web page instead of a metadata document: is there a proxy or a login page in between?'
    : 'not a metadata document'
}

function isEventStream({ headers }: Received): boolean {
  return /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
}

async function leave({ body }: Received): Promise<null> {
  await body?.[Symbol.asyncIterator]().return?.()
  return null
}

async function bodyOf({ body }: Received, limit: number, host: string): Promise<Buffer | null> {
  if (body === null) return null
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) throw new HostError('http-size', host)
    chunks.push(chunk)
  }
  return size === 0 ? null : Buffer.concat(chunks)
}

/** Only what somebody reads: what describes the encoding on the wire is no longer true. */
function headersOf(response: Received): Headers {
  const headers = new Headers()
  for (const name of READ_HEADERS) {
    const value = response.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  return headers
}

function isRedirect(response: Response): boolean {
  return response.status >= 300 && response.status < 400
}

function resolve(location: string | null, base: string): string | undefined {
  return location !== null && URL.canParse(location, base) ? new URL(location, base).href : undefined
}

function networkError(thrown: unknown, host: string): HostError {
  const { known, code } = causeOf(thrown)
  if (known) return known
  if (/CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/.test(code))
    return new HostError('http-certificate', host)
  const unsent = NO_CONNECTION.has(code)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new HostError('http-name', host, { unsent })
  if (code.endsWith('_TIMEOUT') || code === 'ETIMEDOUT')
    return new HostError('http-deadline', host, { unsent })
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return new HostError('http-size', host)
  return new HostError('http-network', host, { unsent })
}

/** An error of ours, or the code of a system or TLS error: `fetch` hides both in `cause`. */
function causeOf(thrown: unknown): { known?: HostError; code: string } {
  for (let at = thrown; isRecord(at); at = at.cause) {
    if (at instanceof HostError) return { known: at, code: '' }
    if (typeof at.code === 'string') return { code: at.code }
  }
  return { code: '' }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
