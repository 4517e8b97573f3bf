import type { IncomingMessage } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { errors } from 'oidc-provider'
import { type AuthorizationServerOptions, configuration, type State } from './configuration.ts'
import { type Endpoint, type EndpointRequest, noteSecrets, record } from './endpoint-requests.ts'
import { interact } from './interaction.ts'
import { listen } from './listen.ts'
import { messagePage } from './pages.ts'
import { createStorage } from './storage.ts'

export interface AuthorizationServer {
  issuer: string
  /** Where it listens; the issuer, unless it is known under another origin. */
  local: string
  /** Where a person types a device code. */
  devicePage: string
  requests: readonly EndpointRequest[]
  /** Every token, code, verifier and client secret so far. */
  secrets: ReadonlySet<string>
  /** How many requests were answered well; `authorization` counts every visit of that page. */
  count(endpoint: Endpoint, grant?: string): number
  /** What a resource server asks about a verified token: was it withdrawn since? */
  accepts(claims: Record<string, unknown>): boolean
  setAccessTokenTtl(seconds: number): void
  /** From now on no resource server accepts the access tokens given so far; refresh tokens stay good. */
  expireAccessTokens(): void
  /** Access tokens, refresh tokens and consents of everybody end now; clients stay registered. */
  revokeAll(): void
  /** Registered clients are unknown from now on. */
  forgetClients(): void
  /** Holds the next request for tokens back, before it is worked on or after; what is held can be dropped for good. */
  holdToken(when: 'before' | 'after'): HeldToken
  /** The next person who would allow something denies it. */
  denyNext(): void
  close(): Promise<void>
}

export interface HeldToken {
  /** Resolves when the request is there. */
  arrived: Promise<void>
  release(): void
  drop(): void
}

/** A real authorization server (oidc-provider) on 127.0.0.1, keys and accounts in memory, any name may sign in. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const storage = createStorage(options.userCode)
  const requests: EndpointRequest[] = []
  const secrets = new Set<string>()
  const state: State = { ttl: options.accessTokenTtl ?? 3600, generation: 1, deny: false }
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }
  const log = options.log ?? (line => console.error(line))

  let holding: (ReturnType<typeof createHold> & { when: 'before' | 'after' }) | undefined

  const server = await listen(issuer => {
    const provider = new Provider(issuer, {
      ...configuration(options, state, { ...jwk, kid: 'practice' }),
      adapter: storage.adapter,
    })
    provider.use(async (ctx, next) => {
      const held = ctx.path === '/token' ? holding : undefined
      if (held !== undefined) holding = undefined
      if (held?.when === 'before' && !(await held.pass())) return cut(ctx)
      await next()
      if (held?.when === 'after' && !(await held.pass())) return cut(ctx)
      record(ctx, requests)
      noteSecrets(ctx, secrets)
      if (ctx.oidc?.route === 'device_authorization' && hasCode(ctx.body)) {
        ctx.body = { ...ctx.body, interval: options.deviceInterval ?? 1, ...codeOf(options, issuer) }
      }
    })
    provider.on('server_error', (_ctx, error) => log(`practice authorization server: ${error.message}`))
    provider.proxy = options.origin !== undefined
    const answer = provider.callback()
    return (request, response) => {
      if (!request.url?.startsWith('/interaction/')) return answer(request, response)
      interact(provider, state, request, response).catch(error => {
        const trouble = error instanceof Error ? error.message : 'unknown trouble'
        if (!(error instanceof errors.SessionNotFound)) log(`practice authorization server: ${trouble}`)
        response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' })
        response.end(messagePage('That did not work', `${trouble}. Start again from your terminal.`))
      })
    }
  }, options.origin)
  const issuer = options.origin ?? server.origin

  return {
    issuer,
    local: server.origin,
    devicePage: `${issuer}/device`,
    requests,
    secrets,
    count: (endpoint, grant) =>
      requests.filter(
        one =>
          one.endpoint === endpoint &&
          (grant === undefined || one.grant === grant) &&
          (endpoint === 'authorization' || one.error === undefined),
      ).length,
    accepts: claims => claims.generation === state.generation,
    setAccessTokenTtl: seconds => {
      state.ttl = seconds
    },
    expireAccessTokens: () => {
      state.generation += 1
    },
    revokeAll: () => {
      state.generation += 1
      storage.forget('Grant', 'RefreshToken', 'AccessToken', 'AuthorizationCode', 'DeviceCode', 'Session')
    },
    forgetClients: () => storage.forget('Client'),
    holdToken: when => {
      const hold = createHold()
      holding = { ...hold, when }
      return hold
    },
    denyNext: () => {
      state.deny = true
    },
    close: server.close,
  }
}

function hasCode(body: unknown): body is { device_code: string } {
  return typeof body === 'object' && body !== null && 'device_code' in body
}

/** The code that was asked for, and the address with it (RFC 8628 3.3.1). */
function codeOf({ userCode }: AuthorizationServerOptions, issuer: string): object {
  if (userCode === undefined) return {}
  return { user_code: userCode, verification_uri_complete: `${issuer}/device?user_code=${userCode}` }
}

/** Ends the connection without an answer. */
function cut(ctx: { respond?: boolean; req: IncomingMessage }): void {
  ctx.respond = false
  ctx.req.socket.destroy()
}

function createHold(): HeldToken & { pass(): Promise<boolean> } {
  const arrived = Promise.withResolvers<void>()
  const decided = Promise.withResolvers<boolean>()
  return {
    arrived: arrived.promise,
    release: () => decided.resolve(true),
    drop: () => decided.resolve(false),
    pass() {
      arrived.resolve()
      return decided.promise
    },
  }
}
