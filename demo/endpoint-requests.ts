import type { KoaContextWithOIDC } from 'oidc-provider'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const SECRET_PARAMETERS = new Set([
  'code',
  'code_verifier',
  'refresh_token',
  'device_code',
  'client_secret',
  'token',
])

export type Endpoint = 'authorization' | 'token' | 'device' | 'registration' | 'revocation' | 'userinfo'

/** One request that came in, for assertions: secrets are left out. */
export interface EndpointRequest {
  endpoint: Endpoint
  /** `authorization_code`, `refresh_token` or `device_code` at the token endpoint. */
  grant?: string
  parameters: Record<string, string>
  /** The OAuth error code that it was answered with. */
  error?: string
}

const ENDPOINTS: Record<string, Endpoint> = {
  authorization: 'authorization',
  token: 'token',
  device_authorization: 'device',
  registration: 'registration',
  revocation: 'revocation',
  userinfo: 'userinfo',
}

/** What nobody but the client may see, of a request and its answer. */
const SECRET_ANSWERS = ['access_token', 'refresh_token', 'id_token', 'device_code', 'client_secret']

/** Keeps every secret that came in or went out with a request, so that a test can look for it where it must not be. */
export function noteSecrets(
  ctx: Pick<KoaContextWithOIDC, 'response' | 'body'> & { oidc?: KoaContextWithOIDC['oidc'] },
  secrets: Set<string>,
): void {
  const location = ctx.response.get('location')
  const code = URL.canParse(location) ? new URL(location).searchParams.get('code') : undefined
  const given = [...SECRET_PARAMETERS].map(name => ctx.oidc?.params?.[name])
  const body: object = typeof ctx.body === 'object' && ctx.body !== null ? ctx.body : {}
  const answered = Object.entries(body).flatMap(([name, value]) =>
    SECRET_ANSWERS.includes(name) ? [value] : [],
  )
  for (const secret of [code, ...given, ...answered])
    if (typeof secret === 'string' && secret.length >= SHORTEST) secrets.add(secret)
}

/** Fewer characters than that may stand anywhere by accident. */
const SHORTEST = 16

/** Notes a request that oidc-provider has just answered, if it came to one of the endpoints. */
export function record(
  ctx: { oidc?: KoaContextWithOIDC['oidc']; body: unknown },
  requests: EndpointRequest[],
) {
  const endpoint = ENDPOINTS[ctx.oidc?.route ?? '']
  if (endpoint === undefined || ctx.oidc === undefined) return
  const given = { ...(endpoint === 'registration' ? ctx.oidc.body : ctx.oidc.params) }
  const parameters: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || SECRET_PARAMETERS.has(name)) continue
    parameters[name] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  const grant = parameters.grant_type === DEVICE_GRANT ? 'device_code' : parameters.grant_type
  const error = oauthError(ctx.body)
  requests.push({
    endpoint,
    ...(grant === undefined ? {} : { grant }),
    parameters,
    ...(error ? { error } : {}),
  })
}

function oauthError(body: unknown): string | undefined {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  return typeof error === 'string' ? error : undefined
}
