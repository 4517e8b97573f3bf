import { afterEach, expect, test } from 'vitest'
import { createHttp } from '../../src/auth/http.ts'
import { probe, probeGrant } from '../../src/auth/probe.ts'
import { Secret } from '../../src/auth/secret.ts'
import { webUrl } from '../../src/auth/url.ts'
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
  silence,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { startGuardedMcp } from '../support/guarded-mcp.ts'

const signal = new AbortController().signal
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const TOKEN = 'the-kept-access-token'
const READY = { jsonrpc: '2.0', id: 1, result: {} }
const QUESTION = { transport: 'http', headers: {}, version: '1' } as const
const http = (deadlineMs = 5000) => createHttp(fetch, { deadlineMs, bytes: 64 * 1024 })

async function serve(fault: Fault): Promise<FaultyServer> {
  const server = await startFaultyServer({ '/mcp': fault })
  closing.push(server.close)
  return server
}

/** What a probe with a token says of an MCP server with this fault. */
async function ask(fault: Fault, more: Partial<Parameters<typeof probe>[0]> = {}, deadlineMs = 5000) {
  const server = await serve(fault)
  const url = webUrl(server.mcp, 'the test')
  const question = { server: url, access: new Secret(TOKEN), ...QUESTION, ...more }
  return { server, probed: await probe(question, http(deadlineMs), signal) }
}

const challenge = (header: string, status = 401) => raw('', { 'www-authenticate': header }, status)

test('a real server: accepted with a good token, refused with another one and without', async () => {
  const mcp = await startGuardedMcp()
  closing.push(mcp.close)
  mcp.tokens.add(TOKEN)
  const server = webUrl(mcp.url, 'the test')
  const with_ = (access?: Secret) => probe({ server, access, ...QUESTION }, http(), signal)
  expect(await with_(new Secret(TOKEN))).toEqual({ state: 'accepted' })
  expect(await with_(new Secret('another'))).toMatchObject({ state: 'refused', why: 'invalid_token' })
  expect(await with_()).toMatchObject({
    state: 'refused',
    scopes: ['notes.read'],
    challenge: { resource_metadata: expect.stringContaining('/.well-known/oauth-protected-resource/mcp') },
  })
})

test('one request, as a client would send it; its session is ended, and nothing else is asked', async () => {
  const fault: Fault = (response, { request }) =>
    request.method === 'DELETE'
      ? raw('', {}, 204)(response)
      : raw(JSON.stringify(READY), { 'content-type': 'application/json', 'mcp-session-id': 'abc' })(response)
  const { server, probed } = await ask(fault, { headers: { 'x-team': 'blue', Authorization: 'Basic x' } })
  expect(probed).toEqual({ state: 'accepted' })
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /mcp', 'DELETE /mcp'])
  const [first, last] = server.requests
  expect(first?.headers).toMatchObject({
    ...{ authorization: `Bearer ${TOKEN}`, accept: 'application/json, text/event-stream', 'x-team': 'blue' },
  })
  expect(JSON.parse(first?.body ?? '')).toMatchObject({ method: 'initialize', jsonrpc: '2.0' })
  expect(last?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'mcp-session-id': 'abc' })
  expect(last?.body).toBe('')
})

test('the older transport begins with a GET, and its stream is left at once', async () => {
  const left = Promise.withResolvers<void>()
  const fault: Fault = response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: endpoint\n')
    response.once('close', () => left.resolve())
  }
  const { server, probed } = await ask(fault, { transport: 'sse' })
  expect(probed).toEqual({ state: 'accepted' })
  expect(server.requests.map(({ method }) => method)).toEqual(['GET'])
  await left.promise
})

test.each<[string, Fault, string | RegExp]>([
  ['a redirect', redirect('/elsewhere', 307), /redirects to another place/],
  ['a huge answer', huge(512 * 1024 * 1024), /too large/],
  ['no answer', silence, /did not answer in time/],
  ['an answer without end', drip, /did not answer in time/],
  ['a connection that breaks', reset, /cannot be reached/],
  ['a web page', html(), /web page: is there a proxy/],
  ['JSON of somebody else', json({ hello: 'world' }), /no answer of an MCP server/],
  ['bytes that are no text', raw(Buffer.from([0xff, 0xfe]), {}, 200), /no answer of an MCP server/],
  ['nothing there', raw('', {}, 404), /no MCP server at this address \(status 404\)/],
  ['trouble', html(503), /temporary trouble \(status 503\)/],
  ['too many requests', raw('', {}, 429), /temporary trouble/],
])('cannot be reached: %s', async (_what, fault, why) => {
  const { server, probed } = await ask(fault, {}, fault === silence || fault === drip ? 200 : 5000)
  expect(probed).toEqual({ state: 'unreachable', why: expect.stringMatching(why) })
  expect(server.requests.map(({ path }) => path)).toEqual(['/mcp'])
})

test.each<[string, Fault, object]>([
  ['401 without a header', raw('', {}, 401), { state: 'refused', why: 'status 401' }],
  ['403 without a header', html(403), { state: 'refused', why: 'status 403' }],
  ['another scheme', challenge('Basic realm="x"'), { state: 'refused', why: 'status 401' }],
  ['a header that is none', challenge('Bearer ==="'), { state: 'refused', why: 'status 401' }],
  ['Bearer after another scheme', challenge('Negotiate, Bearer error=x'), { state: 'refused', why: 'x' }],
  [
    'more rights',
    challenge('Bearer error="insufficient_scope", scope="notes.write notes.read"', 403),
    { state: 'more-rights', why: 'insufficient_scope', scopes: ['notes.write', 'notes.read'] },
  ],
  [
    'escapes, quotes and rights that are none',
    challenge('Bearer error="x\\"y\\\\", error_description="a\x9b31mb\\u001b", scope="ok \x9b\xff"'),
    { state: 'refused', why: 'x"y\\: abu001b', scopes: ['ok'] },
  ],
  [
    'a description without end',
    challenge(`Bearer error="invalid_token", error_description="${'x'.repeat(8000)}"`),
    { state: 'refused', why: expect.stringMatching(/^invalid_token: x+…$/) },
  ],
  ['another version of the protocol', json({ jsonrpc: '2.0', error: {} }, 400), { state: 'accepted' }],
])('%s', async (_what, fault, expected) => {
  const { probed } = await ask(fault)
  expect(probed).toMatchObject(expected)
  expect(Array.from(probed.why ?? '').length).toBeLessThanOrEqual(200)
})

test('a token that has ended, or is for another server, is not sent', async () => {
  const server = await serve(json(READY))
  const url = webUrl(server.mcp, 'the test')
  const grant = { access: new Secret(TOKEN), resource: server.mcp, expiresAt: 1000 }
  const question = { server: url, ...QUESTION, now: 1000 }
  const asked = (more: object) => probeGrant({ ...grant, ...more }, question, http(), signal)
  expect(await asked({})).toEqual({ state: 'not-asked', why: 'its token has ended' })
  expect(await asked({ expiresAt: 1001, resource: 'https://other.example.com/mcp' })).toEqual({
    ...{ state: 'not-asked', why: 'its token is for another server' },
  })
  expect(server.requests).toEqual([])
  expect(await asked({ expiresAt: 1001 })).toEqual({ state: 'accepted' })
})

test('a header that cannot be sent is no reason to fail', async () => {
  const { probed, server } = await ask(json(READY), { headers: { 'x-bad': 'a\nb' } })
  expect(probed).toMatchObject({ state: 'unreachable' })
  expect(server.requests).toEqual([])
})
