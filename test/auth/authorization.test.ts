import { describe, expect, test } from 'vitest'
import { authorizationUrl, judgeRedirect, newProof } from '../../src/auth/authorization.ts'
import type { Target } from '../../src/auth/discovery.ts'
import type { Client } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'

const ISSUER = 'https://auth.example'
const client: Client = { id: 'app', source: 'registered', authMethod: 'none' }

function targetWith(changes: Partial<Target['as']> = {}): Target {
  return {
    server: webUrl('https://mcp.example/mcp', 'the test'),
    issuer: ISSUER,
    issuers: [ISSUER],
    resource: 'https://mcp.example',
    as: {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize?tenant=1`,
      token_endpoint: `${ISSUER}/token`,
      ...changes,
    },
    pageHost: clean('auth.example'),
    device: false,
  }
}

describe('authorizationUrl', () => {
  const build = (scope?: string, target = targetWith()) =>
    authorizationUrl({ target, client, redirectUri: 'http://127.0.0.1:1/callback', scope, proof: newProof() })

  test('asks for a code with PKCE, state and resource', async () => {
    const url = new URL(await build('a b'))
    expect(url.origin + url.pathname).toBe(`${ISSUER}/authorize`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: '1',
      response_type: 'code',
      client_id: 'app',
      redirect_uri: 'http://127.0.0.1:1/callback',
      scope: 'a b',
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      resource: 'https://mcp.example',
    })
  })

  test('sends no scope when there is none, and asks for consent only for offline_access', async () => {
    expect(new URL(await build()).searchParams.has('scope')).toBe(false)
    expect(new URL(await build('a offline_access')).searchParams.get('prompt')).toBe('consent')
  })

  test.each([
    ['that tells who signed in', { userinfo_endpoint: `${ISSUER}/me` }, false, 'ada@x.example'],
    ['that lists openid', { scopes_supported: ['a', 'openid'] }, false, 'ada@x.example'],
    ['that knows nobody', { scopes_supported: ['a'] }, false, null],
    ['without a word about it', {}, false, null],
    ['where another account is wanted', { userinfo_endpoint: `${ISSUER}/me` }, true, null],
  ])('a server %s: who is to sign in is named accordingly', async (_what, as, chooseAccount, hint) => {
    const proof = newProof()
    const input = { target: targetWith(as), client, redirectUri: 'http://127.0.0.1:1/', proof, chooseAccount }
    const url = await authorizationUrl({ ...input, loginHint: 'ada@x.example' })
    expect(new URL(url).searchParams.get('login_hint')).toBe(hint)
  })

  test('M-01 judges the address once more, at the last step', async () => {
    const target = targetWith({ authorization_endpoint: 'javascript:alert(1)' })
    await expect(build('a', target)).rejects.toEqual(expect.objectContaining({ kind: 'unsafe-address' }))
  })

  test('every sign-in has its own proof', () => {
    const [one, other] = [newProof(), newProof()]
    expect(one.state).not.toBe(other.state)
    expect(one.verifier.equals(other.verifier)).toBe(false)
    expect(JSON.stringify(one)).not.toContain(one.verifier.reveal())
  })
})

describe('judgeRedirect', () => {
  const state = 'right-state'
  const judge = (query: string, changes: Partial<Target['as']> = {}) =>
    judgeRedirect(new URLSearchParams(query), { target: targetWith(changes), client, state })
  const supported = { authorization_response_iss_parameter_supported: true }
  const iss = encodeURIComponent(ISSUER)

  test('gives the parameters of the true redirect', () => {
    expect(judge(`code=abc&state=${state}`)?.get('code')).toBe('abc')
    expect(judge(`code=abc&state=${state}&iss=${iss}`)?.get('code')).toBe('abc')
    expect(judge(`code=abc&state=${state}&iss=${iss}`, supported)?.get('code')).toBe('abc')
    expect(judge(`code=abc&state=${state}&extra=1&session_state=x`)?.get('code')).toBe('abc')
  })

  test.each([
    '',
    'code=abc',
    'code=abc&state=',
    'code=abc&state=wrong',
    'code=abc&state=right-state2',
    'error=access_denied',
    'error=access_denied&state=wrong',
    'iss=https://evil.example&code=abc&state=wrong',
    'code=abc&state=right-state&state=right-state',
    '__proto__=x&constructor=y',
  ])('R-01 %j does not belong to this sign-in', query => {
    expect(judge(query)).toBeUndefined()
  })

  test.each([
    'state=right-state',
    'code=&state=right-state',
    'code=a&code=b&state=right-state',
    'error=a&error=b&state=right-state',
    'code=a&iss=x&iss=y&state=right-state',
    `code=${'x'.repeat(64 * 1024)}&state=right-state`,
  ])('R-07 a garbled answer changes nothing', query => {
    expect(judge(query)).toBeUndefined()
  })

  test.each([
    ['of another server', 'https://evil.example'],
    ['normalised', `${ISSUER}/`],
    ['in other letters', 'HTTPS://auth.example'],
    ['of another path', `${ISSUER}/x`],
  ])('R-02 iss %s stops, whether or not it was advertised', (_name, other) => {
    for (const changes of [{}, supported]) {
      for (const rest of ['code=abc', 'error=access_denied&error_description=call+this+number']) {
        const query = `${rest}&state=${state}&iss=${encodeURIComponent(other)}`
        expect(() => judge(query, changes)).toThrow(
          expect.objectContaining({
            kind: 'sign-in-failed',
            message: 'the answer did not come from auth.example, nothing in it was used',
          }),
        )
      }
    }
  })

  test('R-02 an advertised iss must be there', () => {
    expect(() => judge(`code=abc&state=${state}`, supported)).toThrow(
      expect.objectContaining({ kind: 'sign-in-failed' }),
    )
    expect(() => judge(`error=access_denied&state=${state}`, supported)).toThrow(
      expect.objectContaining({ kind: 'sign-in-failed' }),
    )
  })

  test.each([
    ['access_denied', 'sign-in-denied', 'declined'],
    ['server_error', 'http-trouble', 'temporary trouble'],
    ['temporarily_unavailable', 'http-trouble', 'temporary trouble'],
    ['invalid_scope', 'sign-in-failed', 'rights'],
    ['consent_required', 'sign-in-failed', '(consent_required)'],
    ['__proto__', 'sign-in-failed', '(__proto__)'],
    ['\u001b[2J\u0007evil\n', 'sign-in-failed', '(evil)'],
  ])('R-03 R-04 error %j', (code, kind, text) => {
    const query = new URLSearchParams({ error: code, error_description: 'call this number', state })
    const run = () => judge(query.toString())
    expect(run).toThrow(expect.objectContaining({ kind, message: expect.stringContaining(text) }))
    expect(run).not.toThrow(/number/)
  })
})
