import { randomBytes } from 'node:crypto'
import { type ClientMetadata, type Configuration, errors } from 'oidc-provider'
import { codePage, confirmPage, messagePage } from './pages.ts'

const RESOURCE_SCOPES = 'notes.read notes.write'
const SCOPES = ['openid', 'offline_access', 'profile', 'email', ...RESOURCE_SCOPES.split(' ')]

export interface AuthorizationServerOptions {
  /** The only resource (RFC 8707) that tokens are given for; without it any resource will do. */
  resource?: string | (() => string)
  /** Life of access tokens in seconds; default 3600. Can be changed later, see `setAccessTokenTtl`. */
  accessTokenTtl?: number
  /** The device grant (RFC 8628); default true. */
  device?: boolean
  /** The polling interval of the device grant in seconds; default 1, so that nobody waits. */
  deviceInterval?: number
  /** Life of device codes in seconds; default 600. */
  deviceCodeTtl?: number
  /** Whether refresh tokens are given; default true. */
  refreshTokens?: boolean
  /** The code that every device sign-in gets, in place of one by chance: for pictures. */
  userCode?: string
  /** The origin under which it is known, where something in front of it speaks https; default its own. */
  origin?: string
  /** Open dynamic registration (RFC 7591); default true. */
  register?: boolean
  /** Clients that are known from the start. */
  clients?: ClientMetadata[]
  /** Gets one line for each error of the server itself. */
  log?: (line: string) => void
}

/** What the control handles change while the server runs. */
export interface State {
  ttl: number
  generation: number
  deny: boolean
}

/**
 * The configuration of oidc-provider. Every function and lifetime is given, since it prints a notice for each default
 * that it falls back to.
 */
export function configuration(options: AuthorizationServerOptions, state: State, jwk: object): Configuration {
  const account = (id: string) => ({
    sub: id,
    name: nameOf(id),
    email: id.includes('@') ? id : `${id.toLowerCase().replace(/[^a-z0-9]+/g, '.')}@example.com`,
  })
  const accessTokenTtl = () => state.ttl
  return {
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: options.clients ?? [],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'], userinfoSigningAlgValues: ['ES256'] },
    scopes: SCOPES,
    claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
    // An access token for a resource cannot be used at UserInfo, so the ID token carries the name.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_ctx, id) => ({ accountId: id, claims: async () => account(id) }),
    extraTokenClaims: (_ctx, token) => ({
      generation: state.generation,
      ...('accountId' in token && token.accountId ? account(token.accountId) : { name: token.clientId }),
    }),
    issueRefreshToken: async (_ctx, client) =>
      options.refreshTokens !== false && client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: async () => false,
    clientBasedCORS: () => false,
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: {
      AccessToken: accessTokenTtl,
      AuthorizationCode: 60,
      ClientCredentials: accessTokenTtl,
      DeviceCode: options.deviceCodeTtl ?? 600,
      Grant: 86_400,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      registration: { enabled: options.register ?? true },
      clientCredentials: { enabled: true },
      revocation: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
      },
      deviceFlow: {
        enabled: options.device ?? true,
        charset: 'base-20',
        mask: '****-****',
        userCodeInputSource: async (ctx, form, _out, error) => {
          ctx.body = codePage(form, error === undefined ? undefined : codeTrouble(error))
        },
        userCodeConfirmSource: async (ctx, form, client, _info, userCode) => {
          ctx.body = confirmPage(form, client.clientName ?? client.clientId, userCode)
        },
        successSource: async ctx => {
          ctx.body = messagePage('You are signed in', 'You can close this page and go back to your terminal.')
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: async (_ctx, _client, oneOf) => oneOf ?? [],
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_ctx, resource) => {
          const only = typeof options.resource === 'function' ? options.resource() : options.resource
          if (only !== undefined && resource !== only) throw new errors.InvalidTarget()
          const accessTokenTTL = state.ttl
          return { scope: RESOURCE_SCOPES, audience: resource, accessTokenFormat: 'jwt', accessTokenTTL }
        },
      },
    },
    renderError: async (ctx, out) => {
      ctx.type = 'html'
      ctx.body = messagePage('That did not work', `${out.error}: ${out.error_description ?? 'no details'}`)
    },
  }
}

function codeTrouble(error: Error): string {
  if (error.name === 'AbortedError') return 'Stopped. Nothing was allowed.'
  if (error.name === 'ExpiredError') return 'This code is too old. Ask for a new one in your terminal.'
  if (error.name === 'AlreadyUsedError') return 'This code was used already.'
  return 'This code is not known. Look at your terminal again.'
}

function nameOf(id: string): string {
  const local = id.split('@')[0] ?? id
  return local.charAt(0).toUpperCase() + local.slice(1)
}
