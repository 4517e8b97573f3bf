import { createHash } from 'node:crypto'
import { createMcpHandler } from '@modelcontextprotocol/server'
import type { AuthorizationServer } from './authorization-server.ts'
import { createGate } from './gate.ts'
import { listen, web } from './listen.ts'
import { createNotes } from './notes.ts'

export interface McpServerOptions {
  /** The issuer whose tokens are good; the server itself, so that tokens it has withdrawn are refused too. */
  authorizationServer: string | Pick<AuthorizationServer, 'issuer' | 'local' | 'accepts'>
  /** The origin under which it is known, where something in front of it speaks https; default its own. */
  origin?: string
  /** Default `notes`. */
  name?: string
  /** Milliseconds before each answer; default 0. */
  latency?: number
}

/** One request that came in. The token itself is never kept. */
export interface McpRequest {
  /** JSON-RPC method; empty when the body is none. */
  method: string
  tool?: string
  /** First 12 hex digits of the SHA-256 of the access token. */
  tokenHash?: string
  scopes?: readonly string[]
  status: number
}

export interface NotesServer {
  /** `http://127.0.0.1:<port>/mcp`, unless it is known under another origin; also the resource (RFC 8707) of its tokens. */
  url: string
  /** Where it listens. */
  local: string
  requests: readonly McpRequest[]
  /** How often a tool was called with success. */
  calls(tool: string): number
  /** Answers 401 `invalid_token` to good tokens as long as the predicate says so; undefined ends it. */
  rejectTokens(predicate: ((request: Omit<McpRequest, 'status'>) => boolean) | undefined): void
  /** The next `tools/call` is answered 401 `invalid_token`, although its token is good. */
  rejectOnce(): void
  /** From now on requests get no answer at all (true), or an answer again (false). */
  hang(on: boolean): void
  setLatency(milliseconds: number): void
  close(): Promise<void>
}

/** A real MCP server (Streamable HTTP, both protocol generations) that is protected as RFC 9728 tells. */
export async function startMcpServer(options: McpServerOptions): Promise<NotesServer> {
  const name = options.name ?? 'notes'
  const authority = options.authorizationServer
  const issuer = typeof authority === 'string' ? authority : authority.issuer
  const keys = `${typeof authority === 'string' ? authority : authority.local}/jwks`
  const accepts = typeof authority === 'string' ? () => true : authority.accepts
  const requests: McpRequest[] = []
  const state: State = { latency: options.latency ?? 0, hang: false, reject: undefined }
  const stopped = new AbortController()
  const handler = createMcpHandler(() => createNotes(name))

  const server = await listen(origin => {
    const url = `${origin}/mcp`
    const metadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`
    const gate = createGate({ issuer, keys, accepts, resource: url, metadataUrl })
    return web(async request => {
      const path = new URL(request.url).pathname
      if (path.startsWith('/.well-known/oauth-protected-resource')) {
        return Response.json({
          resource: url,
          authorization_servers: [issuer],
          scopes_supported: ['notes.read', 'notes.write'],
          bearer_methods_supported: ['header'],
          resource_name: name,
        })
      }
      if (path !== '/mcp') return new Response('not found', { status: 404 })
      await pause(state, AbortSignal.any([request.signal, stopped.signal]))
      const body = request.method === 'POST' ? await request.text() : ''
      const seen = describe(body, request.headers.get('authorization'))
      const respond = async () => {
        const auth = await gate(request)
        if (auth instanceof Response) return auth
        seen.scopes = auth.scopes
        if (state.reject?.(seen)) return unauthorized(metadataUrl)
        const parsedBody = parse(body)
        return handler.fetch(request, { authInfo: auth, ...(parsedBody === undefined ? {} : { parsedBody }) })
      }
      const response = await respond()
      requests.push({ ...seen, status: response.status })
      return response
    })
  }, options.origin)

  return {
    url: `${options.origin ?? server.origin}/mcp`,
    local: server.origin,
    requests,
    calls: tool => requests.filter(one => one.tool === tool && one.status === 200).length,
    rejectTokens: predicate => {
      state.reject = predicate
    },
    rejectOnce: () => {
      state.reject = request => {
        if (request.method !== 'tools/call') return false
        state.reject = undefined
        return true
      }
    },
    hang: on => {
      state.hang = on
    },
    setLatency: milliseconds => {
      state.latency = milliseconds
    },
    close: async () => {
      stopped.abort()
      await handler.close()
      await server.close()
    },
  }
}

interface State {
  latency: number
  hang: boolean
  reject: ((request: Omit<McpRequest, 'status'>) => boolean) | undefined
}

function describe(body: string, authorization: string | null): Omit<McpRequest, 'status'> {
  const seen: Omit<McpRequest, 'status'> = { method: '' }
  if (authorization !== null) {
    const token = authorization.replace(/^\S+ /, '')
    seen.tokenHash = createHash('sha256').update(token).digest('hex').slice(0, 12)
  }
  const message = parse(body)
  if (typeof message !== 'object' || message === null) return seen
  if ('method' in message && typeof message.method === 'string') seen.method = message.method
  const params = 'params' in message ? message.params : undefined
  if (seen.method === 'tools/call' && typeof params === 'object' && params !== null && 'name' in params) {
    seen.tool = String(params.name)
  }
  return seen
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** What a server says to a token that it no longer wants, although nothing is wrong with it. */
function unauthorized(metadataUrl: string): Response {
  const challenge = `Bearer error="invalid_token", scope="notes.read", resource_metadata="${metadataUrl}"`
  return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
}

/** Waits for the latency, or for as long as the server hangs; rejects when the client or the server has gone. */
async function pause(state: State, signal: AbortSignal): Promise<void> {
  const wait = (milliseconds: number) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop)
        resolve()
      }, milliseconds)
      const stop = () => {
        clearTimeout(timer)
        reject(new Error('nobody waits for this answer any more'))
      }
      signal.addEventListener('abort', stop, { once: true })
    })
  if (state.latency > 0) await wait(state.latency)
  while (state.hang) await wait(20)
}
