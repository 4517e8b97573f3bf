import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { authorizationUrl, judgeRedirect, newProof } from '../../src/auth/authorization.ts'
import { Secret } from '../../src/auth/secret.ts'
import { grantRecord } from '../../src/auth/store/record.ts'
import { exchangeCode, grantFrom, refreshGrant } from '../../src/auth/token.ts'
import type { Client, Grant } from '../../src/auth/types.ts'
import {
  drip,
  type Fault,
  type FaultyServer,
  html,
  huge,
  json,
  raw,
  redirect,
  reset,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { askerFor } from '../support/targets.ts'

const signal = new AbortController().signal
const REDIRECT = 'http://127.0.0.1:4711/callback'
const NOW = 1_000_000
const open: FaultyServer[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(fault?: Fault) {
  const server = await startFaultyServer(fault ? { '/token': fault } : {})
  open.push(server)
  return server
}

/** Goes through a whole sign-in up to and with the token request. */
async function signIn(server: FaultyServer, client?: Client) {
  const asker = await askerFor(server, client)
  const proof = newProof()
  const url = await authorizationUrl({ ...asker, redirectUri: REDIRECT, proof, scope: 'notes.read' })
  const response = await fetch(url, { redirect: 'manual' })
  const back = new URL(response.headers.get('location') ?? '')
  const answer = judgeRedirect(back.searchParams, { ...asker, state: proof.state })
  if (answer === undefined) throw new Error('no answer')
  const { verifier } = proof
  const tokens = await exchangeCode({ ...asker, answer, redirectUri: REDIRECT, verifier }, signal)
  return { tokens, asker, back }
}

const answerWith = async (fault: Fault) => (await signIn(await serve(fault))).tokens

const good = { access_token: 'AT', token_type: 'Bearer' }

const kind = (kind: string, text = '') =>
  expect.objectContaining({ kind, message: expect.stringContaining(text) })

const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`

describe('exchangeCode', () => {
  test('redeems the code with verifier and resource', async () => {
    const server = await serve()
    const { tokens, asker, back } = await signIn(server)
    expect(tokens).toMatchObject({ expiresIn: 60, refresh: expect.any(Secret) })
    expect(back.searchParams.get('iss')).toBe(server.origin)
    expect(Object.fromEntries(server.form('/token'))).toEqual({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code'),
      redirect_uri: REDIRECT,
      client_id: 'app',
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
      resource: asker.target.resource,
    })
  })

  test.each(['Bearer', 'bearer', 'BEARER'])('token_type %s', async token_type => {
    const { access } = await answerWith(json({ ...good, token_type }))
    expect(access.reveal()).toBe('AT')
  })

  test.each<[string, Fault]>([
    ['a web page', html()],
    ['nothing', raw('')],
    ['{}', json({})],
    ['null', json(null)],
    ['[]', json([])],
    ['text', json('x')],
    ['half a document', raw('{"access_token":"AT"')],
    ['invalid UTF-8', raw(Buffer.from('7b2261ff', 'hex'))],
    ['a web page with 400', html(400)],
    ['an empty 401', raw('', {}, 401)],
    ['status 201', json(good, 201)],
    ['a token of 1 MiB', json({ ...good, access_token: 'x'.repeat(1_000_000) })],
    ['nested 100 000 levels deep', raw(`{"access_token":"AT","token_type":"Bearer","scope":${DEEP}}`)],
    ['a token 100 000 levels deep', raw(`{"access_token":${DEEP},"token_type":"Bearer"}`)],
  ])('T-01 T-02 %s is unreadable, and not shown', async (_name, fault) => {
    await expect(answerWith(fault)).rejects.toEqual(
      kind('token-bad', 'unreadable answer from the sign-in server 127.'),
    )
  })

  test.each([['mac'], ['DPoP'], ['N_A'], [''], [null], [7], [undefined]])(
    'T-03 token_type %j',
    async token_type => {
      await expect(answerWith(json({ ...good, token_type }))).rejects.toEqual(kind('token-bad'))
    },
  )

  test.each([[''], [null], [7], [{}], ['a b'], ['a\nb'], ['\u00e9'], ['\u001b[2J']])(
    'access_token %j is refused',
    async access_token => {
      await expect(answerWith(json({ ...good, access_token }))).rejects.toEqual(kind('token-bad'))
    },
  )

  test.each([
    [-1],
    [0],
    ['1e309'],
    ['soon'],
    [null],
    [{}],
    [[]],
    [true],
    ['-5'],
    ['0x10'],
    [1e300],
    [undefined],
    ['99999999999'],
  ])('T-04 expires_in %j counts as unknown', async expires_in => {
    const tokens = await answerWith(json({ ...good, expires_in }))
    expect(tokens.access.reveal()).toBe('AT')
    expect(tokens.expiresIn).toBeUndefined()
  })

  test.each([
    [60, 60],
    ['60', 60],
    [59.9, 59],
    ['0060', 60],
  ])('T-04 expires_in %j is %i s', async (expires_in, seconds) => {
    expect((await answerWith(json({ ...good, expires_in }))).expiresIn).toBe(seconds)
  })

  test('T-05 an access token of 20 KiB', async () => {
    const access_token = randomBytes(10 * 1024).toString('hex')
    expect((await answerWith(json({ ...good, access_token }))).access.reveal()).toBe(access_token)
  })

  test('T-06 a smaller scope is taken as it is', async () => {
    expect((await answerWith(json({ ...good, scope: 'a' }))).scope).toBe('a')
    expect((await answerWith(json({ ...good, scope: '' }))).scope).toBeUndefined()
    expect((await answerWith(json({ ...good, scope: null }))).scope).toBeUndefined()
    await expect(answerWith(json({ ...good, scope: 7 }))).rejects.toEqual(kind('token-bad'))
  })

  test.each([[''], [null], [undefined]])('refresh_token %j counts as none', async refresh_token => {
    expect((await answerWith(json({ ...good, refresh_token }))).refresh).toBeUndefined()
  })

  test.each([[7], [{}], ['a\nb'], ['\u00e9']])('refresh_token %j is refused', async refresh_token => {
    await expect(answerWith(json({ ...good, refresh_token }))).rejects.toEqual(kind('token-bad'))
  })

  test('an ID token that is no ID token is no reason to refuse the sign-in', async () => {
    const tokens = await answerWith(json({ ...good, id_token: 'x.y' }))
    expect(tokens.idToken?.reveal()).toBe('x.y')
    expect((await answerWith(json({ ...good, id_token: 7 }))).idToken).toBeUndefined()
  })

  test.each<[string, Fault, string, string]>([
    [
      'T-07 invalid_client',
      json({ error: 'invalid_client' }, 401),
      'invalid-client',
      'does not accept this app',
    ],
    [
      'T-07 invalid_client with a challenge',
      raw('{"error":"invalid_client"}', { 'www-authenticate': 'Basic realm="x"' }, 401),
      'invalid-client',
      '',
    ],
    ['T-08 invalid_grant', json({ error: 'invalid_grant' }, 400), 'sign-in-expired', 'try again'],
    ['error with status 200', json({ error: 'invalid_grant' }), 'sign-in-expired', ''],
    ['other errors', json({ error: 'invalid_target' }, 400), 'sign-in-failed', '(invalid_target)'],
    ['trouble', json({ error: 'invalid_grant' }, 503), 'http-trouble', ''],
    ['too many', html(429), 'http-trouble', ''],
    ['redirect', redirect('/elsewhere', 307), 'http-redirect', ''],
    ['T-10 reset', reset, 'http-network', ''],
    ['M-10 huge', huge(8 * 1024 * 1024), 'http-size', ''],
  ])('%s', async (_name, fault, expected, text) => {
    const server = await serve(fault)
    await expect(signIn(server)).rejects.toEqual(kind(expected, text))
    expect(server.requests.filter(seen => seen.path === '/token')).toHaveLength(1)
  })

  test('T-09 a body that drips ends with the deadline', async () => {
    const { asker } = await signIn(await serve())
    const server = await serve(drip)
    const { http } = await askerFor(server, asker.client, 200)
    const target = (await askerFor(server)).target
    const grant = grantFrom({ access: new Secret('A'), refresh: new Secret('R') }, { ...asker, now: NOW })
    await expect(refreshGrant(grant, { target, http, now: NOW }, signal)).rejects.toEqual(
      kind('http-deadline'),
    )
  })

  test('a grant has no more rights than its record holds, however many were asked for', async () => {
    const asker = await askerFor(await serve())
    const asked = Array.from({ length: 300 }, (_, at) => `${at}`.padEnd(256, 'x'))
    const grant = grantFrom({ access: new Secret('A') }, { ...asker, scope: asked.join(' '), now: NOW })
    expect(grant.scope).toBe(asked.slice(0, 100).join(' '))
    const key = { server: asker.target.server, issuer: grant.issuer }
    expect(grantRecord.decode(key, grantRecord.encode(key, grant))).toMatchObject({ kind: 'value' })
  })

  test('an error code is cleaned, its description and the request are not shown', async () => {
    const answer = { error: '\u001b[2Jodd\u0007', error_description: 'hidden', code: 'hidden' }
    const error = await answerWith(json(answer, 400)).catch(thrown => thrown)
    expect(error.message).toMatch(/refused the sign-in \(odd\)$/)
    expect(JSON.stringify([error.message, error.detail, String(error.cause)])).not.toMatch(/hidden|\p{Cc}/u)
  })

  test('T-12 the secret is form-encoded before Basic, and in no address', async () => {
    const secret = 's:e%c+r t\u00e9&'
    const server = await serve()
    const client: Client = {
      id: 'a p:p',
      source: 'registered',
      secret: new Secret(secret),
      authMethod: 'client_secret_basic',
    }
    server.break('/token', json(good))
    await signIn(server, client)
    const seen = server.requests.findLast(request => request.path === '/token')
    const [, encoded = ''] = seen?.headers.authorization?.split(' ') ?? []
    const [id = '', shown = ''] = Buffer.from(encoded, 'base64').toString().split(':')
    const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
    expect([decode(id), decode(shown)]).toEqual([client.id, secret])
    expect(seen?.body).not.toContain('client_secret')
    expect(server.form('/token').has('client_id')).toBe(false)
  })

  test('client_secret_post sends both in the body', async () => {
    const server = await serve(json(good))
    await signIn(server, {
      id: 'app',
      source: 'registered',
      secret: new Secret('s:+'),
      authMethod: 'client_secret_post',
    })
    expect(server.form('/token').get('client_secret')).toBe('s:+')
    expect(server.requests.at(-1)?.headers.authorization).toBeUndefined()
  })
})

describe('refreshGrant', () => {
  async function renew(fault?: Fault, changes: Partial<Grant> = {}) {
    const server = await serve()
    const { tokens, asker } = await signIn(server)
    const { target, client, http } = asker
    const grant = { ...grantFrom(tokens, { target, client, scope: 'notes.read', now: NOW }), ...changes }
    server.break('/token', fault)
    return { grant, server, renewed: refreshGrant(grant, { target, http, now: NOW + 5000 }, signal) }
  }

  test('gives a new token, and sends the resource but no scope', async () => {
    const { grant, renewed, server } = await renew()
    const next = await renewed
    expect(next.access.equals(grant.access)).toBe(false)
    expect(next.refresh?.equals(grant.refresh)).toBe(false)
    expect(next).toMatchObject({ scope: 'notes.read', receivedAt: NOW + 5000, expiresAt: NOW + 65_000 })
    expect(Object.fromEntries(server.form('/token'))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: grant.refresh?.reveal(),
      client_id: 'app',
      resource: grant.resource,
    })
  })

  test('keeps refresh token and scope when the answer has none', async () => {
    const { grant, renewed } = await renew(json(good))
    const next = await renewed
    expect(next.refresh?.equals(grant.refresh)).toBe(true)
    expect(next).toMatchObject({ scope: 'notes.read', expiresAt: undefined, client: grant.client })
  })

  test('takes a scope that has changed', async () => {
    await expect((await renew(json({ ...good, scope: 'a' }))).renewed).resolves.toMatchObject({ scope: 'a' })
  })

  test('a grant without refresh token is over', async () => {
    const { renewed } = await renew(undefined, { refresh: undefined })
    await expect(renewed).rejects.toEqual(kind('invalid-grant'))
  })

  test.each<[string, Fault, string]>([
    ['invalid_grant', json({ error: 'invalid_grant' }, 400), 'invalid-grant'],
    ['invalid_client', json({ error: 'invalid_client' }, 401), 'invalid-client'],
    ['other errors', json({ error: 'invalid_scope' }, 400), 'sign-in-failed'],
    ['O-6 trouble', json({ error: 'invalid_grant' }, 500), 'http-trouble'],
    ['a web page', html(), 'token-bad'],
    ['T-10 reset', reset, 'http-network'],
  ])('%s', async (_name, fault, expected) => {
    const { renewed, grant } = await renew(fault)
    const error = await renewed.catch(thrown => thrown)
    expect(error).toEqual(kind(expected))
    expect(`${error.message}${error.cause}`).not.toContain(grant.refresh?.reveal())
  })
})

describe('grantFrom', () => {
  test('counts from the time it is given; what was asked is granted unless the answer says otherwise', async () => {
    const { tokens, asker } = await signIn(await serve())
    const grant = grantFrom(tokens, { ...asker, scope: 'a b', now: NOW })
    expect(grant).toMatchObject({
      scope: 'a b',
      receivedAt: NOW,
      expiresAt: NOW + 60_000,
      issuer: asker.target.issuer,
    })
    expect(grantFrom({ ...tokens, scope: 'a' }, { ...asker, scope: 'a b', now: NOW }).scope).toBe('a')
    expect(grantFrom({ ...tokens, expiresIn: undefined }, { ...asker, now: NOW }).expiresAt).toBeUndefined()
  })
})
