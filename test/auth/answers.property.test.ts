// No answer of an authorization server makes its judge throw anything but an error for the person.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeRedirect } from '../../src/auth/authorization.ts'
import { findClient } from '../../src/auth/client.ts'
import { pollDeviceToken, startDevice } from '../../src/auth/device-grant.ts'
import type { Target } from '../../src/auth/discovery.ts'
import { createHttp } from '../../src/auth/http.ts'
import { retryAfter, seconds } from '../../src/auth/seconds.ts'
import { Secret } from '../../src/auth/secret.ts'
import { grantRecord } from '../../src/auth/store/record.ts'
import { grantFrom } from '../../src/auth/token.ts'
import { judgeTokens } from '../../src/auth/token-answer.ts'
import type { Client } from '../../src/auth/types.ts'
import { mayVisit, webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import {
  hostileText,
  hostileValue,
  isCode,
  judged,
  judgedLater,
  mostlyJson,
  PLANTED,
} from '../support/hostile.ts'

const ISSUER = 'https://auth.example'
const server = webUrl('https://mcp.example/mcp', 'the test')
const client: Client = { id: 'app', source: 'registered', authMethod: 'none' }
const target: Target = {
  ...{
    server,
    issuer: ISSUER,
    issuers: [ISSUER],
    resource: server,
    pageHost: clean('auth.example'),
    device: true,
  },
  as: {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/authorize`,
    token_endpoint: `${ISSUER}/token`,
    registration_endpoint: `${ISSUER}/register`,
    device_authorization_endpoint: `${ISSUER}/device`,
  },
}
const { signal } = new AbortController()

const status = fc.constantFrom(200, 200, 200, 201, 206, 400, 401, 404, 405, 429, 500, 599)
const headerText = fc.oneof(
  fc.constantFrom('0', '7', '86400', '-1', '1e9', 'Fri, 20 Nov 2026 10:00:00 GMT', 'never'),
  fc.string().map(text => text.replace(/[^\x20-\x7e]/g, '')),
)

/** A network where every request is answered with this. */
function answering(text: string, statusCode: number, headers: Record<string, string> = {}) {
  return createHttp(async () => new Response(text, { status: statusCode, headers }))
}

describe('tokens', () => {
  const answer = mostlyJson({
    access_token: PLANTED,
    token_type: 'Bearer',
    expires_in: 3600,
    refresh_token: `${PLANTED}-2`,
    scope: 'a b',
    id_token: `${PLANTED}.x.y`,
    error_description: PLANTED,
  })

  test('what is taken is a token that the store can keep', async () => {
    await fc.assert(
      fc.asyncProperty(answer, status, async (text, statusCode) => {
        const judgement = await judgedLater(() =>
          judgeTokens(new Response(text, { status: statusCode }), { target, client }),
        )
        if (judgement === undefined || !('tokens' in judgement)) return
        const { tokens } = judgement
        expect(tokens.access.reveal()).toMatch(/^[\x21-\x7e]+$/)
        expect(tokens.expiresIn ?? 1).toBeGreaterThanOrEqual(1)
        const grant = grantFrom(tokens, { target, client, scope: undefined, account: undefined, now: 1 })
        const key = { server, issuer: ISSUER }
        expect(grantRecord.decode(key, grantRecord.encode(key, grant)).kind).toBe('value')
      }),
    )
  })

  test('a lifetime and a pause are whole numbers, or none', () => {
    fc.assert(
      fc.property(hostileValue, headerText, headerText, (value, pause, date) => {
        const life = seconds(value, 1000)
        if (life !== undefined) expect(Number.isInteger(life) && life >= 1 && life <= 1000).toBe(true)
        const wait = retryAfter(new Response('', { headers: { 'retry-after': pause, date } }))
        if (wait !== undefined) expect(wait).toBeGreaterThanOrEqual(1)
      }),
    )
  })
})

describe('device codes', () => {
  test('the start', async () => {
    const answer = mostlyJson({
      device_code: PLANTED,
      user_code: 'BCDF-GHJK',
      verification_uri: `${ISSUER}/activate`,
      verification_uri_complete: `${ISSUER}/activate?code=BCDF-GHJK`,
      expires_in: 600,
      interval: 5,
    })
    await fc.assert(
      fc.asyncProperty(answer, status, async (text, statusCode) => {
        const http = answering(text, statusCode)
        const start = await judgedLater(() => startDevice({ target, client, http }, signal))
        if (start === undefined) return
        for (const page of [start.page, start.completePage ?? start.page]) {
          expect(mayVisit(webUrl(page, 'the page'), server)).toBe(true)
        }
        expect(start.userCode).toMatch(/^[^\p{C}]{0,64}$/u)
        expect(start.expiresIn).toBeGreaterThanOrEqual(1)
        expect(start.expiresIn).toBeLessThanOrEqual(1800)
        expect(start.interval).toBeGreaterThanOrEqual(1)
        expect(start.interval).toBeLessThanOrEqual(60)
      }),
    )
  })

  test('a poll', async () => {
    const answer = fc.oneof(
      mostlyJson({ error: 'authorization_pending', error_description: PLANTED }),
      mostlyJson({ error: 'slow_down' }),
      mostlyJson({ access_token: PLANTED, token_type: 'bearer' }),
    )
    const deviceCode = new Secret(PLANTED)
    await fc.assert(
      fc.asyncProperty(answer, status, headerText, async (text, statusCode, pause) => {
        const http = answering(text, statusCode, { 'retry-after': pause })
        const poll = await judgedLater(() => pollDeviceToken({ target, client, http, deviceCode }, signal))
        if (poll?.kind !== 'pending' || poll.wait === undefined) return
        expect(poll.wait).toBeGreaterThanOrEqual(1)
        expect(poll.wait).toBeLessThanOrEqual(60)
      }),
    )
  })
})

test('a registration', async () => {
  const answer = mostlyJson({
    client_id: 'app',
    client_secret: PLANTED,
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: ['http://127.0.0.1:1/'],
    error_description: PLANTED,
  })
  const request = { server: { name: clean('notes'), url: server } }
  await fc.assert(
    fc.asyncProperty(answer, status, async (text, statusCode) => {
      const search = { request, target, options: {}, redirectUri: 'http://127.0.0.1:1/' }
      const found = await judgedLater(() =>
        findClient({ ...search, http: answering(text, statusCode) }, signal),
      )
      if (found === undefined) return
      expect(found.id).toMatch(/^[\x20-\x7e]{1,2048}$/)
      expect(found.source).toBe('registered')
    }),
  )
})

describe('the redirect', () => {
  const name = fc.oneof(fc.constantFrom('state', 'iss', 'code', 'error', 'error_description'), hostileText)
  const value = fc.oneof(fc.constantFrom('the state', ISSUER, 'access_denied', 'a code'), hostileText)
  const query = fc
    .array(fc.tuple(name, value), { maxLength: 6 })
    // The code of an error is shown, as nothing else is.
    .map(pairs => new URLSearchParams(pairs.filter(([key, text]) => key !== 'error' || isCode(text))))

  test('only an answer with our state, once, and of our issuer is taken', () => {
    fc.assert(
      fc.property(query, fc.boolean(), (parameters, proven) => {
        if (proven) parameters.set('state', 'the state')
        const taken = judged(() => judgeRedirect(parameters, { target, client, state: 'the state' }))
        if (taken === undefined) return
        expect(parameters.getAll('state')).toEqual(['the state'])
        // A parameter without a value counts as left out (RFC 6749 3.1).
        expect(parameters.get('iss') || ISSUER).toBe(ISSUER)
        expect(parameters.get('code')?.length).toBeLessThanOrEqual(8192)
        expect(parameters.get('code')).not.toBe('')
      }),
    )
  })

  test('whatever a web page sends without our state changes nothing', () => {
    fc.assert(
      fc.property(query, parameters => {
        expect(judgeRedirect(parameters, { target, client, state: 'another state' })).toBeUndefined()
      }),
    )
  })
})
