import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { visit } from '../../demo/visit.ts'
import { authorizationUrl, judgeRedirect, newProof } from '../../src/auth/authorization.ts'
import { findClient } from '../../src/auth/client.ts'
import { pollDeviceToken, startDevice } from '../../src/auth/device-grant.ts'
import { discover, type Target } from '../../src/auth/discovery.ts'
import { createHttp } from '../../src/auth/http.ts'
import { whoSignedIn } from '../../src/auth/identity.ts'
import { judgeRequest } from '../../src/auth/request.ts'
import { scopesToAsk } from '../../src/auth/scope.ts'
import { exchangeCode, grantFrom, refreshGrant } from '../../src/auth/token.ts'
import type { Client } from '../../src/auth/types.ts'
import { type FaultyServer, html, startFaultyServer } from '../support/faulty-server.ts'

// The whole way with a real authorization server (oidc-provider), as the flows go it.

const signal = new AbortController().signal
const http = createHttp(fetch)
let server: AuthorizationServer
let redirectTarget: FaultyServer

beforeAll(async () => {
  server = await startAuthorizationServer()
  redirectTarget = await startFaultyServer({ '/callback': html() })
})

afterAll(async () => {
  await server.close()
  await redirectTarget.close()
})

let target: Target
let scope: string | undefined
const mcp = 'http://127.0.0.1:9/mcp'
const request = judgeRequest({
  id: 'r1',
  calls: [],
  data: { serverName: 'notes', serverUrl: mcp, reason: 'initial', wwwAuthenticateParams: {} },
})

beforeEach(async () => {
  const scopes_supported = ['notes.read', 'openid', 'profile']
  const metadata = JSON.stringify({ resource: mcp, authorization_servers: [server.issuer], scopes_supported })
  target = await discover({ ...request, metadata }, http, signal)
  scope = scopesToAsk(request, target).ask
})

/** Registers, and sends a person through the pages; gives what came back and what it is redeemed with. */
async function browse(options: { allow?: boolean; client?: Client } = {}) {
  const redirectUri = `${redirectTarget.origin}/callback`
  const client =
    options.client ?? (await findClient({ request, target, options: {}, redirectUri, scope, http }, signal))
  const proof = newProof()
  const url = await authorizationUrl({ target, client, redirectUri, scope, proof })
  const back = await visit(url, { allow: options.allow })
  const judge = () => judgeRedirect(new URL(back.url).searchParams, { target, client, state: proof.state })
  const redeem = (answer: URLSearchParams) =>
    exchangeCode({ target, client, http, answer, redirectUri, verifier: proof.verifier }, signal)
  return { client, judge, redeem }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing came back')
  return value
}

test('browser: discovery, registration, code, name, renewal', async () => {
  expect(target).toMatchObject({ issuer: server.issuer, device: true })
  expect(scope).toBe('notes.read openid profile offline_access')
  const { client, judge, redeem } = await browse()
  expect(client.authMethod).toBe('none')
  const tokens = await redeem(present(judge()))
  expect(await whoSignedIn(tokens, { target, client, http }, signal)).toMatchObject({
    name: 'Ada',
    identity: { subject: 'ada@example.com' },
  })

  const now = 1_000_000
  const grant = grantFrom(tokens, { target, client, scope, now })
  expect(grant).toMatchObject({ resource: mcp, expiresAt: now + 3_600_000 })
  const renewed = await refreshGrant(grant, { target, http, now: now + 1 }, signal)
  expect(renewed.access.equals(grant.access)).toBe(false)
  expect(renewed.refresh?.equals(grant.refresh)).toBe(false)
  expect(renewed.scope).toBe(grant.scope)

  // The server notices that an old refresh token is used again, and ends the whole family.
  await expect(refreshGrant(grant, { target, http, now }, signal)).rejects.toMatchObject({
    kind: 'invalid-grant',
  })
  await expect(refreshGrant(renewed, { target, http, now }, signal)).rejects.toMatchObject({
    kind: 'invalid-grant',
  })
})

test('T-08 a code is good once', async () => {
  const { judge, redeem } = await browse()
  const answer = present(judge())
  await redeem(answer)
  await expect(redeem(answer)).rejects.toMatchObject({ kind: 'sign-in-expired' })
})

test('R-03 the person declines', async () => {
  const { judge } = await browse({ allow: false })
  expect(judge).toThrow(expect.objectContaining({ kind: 'sign-in-denied' }))
})

test('T-07 a registration that is gone', async () => {
  const { client, judge, redeem } = await browse()
  const answer = present(judge())
  server.forgetClients()
  await expect(redeem(answer)).rejects.toMatchObject({ kind: 'invalid-client' })
  const asker = { target, client, http }
  await expect(startDevice(asker, signal)).rejects.toMatchObject({ kind: 'invalid-client' })
})

test('device code: pending, then tokens; denied', async () => {
  const client = await findClient(
    { request, target, options: {}, redirectUri: undefined, scope, http },
    signal,
  )
  const asker = { target, client, http }
  const start = await startDevice({ ...asker, scope }, signal)
  expect(start).toMatchObject({ page: server.devicePage, interval: 1, expiresIn: 600 })
  const poll = () => pollDeviceToken({ ...asker, deviceCode: start.deviceCode }, signal)
  await expect(poll()).resolves.toEqual({ kind: 'pending' })
  await visit(start.page, { code: start.userCode })
  const polled = await poll()
  expect(polled).toMatchObject({ kind: 'tokens', tokens: { expiresIn: 3600 } })

  const other = await startDevice({ ...asker, scope }, signal)
  await visit(other.page, { code: other.userCode, allow: false })
  const denied = pollDeviceToken({ ...asker, deviceCode: other.deviceCode }, signal)
  await expect(denied).rejects.toMatchObject({ kind: 'sign-in-denied' })
})

test('a scope that the server does not know at registration is left out of it', async () => {
  const redirectUri = `${redirectTarget.origin}/callback`
  const client = await findClient(
    { request, target, options: {}, redirectUri, scope: 'notes.read odd.one', http },
    signal,
  )
  expect(client.id).not.toBe('')
  expect(server.requests.filter(seen => seen.error === 'invalid_client_metadata')).toHaveLength(1)
})

test('a wrong verifier is refused by the server', async () => {
  const { judge, client } = await browse()
  const input = {
    target,
    client,
    http,
    answer: present(judge()),
    redirectUri: `${redirectTarget.origin}/callback`,
  }
  const { verifier } = newProof()
  await expect(exchangeCode({ ...input, verifier }, signal)).rejects.toMatchObject({
    kind: 'sign-in-expired',
  })
})
