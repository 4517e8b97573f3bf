import { afterEach, describe, expect, test } from 'vitest'
import { whoSignedIn } from '../../src/auth/identity.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { Tokens } from '../../src/auth/token.ts'
import {
  type Fault,
  type FaultyServer,
  html,
  json,
  redirect,
  reset,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { askerFor } from '../support/targets.ts'

const signal = new AbortController().signal
const open: FaultyServer[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function idToken(claims: object, header: object = { alg: 'RS256' }): Secret {
  return new Secret(`${part(header)}.${part(claims)}.${Buffer.from('unchecked').toString('base64url')}`)
}

/** Who signed in, with these claims in the ID token and this answer of UserInfo. */
async function ask(claims: object | undefined, info?: Fault, more: Partial<Tokens> = {}) {
  const server = await startFaultyServer(info ? { '/userinfo': info } : {})
  open.push(server)
  const asker = await askerFor(server)
  const as = { ...asker.target.as, userinfo_endpoint: `${server.origin}/userinfo` }
  const now = Math.floor(Date.now() / 1000)
  const base = { iss: as.issuer, aud: 'app', sub: 'u1', iat: now, exp: now + 600 }
  const tokens: Tokens = {
    access: new Secret('AT'),
    idToken: claims && idToken({ ...base, ...claims }),
    scope: 'openid',
    ...more,
  }
  const { name: who, identity } = await whoSignedIn(
    tokens,
    { ...asker, target: { ...asker.target, as } },
    signal,
  )
  return { who, identity, asked: server.requests.filter(seen => seen.path === '/userinfo') }
}

describe('from the ID token', () => {
  test.each([
    [{ name: 'Ada', email: 'ada@x.example', preferred_username: 'ada' }, 'ada@x.example'],
    [{ name: 'Ada', email: '', preferred_username: 'ada' }, 'ada'],
    [{ name: 'Ada' }, 'Ada'],
    [{ name: '', preferred_username: 'ada' }, 'ada'],
    [{ name: 7, email: null, preferred_username: 'ada' }, 'ada'],
    [{ name: '\u001b]0;evil\u0007Ada\n\u202eLovelace' }, 'Ada Lovelace'],
  ])('%j is %s, without another request', async (claims, name) => {
    const { who, asked } = await ask(claims, json({ sub: 'u1', name: 'other' }))
    expect(who).toBe(name)
    expect(asked).toEqual([])
  })

  test('only a subject: UserInfo knows more, or the subject is shown', async () => {
    expect((await ask({}, json({ sub: 'u1', name: 'Ada' }))).who).toBe('Ada')
    expect((await ask({}, json({ sub: 'u1' }))).who).toBe('u1')
    expect((await ask({}, json({ sub: 'u2', name: 'Mallory' }))).who).toBe('u1')
  })

  test.each([
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another app', { aud: 'other' }],
    ['that is over', { exp: 1 }],
    ['with a nonce nobody asked for', { nonce: 'x' }],
    ['without subject', { sub: undefined }],
  ])('one %s is not believed', async (_name, claims) => {
    expect((await ask({ name: 'Mallory', ...claims }, html(404))).who).toBeUndefined()
  })

  test.each(['', 'x', 'a.b.c', `${part({ alg: 'none' })}.${part({ name: 'Mallory' })}.`, '..', 'a.b.c.d.e'])(
    '%j is none',
    async text => {
      expect((await ask(undefined, html(404), { idToken: new Secret(text) })).who).toBeUndefined()
    },
  )
})

describe('who it is, beside the name', () => {
  test.each([
    [{ name: 'Ada', email: 'ada@x.example', preferred_username: 'ada' }, 'ada@x.example'],
    [{ name: 'Ada', preferred_username: 'ada' }, 'ada'],
    [{ name: 'Ada' }, undefined],
    [{ email: 'ada\u001b[2J@x.example' }, undefined],
    [{ email: 'two words' }, undefined],
    [{ email: `${'x'.repeat(250)}@x.example` }, undefined],
  ])('%j: the subject, and what is typed to sign in', async (claims, login) => {
    expect((await ask(claims)).identity).toEqual({ subject: 'u1', login })
  })

  test.each(['x'.repeat(256), 'a\u2028b', 'a\u2029b', 'a\nb', 'a\u0000'])('%j is no subject', async sub => {
    expect((await ask({ sub, email: 'ada@x.example' })).identity).toBeUndefined()
  })
})

describe('from UserInfo', () => {
  test('with the access token, if openid was granted', async () => {
    const { who, asked } = await ask(undefined, json({ sub: 'u1', preferred_username: 'ada' }))
    expect(who).toBe('ada')
    expect(asked[0]?.headers.authorization).toBe('Bearer AT')
  })

  test.each([[undefined], ['email'], ['openidx']])('not with the scope %j', async scope => {
    const { who, asked } = await ask(undefined, json({ sub: 'u1', name: 'Ada' }), { scope })
    expect(who).toBeUndefined()
    expect(asked).toEqual([])
  })

  test.each<[string, Fault]>([
    ['a web page', html()],
    ['nobody', json(null)],
    ['a list', json([])],
    ['no subject', json({ name: 'Mallory' })],
    ['a subject of another kind', json({ sub: 7, name: 'Mallory' })],
    ['an error', json({ error: 'invalid_token' }, 401)],
    ['trouble', html(500)],
    ['a redirect', redirect('/x')],
    ['a reset', reset],
  ])('%s gives no name', async (_name, fault) => {
    expect((await ask(undefined, fault)).who).toBeUndefined()
  })

  test('prototype keys are no claims', async () => {
    const claims = JSON.parse('{"sub":"u1","__proto__":{"name":"Mallory"}}')
    expect((await ask(undefined, json(claims))).who).toBe('u1')
  })
})
