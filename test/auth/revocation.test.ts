import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttp } from '../../src/auth/http.ts'
import { Secret } from '../../src/auth/secret.ts'
import { signOut } from '../../src/auth/sign-out.ts'
import { storedGrant } from '../support/engine.ts'
import {
  type Fault,
  type FaultyServer,
  html,
  json,
  raw,
  reset,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { testStore } from '../support/token-store.ts'

let server: FaultyServer
beforeEach(async () => {
  server = await startFaultyServer()
})
afterEach(() => server.close())

/** Signs out of a stored grant; what the server was asked to end. */
async function end(fault?: Fault, refresh: Secret | undefined = new Secret('stored refresh')) {
  if (fault !== undefined) server.break('/revoke', fault)
  const store = testStore()
  const { key } = storedGrant(store, { mcp: server.mcp, issuer: server.origin }, Date.now(), { refresh })
  const result = await signOut(key, { store, http: createHttp(fetch) }, new AbortController().signal)
  const forms = server.requests
    .filter(({ path }) => path === '/revoke')
    .map(({ body }) => new URLSearchParams(body))
  return { result, store, ended: forms.map(form => form.get('token')) }
}

describe('RFC 7009', () => {
  it('ends the refresh token, then the access token', async () => {
    const { result, store, ended } = await end()
    expect(ended).toEqual(['stored refresh', 'stored access'])
    expect(result).toEqual({ found: true })
    expect(store.grants.size).toBe(0)
  })

  it('shows the secret of the client that the person has set, which is not kept with the grant', async () => {
    const store = testStore()
    const client = { id: 'set', source: 'configured' } as const
    const { key } = storedGrant(store, { mcp: server.mcp, issuer: server.origin }, Date.now(), { client })
    await store.writeClient(key, { ...client, secret: new Secret('s3cret') })
    await signOut(key, { store, http: createHttp(fetch) }, new AbortController().signal)
    const { authorization } = server.requests.find(({ path }) => path === '/revoke')?.headers ?? {}
    expect(authorization).toBe(`Basic ${Buffer.from('set:s3cret').toString('base64')}`)
  })

  const unsupported = json({ error: 'unsupported_token_type' }, 400)
  it('leaves an access token that no server can end to its own end', async () => {
    const onlyRefresh: Fault = (response, at) => {
      const hint = new URLSearchParams(at.body).get('token_type_hint')
      if (hint === 'refresh_token') raw('')(response)
      else unsupported(response)
    }
    expect((await end(onlyRefresh)).result).toEqual({ found: true })
  })

  it.each<[string, Fault, string]>([
    ['cannot end it', unsupported, 'not-revoked'],
    ['is in trouble', json({}, 503), 'http-trouble'],
    ['does not know the client', json({ error: 'invalid_client' }, 401), 'invalid-client'],
    ['answers with a page', html(400), 'not-revoked'],
    ['breaks the connection', reset, 'http-network'],
    ['redirects', raw('', { location: 'https://example.com/' }, 307), 'http-redirect'],
  ])('a server that %s is no reason to keep anything', async (_what, fault, kind) => {
    const { result, store, ended } = await end(fault)
    expect(ended).toHaveLength(2)
    expect(result).toMatchObject({ found: true, notRevoked: { kind } })
    expect(store.grants.size).toBe(0)
    expect(JSON.stringify(result)).not.toContain('stored')
  })
})

it('nothing to end: no request', async () => {
  const store = testStore()
  const { key } = storedGrant(testStore(), { mcp: server.mcp, issuer: server.origin }, Date.now())
  const result = await signOut(key, { store, http: createHttp(fetch) }, new AbortController().signal)
  expect(result).toEqual({ found: false })
})

it('the registration of our client stays', async () => {
  const store = testStore()
  const { key, grant } = storedGrant(store, { mcp: server.mcp, issuer: server.origin }, Date.now())
  await store.writeClient(key, grant.client)
  await signOut(key, { store, http: createHttp(fetch) }, new AbortController().signal)
  expect(await store.readClient(key)).toEqual(grant.client)
})
