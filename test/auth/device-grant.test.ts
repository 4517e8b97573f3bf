import { afterEach, describe, expect, test } from 'vitest'
import { pollDeviceToken, startDevice } from '../../src/auth/device-grant.ts'
import { createHttp } from '../../src/auth/http.ts'
import { Secret } from '../../src/auth/secret.ts'
import { webUrl } from '../../src/auth/url.ts'
import {
  type Fault,
  type FaultyServer,
  html,
  json,
  raw,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { askerFor } from '../support/targets.ts'

const signal = new AbortController().signal
const open: FaultyServer[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(faults: Record<string, Fault> = {}) {
  const server = await startFaultyServer(faults)
  open.push(server)
  return { server, asker: await askerFor(server) }
}

const good = {
  device_code: 'DC',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://auth.example/go',
  expires_in: 600,
}

const kind = (kind: string, text = '') =>
  expect.objectContaining({ kind, message: expect.stringContaining(text) })

describe('startDevice', () => {
  const start = async (changes: object) => {
    const { asker } = await serve({ '/device': json({ ...good, ...changes }) })
    return startDevice({ ...asker, scope: 'a b' }, signal)
  }

  test('asks with client, scope and resource; without an interval it is 5 s', async () => {
    const { server, asker } = await serve()
    const started = await startDevice({ ...asker, scope: 'a b' }, signal)
    expect(started).toEqual({
      deviceCode: expect.any(Secret),
      userCode: 'BCDF-GHJK',
      page: `${server.origin}/activate`,
      completePage: undefined,
      expiresIn: 600,
      interval: 5,
    })
    const form = { client_id: 'app', scope: 'a b', resource: asker.target.resource }
    expect(Object.fromEntries(server.form('/device'))).toEqual(form)
  })

  test.each([
    [0, 1],
    ['0', 1],
    [2, 2],
    ['7', 7],
    [86_400, 60],
    [-1, 5],
    ['x', 5],
    [null, 5],
    [1e308, 60],
  ])('D-04 D-05 interval %j is %i s', async (interval, seconds) => {
    expect((await start({ interval })).interval).toBe(seconds)
  })

  test.each([
    ['60', 60],
    [31_536_000, 1800],
    [-1, 1800],
    [null, 1800],
    ['x', 1800],
    [0, 1800],
  ])('D-04 D-05 expires_in %j is %i s', async (expires_in, seconds) => {
    expect((await start({ expires_in })).expiresIn).toBe(seconds)
  })

  test.each(['file:///etc/passwd', 'javascript:1', 'http://auth.example/', '', 7, null])(
    'M-01 page %j is refused',
    async verification_uri => {
      await expect(start({ verification_uri })).rejects.toEqual(
        kind('unsafe-address', 'the page for the code'),
      )
    },
  )

  test('M-01 the complete page is judged too', async () => {
    await expect(start({ verification_uri_complete: 'file:///x' })).rejects.toEqual(kind('unsafe-address'))
    const { completePage } = await start({ verification_uri_complete: 'https://auth.example/go?c=1' })
    expect(completePage).toBe('https://auth.example/go?c=1')
    expect((await start({ verification_uri_complete: null })).completePage).toBeUndefined()
  })

  test('a complete page on another host is left out: nobody reads where a QR code leads', async () => {
    const { completePage } = await start({ verification_uri_complete: 'https://evil.example/go?c=1' })
    expect(completePage).toBeUndefined()
  })

  test.each(['   ', '\u3000', '\u3164\u115f'])('a code that nobody can see: %j', async user_code => {
    await expect(start({ user_code })).rejects.toEqual(kind('token-bad'))
  })

  test('M-08 a public server does not lead to a private page', async () => {
    const { asker } = await serve()
    const as = { ...asker.target.as, device_authorization_endpoint: 'https://auth.example/device' }
    const target = { ...asker.target, as, server: webUrl('https://mcp.example/', 'the test') }
    const http = createHttp(async () => Response.json({ ...good, verification_uri: 'https://10.0.0.1/' }))
    await expect(startDevice({ ...asker, target, http }, signal)).rejects.toEqual(
      kind('unsafe-address', 'private network'),
    )
  })

  test.each([[''], [7], [null], ['A'.repeat(65)], ['A\u001b[2JB'], ['A\nB']])(
    'user_code %j is refused',
    async user_code => {
      await expect(start({ user_code })).rejects.toEqual(kind('token-bad'))
    },
  )

  test.each([[''], [7], [null], ['\u00e9']])('device_code %j is refused', async device_code => {
    await expect(start({ device_code })).rejects.toEqual(kind('token-bad'))
  })

  test.each<[string, Fault, string]>([
    ['a web page', html(), 'token-bad'],
    ['null', json(null), 'token-bad'],
    ['[]', json([]), 'token-bad'],
    ['{}', json({}), 'token-bad'],
    ['not found', html(404), 'token-bad'],
    ['trouble', html(500), 'http-trouble'],
    ['unknown client', json({ error: 'invalid_client' }, 401), 'invalid-client'],
    ['refused', json({ error: 'unauthorized_client' }, 400), 'sign-in-failed'],
  ])('%s', async (_name, fault, expected) => {
    const { asker } = await serve({ '/device': fault })
    await expect(startDevice(asker, signal)).rejects.toEqual(kind(expected))
  })
})

describe('pollDeviceToken', () => {
  const poll = async (fault?: Fault) => {
    const { asker, server } = await serve(fault ? { '/token': fault } : {})
    return { result: pollDeviceToken({ ...asker, deviceCode: new Secret('DC') }, signal), server, asker }
  }

  test('gives the tokens', async () => {
    const { result, server, asker } = await poll()
    await expect(result).resolves.toMatchObject({ kind: 'tokens', tokens: { expiresIn: 60 } })
    expect(Object.fromEntries(server.form('/token'))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'DC',
      client_id: 'app',
      resource: asker.target.resource,
    })
  })

  const pending = '{"error":"authorization_pending"}'
  test.each<[string, Fault, object]>([
    ['authorization_pending', raw(pending, {}, 400), { kind: 'pending' }],
    ['D-03 authorization_pending with status 200', raw(pending), { kind: 'pending' }],
    ['D-03 429', html(429), { kind: 'pending' }],
    ['D-03 429 with Retry-After', raw('', { 'retry-after': '30' }, 429), { kind: 'pending', wait: 30 }],
    [
      'D-03 429 with a long Retry-After',
      raw('', { 'retry-after': '86400' }, 429),
      { kind: 'pending', wait: 60 },
    ],
    ['D-03 429 with an odd Retry-After', raw('', { 'retry-after': 'Fri' }, 429), { kind: 'pending' }],
    ['slow_down', json({ error: 'slow_down' }, 400), { kind: 'slow-down' }],
  ])('%s', async (_name, fault, expected) => {
    await expect((await poll(fault)).result).resolves.toEqual(expected)
  })

  test.each<[string, Fault, string, string]>([
    ['D-01 access_denied', json({ error: 'access_denied' }, 400), 'sign-in-denied', 'declined'],
    ['D-02 expired_token', json({ error: 'expired_token' }, 400), 'sign-in-expired', 'ran out'],
    ['D-02 a forgotten code', json({ error: 'invalid_grant' }, 400), 'sign-in-expired', 'ran out'],
    ['T-03 another kind of token', json({ access_token: 'A', token_type: 'mac' }), 'token-bad', ''],
    ['T-07 invalid_client', json({ error: 'invalid_client' }, 401), 'invalid-client', ''],
    ['trouble', html(502), 'http-trouble', ''],
    ['a web page', html(), 'token-bad', ''],
  ])('%s', async (_name, fault, expected, text) => {
    await expect((await poll(fault)).result).rejects.toEqual(kind(expected, text))
  })
})
