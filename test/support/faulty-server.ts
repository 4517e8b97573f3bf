import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, listen } from '../../demo/listen.ts'

/** What one endpoint does in place of the right thing. */
export type Fault = (
  response: ServerResponse,
  at: { origin: string; request: IncomingMessage; body: string },
) => void

type Reply = (response: ServerResponse) => void

export interface SeenRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** An MCP server's metadata and its authorization server in one, on 127.0.0.1. */
export interface FaultyServer {
  origin: string
  mcp: string
  requests: readonly SeenRequest[]
  /** Codes, verifiers, tokens and device codes that were seen or given. */
  secrets: ReadonlySet<string>
  /** The parameters of the last POST to this path. */
  form(path: string): URLSearchParams
  /** From now on this path is wrong in this way; undefined makes it right again. */
  break(path: string, fault: Fault | undefined): void
  close(): Promise<void>
}

const RESOURCE_METADATA = '/.well-known/oauth-protected-resource/mcp'
const SERVER_METADATA = '/.well-known/oauth-authorization-server'

/**
 * A small authorization server that obeys the RFCs (6749, 7591, 7636, 8414, 8628, 8707, 9207, 9728), except where it is
 * told not to. `metadata` replaces fields of its server metadata. Nobody has to sign in: it says yes at once.
 */
export async function startFaultyServer(
  faults: Record<string, Fault> = {},
  metadata: Record<string, unknown> = {},
): Promise<FaultyServer> {
  const broken = new Map(Object.entries(faults))
  const requests: SeenRequest[] = []
  const secrets = new Set<string>()
  const server = await listen(origin => {
    const authorization = createAuthorization(origin, secrets)
    const documents: Record<string, unknown> = {
      [RESOURCE_METADATA]: {
        resource: `${origin}/mcp`,
        authorization_servers: [origin],
        scopes_supported: ['notes.read'],
      },
      [SERVER_METADATA]: { ...serverMetadata(origin), ...metadata },
    }
    return async (request, response) => {
      const body = await bodyOf(request).catch(() => '')
      const path = request.url?.split('?')[0] ?? ''
      requests.push({ method: request.method ?? '', path, headers: request.headers, body })
      const fault = broken.get(path)
      if (fault !== undefined) return fault(response, { origin, request, body })
      if (documents[path] !== undefined) return json(documents[path])(response)
      authorization(request, response, body)
    }
  })
  return {
    origin: server.origin,
    mcp: `${server.origin}/mcp`,
    requests,
    secrets,
    form: path => new URLSearchParams(requests.findLast(seen => seen.path === path)?.body),
    break: (path, fault) => {
      if (fault === undefined) broken.delete(path)
      else broken.set(path, fault)
    },
    close: server.close,
  }
}

function serverMetadata(origin: string) {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    device_authorization_endpoint: `${origin}/device`,
    revocation_endpoint: `${origin}/revoke`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    authorization_response_iss_parameter_supported: true,
  }
}

function createAuthorization(origin: string, secrets: Set<string>) {
  const secret = () => {
    const made = randomBytes(16).toString('hex')
    secrets.add(made)
    return made
  }
  const codes = new Map<string, URLSearchParams>()
  const refreshTokens = new Set<string>()

  return (request: IncomingMessage, response: ServerResponse, body: string) => {
    const url = new URL(request.url ?? '/', origin)
    const refuse = (error: string, status = 400) => json({ error }, status)(response)
    if (url.pathname === '/authorize') {
      const query = url.searchParams
      const back = new URL(query.get('redirect_uri') ?? '')
      if (query.get('code_challenge_method') !== 'S256' || !query.has('resource')) {
        back.search = new URLSearchParams({ error: 'invalid_request' }).toString()
      } else {
        const code = secret()
        codes.set(code, query)
        back.search = new URLSearchParams({ code, state: query.get('state') ?? '', iss: origin }).toString()
      }
      return redirect(back.href)(response)
    }
    if (url.pathname === '/register')
      return json({ client_id: randomBytes(8).toString('hex'), ...parse(body) }, 201)(response)
    if (url.pathname === '/device') {
      return json({
        device_code: secret(),
        user_code: 'BCDF-GHJK',
        verification_uri: `${origin}/activate`,
        expires_in: 600,
      })(response)
    }
    if (url.pathname === '/revoke') return raw('')(response)
    if (url.pathname !== '/token') return json({ error: 'not_found' }, 404)(response)

    const form = new URLSearchParams(body)
    const verifier = form.get('code_verifier')
    if (verifier !== null) secrets.add(verifier)
    if (!form.has('resource')) return refuse('invalid_target')
    const grant = form.get('grant_type')
    if (grant === 'refresh_token') {
      if (!refreshTokens.delete(form.get('refresh_token') ?? '')) return refuse('invalid_grant')
      return tokens(response)
    }
    if (grant === 'urn:ietf:params:oauth:grant-type:device_code') return tokens(response)
    const asked = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    if (!form.has('client_id')) form.set('client_id', basicId(request.headers.authorization))
    const same = ['client_id', 'redirect_uri', 'resource'].every(name => asked?.get(name) === form.get(name))
    if (!same || challengeOf(verifier) !== asked?.get('code_challenge')) {
      return refuse('invalid_grant')
    }
    return tokens(response)
  }

  function tokens(response: ServerResponse) {
    const refresh = secret()
    refreshTokens.add(refresh)
    json({ access_token: secret(), token_type: 'Bearer', expires_in: 60, refresh_token: refresh })(response)
  }
}

function challengeOf(verifier: string | null): string {
  return createHash('sha256')
    .update(verifier ?? '')
    .digest('base64url')
}

/** The client id in a Basic header (RFC 6749 2.3.1). */
function basicId(authorization = ''): string {
  const [id = ''] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':')
  return decodeURIComponent(id.replaceAll('+', ' '))
}

function parse(body: string): Record<string, unknown> {
  return JSON.parse(body)
}

export function json(value: unknown, status = 200): Reply {
  return raw(JSON.stringify(value), { 'content-type': 'application/json' }, status)
}

export function raw(body: string | Buffer, headers: Record<string, string> = {}, status = 200): Reply {
  return response => {
    response.writeHead(status, headers).end(body)
  }
}

export function html(status = 200): Reply {
  return raw(
    '<!doctype html><title>Welcome to the guest network</title>',
    { 'content-type': 'text/html' },
    status,
  )
}

export function redirect(location: string, status = 302): Reply {
  return raw('', { location }, status)
}

/** Sends this many bytes and is in no hurry to notice that nobody wants them. */
export function huge(bytes: number): Reply {
  return response => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const piece = Buffer.alloc(64 * 1024, ' ')
    let left = bytes
    const write = () => {
      while (left > 0 && !response.destroyed) {
        left -= piece.length
        if (!response.write(piece)) {
          response.once('drain', write)
          return
        }
      }
      response.end()
    }
    write()
  }
}

/** Sends headers and a first byte, then one byte now and then, and never ends. */
export const drip: Fault = response => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 10)
  response.once('close', () => clearInterval(timer))
}

/** Takes the request and never answers. */
export const silence: Fault = () => {}

/** Closes the connection after the request has come. */
export const reset: Fault = (_response, { request }) => {
  request.socket.resetAndDestroy()
}
