import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { visit } from '../../demo/visit.ts'
import { post, register, signIn } from './sign-in.ts'

const resource = 'http://127.0.0.1:1/mcp'
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
let server: AuthorizationServer | undefined

const start = async (options = {}) => {
  server = await startAuthorizationServer({ resource, ...options })
  return server
}

afterEach(async () => {
  await server?.close()
  server = undefined
})

describe('the practice authorization server', () => {
  it.each(['oauth-authorization-server', 'openid-configuration'])(
    'publishes its metadata as %s',
    async document => {
      const { issuer } = await start()
      const metadata = await (await fetch(`${issuer}/.well-known/${document}`)).json()
      expect(metadata).toMatchObject({
        issuer,
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        registration_endpoint: `${issuer}/reg`,
        device_authorization_endpoint: `${issuer}/device/auth`,
        revocation_endpoint: `${issuer}/token/revocation`,
        scopes_supported: expect.arrayContaining(['notes.read', 'notes.write', 'offline_access']),
      })
    },
  )

  it('publishes neither device grant nor registration when they are off', async () => {
    const { issuer } = await start({ device: false, register: false })
    const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
    expect(metadata).not.toHaveProperty('device_authorization_endpoint')
    expect(metadata).not.toHaveProperty('registration_endpoint')
  })

  it('signs a person in, with a token for the one resource', async () => {
    const { issuer, count } = await start({ accessTokenTtl: 120 })
    const { callback, tokens } = await signIn(issuer, { resource, as: 'grace@example.com' })
    expect(callback.get('iss')).toBe(issuer)
    expect(callback.get('state')).toBe('state-of-the-test')
    expect(tokens).toMatchObject({ expires_in: 120, scope: 'notes.read' })
    expect(decodeJwt(tokens?.access_token ?? '')).toMatchObject({
      iss: issuer,
      aud: resource,
      scope: 'notes.read',
      name: 'Grace',
      email: 'grace@example.com',
    })
    expect([count('registration'), count('authorization'), count('token', 'authorization_code')]).toEqual([
      1, 1, 1,
    ])
  })

  it('tells the client when the person says no, once', async () => {
    const { issuer, denyNext } = await start()
    const denied = await signIn(issuer, { resource, allow: false })
    expect(denied.callback.get('error')).toBe('access_denied')
    denyNext()
    expect((await signIn(issuer, { resource })).callback.get('error')).toBe('access_denied')
    expect((await signIn(issuer, { resource })).tokens).toBeDefined()
  })

  it('refuses a request without PKCE, and one for another resource', async () => {
    const { issuer, requests } = await start()
    const client = await register(issuer)
    const url = `${issuer}/auth?response_type=code&client_id=${client}&redirect_uri=http://127.0.0.1:1/callback`
    const follow = async (more: string) =>
      (await fetch(url + more, { redirect: 'manual' })).headers.get('location')
    expect(await follow('')).toContain('error=invalid_request')
    const challenge = `&code_challenge_method=S256&code_challenge=${'a'.repeat(43)}`
    expect(await follow(`${challenge}&resource=http://127.0.0.1:2/mcp`)).toContain('error=invalid_target')
    expect(requests.filter(one => one.endpoint === 'authorization')).toHaveLength(2)
  })

  it('rotates refresh tokens and ends the family when an old one comes back', async () => {
    const { issuer, count } = await start()
    const { clientId, tokens } = await signIn(issuer, { resource })
    const refresh = (refreshToken: string | undefined) =>
      post(`${issuer}/token`, {
        grant_type: 'refresh_token',
        client_id: clientId,
        refresh_token: refreshToken ?? '',
      })
    const second = await refresh(tokens?.refresh_token)
    expect(second).toMatchObject({
      status: 200,
      body: { scope: 'notes.read', refresh_token: expect.any(String) },
    })
    expect(decodeJwt(Object(second.body).access_token).aud).toBe(resource)
    expect(await refresh(tokens?.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    expect(await refresh(Object(second.body).refresh_token)).toMatchObject({
      body: { error: 'invalid_grant' },
    })
    expect(count('token', 'refresh_token')).toBe(1)
  })

  it('withdraws everything on demand, and a refresh token at the revocation endpoint', async () => {
    const { issuer, revokeAll } = await start()
    const refreshFails = async (refreshToken: string | undefined, clientId: string) =>
      expect(
        await post(`${issuer}/token`, {
          grant_type: 'refresh_token',
          client_id: clientId,
          refresh_token: refreshToken ?? '',
        }),
      ).toMatchObject({ body: { error: 'invalid_grant' } })
    const first = await signIn(issuer, { resource })
    revokeAll()
    await refreshFails(first.tokens?.refresh_token, first.clientId)
    const second = await signIn(issuer, { resource })
    const revoked = await fetch(`${issuer}/token/revocation`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: second.clientId, token: second.tokens?.refresh_token ?? '' }),
    })
    expect(revoked.status).toBe(200)
    await refreshFails(second.tokens?.refresh_token, second.clientId)
  })

  it.each([
    ['allowed', true, { scope: 'notes.read' }],
    ['denied', false, { error: 'access_denied' }],
  ])('answers a device code that is %s', async (_case, allow, expected) => {
    const { issuer, devicePage, count } = await start()
    const client_id = await register(issuer)
    const { body } = await post(`${issuer}/device/auth`, { client_id, scope: 'notes.read', resource })
    expect(body).toMatchObject({ interval: 1, verification_uri: devicePage })
    const { device_code, user_code } = Object(body)
    const poll = () => post(`${issuer}/token`, { grant_type: DEVICE, client_id, device_code, resource })
    expect(await poll()).toMatchObject({ body: { error: 'authorization_pending' } })
    await visit(devicePage, { code: user_code, allow })
    expect(await poll()).toMatchObject({ body: expected })
    expect(count('token', 'device_code')).toBe(allow ? 1 : 0)
    expect(count('device')).toBe(1)
  })

  it('takes the device code from the complete address, and says when a code is wrong', async () => {
    const { issuer, devicePage } = await start()
    const client_id = await register(issuer)
    const { body } = await post(`${issuer}/device/auth`, { client_id, scope: 'notes.read', resource })
    expect((await visit(devicePage, { code: 'WRNG-CODE' })).title).toBe('Enter the code')
    expect((await visit(Object(body).verification_uri_complete)).title).toBe('You are signed in')
    expect((await visit(devicePage, { code: Object(body).user_code })).title).toBe('Enter the code')
  })

  it('prints nothing', async () => {
    const lines: string[] = []
    const { issuer } = await start({ log: (line: string) => lines.push(line) })
    await signIn(issuer, { resource, scope: 'openid offline_access notes.read' })
    await visit(`${issuer}/interaction/unknown`)
    expect(lines).toEqual([])
  })
})
