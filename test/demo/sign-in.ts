import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import * as v from 'valibot'
import { type VisitOptions, visit } from '../../demo/visit.ts'

const Tokens = v.object({
  access_token: v.string(),
  refresh_token: v.string(),
  expires_in: v.number(),
  scope: v.string(),
  token_type: v.literal('Bearer'),
})

export interface SignIn {
  clientId: string
  /** What arrived at the loopback redirect. */
  callback: URLSearchParams
  tokens: v.InferOutput<typeof Tokens> | undefined
}

/** Posts a form and gives the JSON that comes back, whatever its status. */
export async function post(
  url: string,
  form: Record<string, string>,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  return { status: response.status, body: await response.json() }
}

/** Registers a native client (RFC 7591) and gives its id. */
export async function register(issuer: string, metadata: object = {}): Promise<string> {
  const response = await fetch(`${issuer}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'test client',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      ...metadata,
    }),
  })
  return v.parse(v.object({ client_id: v.string() }), await response.json()).client_id
}

/** The authorization code flow with PKCE, the demo's own browser in the place of the person. */
export async function signIn(
  issuer: string,
  options: { resource: string; scope?: string } & VisitOptions,
): Promise<SignIn> {
  const callback = createServer()
  const landed = once(callback, 'request')
  callback.on('request', (_request, response) => response.end('done'))
  callback.listen(0, '127.0.0.1')
  await once(callback, 'listening')
  const address = callback.address()
  const redirect = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/callback`
  try {
    const clientId = await register(issuer)
    const verifier = randomBytes(32).toString('base64url')
    const url = new URL(`${issuer}/auth`)
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirect,
      scope: options.scope ?? 'notes.read',
      resource: options.resource,
      state: 'state-of-the-test',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString()
    await visit(url.href, options)
    const [request] = await landed
    const parameters = new URL(request.url, redirect).searchParams
    const code = parameters.get('code')
    if (code === null) return { clientId, callback: parameters, tokens: undefined }
    const { body } = await post(`${issuer}/token`, {
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      code_verifier: verifier,
      redirect_uri: redirect,
      resource: options.resource,
    })
    return { clientId, callback: parameters, tokens: v.parse(Tokens, body) }
  } finally {
    callback.close()
  }
}
