import { generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto'
import { jwtVerify } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { visit } from '../../demo/visit.ts'
import { authorizationUrl, judgeRedirect, newProof } from '../../src/auth/authorization.ts'
import { readPrivateKey } from '../../src/auth/client-assertion.ts'
import { startDevice } from '../../src/auth/device-grant.ts'
import { discoverIssuer } from '../../src/auth/discovery.ts'
import { createHttp } from '../../src/auth/http.ts'
import { Secret } from '../../src/auth/secret.ts'
import { exchangeCode, grantFrom, refreshGrant } from '../../src/auth/token.ts'
import type { Client, ClientAuthMethod } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { type FaultyServer, html, startFaultyServer } from '../support/faulty-server.ts'
import { askerFor } from '../support/targets.ts'

const signal = new AbortController().signal
const http = createHttp(fetch)
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

const app = (more: Partial<Client>): Client => ({ id: 'app', source: 'configured', ...more })

/** A whole sign-in at a real server (oidc-provider) that knows this client: device start, code, renewal. */
async function signIn(client: Client, known: Record<string, unknown>): Promise<AuthorizationServer> {
  const back = await startFaultyServer({ '/': html() })
  const redirectUri = `${back.origin}/`
  const server = await startAuthorizationServer({
    clients: [
      {
        client_id: client.id,
        application_type: 'native',
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        ...known,
      },
    ],
  })
  open.push(back, server)
  const mcp = webUrl('http://127.0.0.1:9/mcp', 'the test')
  const target = await discoverIssuer(server.issuer, mcp, http, signal)
  const scope = 'notes.read offline_access'
  await startDevice({ target, client, http, scope }, signal)
  const proof = newProof()
  const page = await visit(await authorizationUrl({ target, client, redirectUri, scope, proof }))
  const answer = judgeRedirect(new URL(page.url).searchParams, { target, client, state: proof.state })
  if (answer === undefined) throw new Error('the answer belongs to another sign-in')
  const { verifier } = proof
  const tokens = await exchangeCode({ target, client, http, answer, redirectUri, verifier }, signal)
  const grant = grantFrom(tokens, { target, client, scope, now: 0 })
  const renewed = await refreshGrant(grant, { target, http, now: 1 }, signal)
  expect(renewed.access.equals(grant.access)).toBe(false)
  return server
}

describe('a client with a secret, at a real server', () => {
  test.each<[ClientAuthMethod, ClientAuthMethod | undefined]>([
    ['client_secret_basic', 'client_secret_basic'],
    ['client_secret_post', 'client_secret_post'],
    ['client_secret_basic', undefined],
  ])('%s, told %s', async (method, told) => {
    const client = app({ secret: new Secret('s3cret'), authMethod: told })
    await signIn(client, { client_secret: 's3cret', token_endpoint_auth_method: method })
  })

  // Without letters outside ASCII, which this server takes in no secret (RFC 6749 A.2); `token.test.ts` has one.
  test('T-12 a secret of odd characters is form-encoded before Basic', async () => {
    const secret = 'a:b%20c+d e&f=g"-_.~'
    const client = app({ id: 'my:app 1', secret: new Secret(secret), authMethod: 'client_secret_basic' })
    await signIn(client, { client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' })
  })

  test('a wrong secret is refused and not shown', async () => {
    const client = app({ secret: new Secret('of-another-app') })
    const error = await signIn(client, { client_secret: 's3cret' }).catch(thrown => thrown)
    expect(error).toMatchObject({ kind: 'invalid-client' })
    expect(`${error.message} ${error.cause}`).not.toContain('of-another-app')
  })
})

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

describe('private_key_jwt, at a real server', () => {
  const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })

  test.each([
    ['RSA', rsa],
    ['P-256', () => ec('P-256')],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('%s', async (_name, generate) => {
    const { privateKey, publicKey } = generate()
    const client = app({ secret: readPrivateKey(pem(privateKey)), authMethod: 'private_key_jwt' })
    await signIn(client, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicKey.export({ format: 'jwk' })] },
    })
  })

  test('the key of another app is refused', async () => {
    const client = app({ secret: readPrivateKey(pem(rsa().privateKey)), authMethod: 'private_key_jwt' })
    const jwks = { keys: [rsa().publicKey.export({ format: 'jwk' })] }
    const refused = signIn(client, { token_endpoint_auth_method: 'private_key_jwt', jwks })
    await expect(refused).rejects.toMatchObject({ kind: 'invalid-client' })
  })
})

describe('what is sent', () => {
  async function sent(client: Client, metadata: Record<string, unknown>): Promise<FaultyServer> {
    const server = await startFaultyServer({}, metadata)
    open.push(server)
    await startDevice(await askerFor(server, client), signal)
    return server
  }

  test.each<[string[] | undefined, 'header' | 'body']>([
    [undefined, 'header'],
    [['client_secret_post'], 'body'],
    [['client_secret_basic', 'client_secret_post'], 'header'],
    [['none'], 'header'],
    [[], 'header'],
  ])('where %j is offered, an untold secret goes into the %s', async (offered, place) => {
    const client = app({ secret: new Secret('s3cret') })
    const server = await sent(client, { token_endpoint_auth_methods_supported: offered })
    expect(server.requests.at(-1)?.headers.authorization !== undefined).toBe(place === 'header')
    expect(server.form('/device').has('client_secret')).toBe(place === 'body')
  })

  test('what the person said counts more than what is offered', async () => {
    const client = app({ secret: new Secret('s3cret'), authMethod: 'client_secret_post' })
    const server = await sent(client, { token_endpoint_auth_methods_supported: ['client_secret_basic'] })
    expect(server.form('/device').get('client_secret')).toBe('s3cret')
    expect(server.requests.at(-1)?.headers.authorization).toBeUndefined()
  })

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed25519 = generateKeyPairSync('ed25519')
  const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })

  test.each<[string, KeyPairKeyObjectResult, string[] | undefined]>([
    ['RS256', rsa, undefined],
    ['RS256', rsa, ['PS256', 'RS256']],
    ['PS256', rsa, ['PS256', 'ES256']],
    ['ES256', ec('P-256'), undefined],
    ['ES384', ec('P-384'), undefined],
    ['ES512', ec('P-521'), ['RS256']],
    ['EdDSA', ed25519, undefined],
    ['Ed25519', ed25519, ['EdDSA', 'Ed25519']],
  ])('an assertion signed with %s (%#)', async (alg, { privateKey, publicKey }, listed) => {
    const client = app({ secret: readPrivateKey(pem(privateKey)), authMethod: 'private_key_jwt' })
    const server = await sent(client, { token_endpoint_auth_signing_alg_values_supported: listed })
    const form = server.form('/device')
    const { protectedHeader, payload } = await jwtVerify(form.get('client_assertion') ?? '', publicKey, {
      issuer: 'app',
      subject: 'app',
      audience: server.origin,
      requiredClaims: ['jti', 'exp', 'iat'],
    })
    expect(protectedHeader.alg).toBe(alg)
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  })

  test('a kept key that has been damaged is an error of one line, and nothing is sent', async () => {
    const client = app({ secret: new Secret('-----BEGIN oops'), authMethod: 'private_key_jwt' })
    const server = await startFaultyServer()
    open.push(server)
    const error = await startDevice(await askerFor(server, client), signal).catch(thrown => thrown)
    expect(error).toMatchObject({ kind: 'sign-in-failed' })
    expect(error.message).not.toContain('oops')
    expect(server.requests.filter(seen => seen.path === '/device')).toEqual([])
  })
})

describe('a key that a person hands over', () => {
  const good = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  test('is kept as PKCS #8, whatever its PEM was', () => {
    const sec1 = good.privateKey.export({ type: 'sec1', format: 'pem' }).toString()
    expect(readPrivateKey(`\n${sec1}\r\n`).reveal()).toBe(pem(good.privateKey))
  })

  const locked = good.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  test.each([
    ['', 'no private key in PEM'],
    ['hello', 'no private key in PEM'],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 'no private key in PEM'],
    [good.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'no private key in PEM'],
    [locked.toString(), 'passphrase'],
    [pem(generateKeyPairSync('x25519').privateKey), 'must be'],
    [pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey), 'must be'],
    [pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), '2048 bits'],
  ])('bad key %#: %s', (text, why) => {
    expect(() => readPrivateKey(text)).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.stringContaining(why) }),
    )
  })
})
