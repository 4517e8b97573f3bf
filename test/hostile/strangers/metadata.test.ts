import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXPIRED_CERTIFICATE } from '../../support/certificate.ts'
import { keysLive } from '../../support/fake-chat.ts'
import {
  type Fault,
  type FaultyServer,
  html,
  huge,
  json,
  raw,
  redirect,
  silence,
  startFaultyServer,
} from '../../support/faulty-server.ts'
import { MOST_MEMORY } from '../../support/leaks.ts'
import { some } from '../../support/more.ts'
import { SOON } from '../../support/patience.ts'
import { leave, prompted, say, unwrapped } from '../../support/person.ts'
import { bomb, endless, text, wire } from '../../support/raw-answers.ts'
import { goesOn, type Meeting, meet } from '../../support/strangers.ts'
import { KEY, type TestTerminal } from '../../support/terminal.ts'

const AS = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'
const RESOURCE = '/.well-known/oauth-protected-resource/mcp'
/** Where something would happen that costs the person or the server something. */
const ACTIONS = ['/authorize', '/register', '/token', '/device']

interface Case {
  id: string
  what: string
  faults?: Record<string, Fault>
  metadata?: Record<string, unknown>
  /** What the person reads about it. */
  says: RegExp
}

/** The metadata of the sign-in server, right but for these fields; `text` may be no JSON at all. */
const as =
  (fields: (origin: string) => Record<string, unknown>): Fault =>
  (response, { origin }) =>
    json({ ...right(origin), ...fields(origin) })(response)
const right = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  registration_endpoint: `${origin}/register`,
  code_challenge_methods_supported: ['S256'],
})
/** Resource metadata that is right but for these fields. */
const resource =
  (fields: (origin: string) => Record<string, unknown>): Fault =>
  (response, { origin }) =>
    json({ resource: `${origin}/mcp`, authorization_servers: [origin], ...fields(origin) })(response)
const leadsTo = (issuer: (origin: string) => unknown): Record<string, Fault> => ({
  [RESOURCE]: resource(origin => ({ authorization_servers: [issuer(origin)] })),
})
const portOf = (origin: string) => new URL(origin).port

const deep = `{"issuer":${'['.repeat(100_000)}${']'.repeat(100_000)}}`

const CASES: Case[] = [
  ...['file:///etc/passwd', 'javascript:alert(1)', 'data:text/html,hello', 'vscode://open/me'].map(
    (authorization_endpoint, at) => ({
      ...{
        id: `M-01.${at}`,
        what: `a sign-in address ${authorization_endpoint}`,
        metadata: { authorization_endpoint },
      },
      says: new RegExp(
        `unsafe address: the sign-in address has the scheme ${authorization_endpoint.split(':')[0]}:`,
      ),
    }),
  ),
  ...['token_endpoint', 'registration_endpoint', 'device_authorization_endpoint', 'userinfo_endpoint'].map(
    (field, at) => ({
      ...{ id: `M-01.${at + 4}`, what: `a ${field} smb:`, metadata: { [field]: 'smb://evil.example/x' } },
      says: /unsafe address: the .* endpoint has the scheme smb:/,
    }),
  ),
  ...[
    'java\nscript:alert(1)',
    ' https://evil.example',
    'https://ev\til.example/',
    '',
    7,
    ['https://a.example'],
    {},
  ].map((authorization_endpoint, at) => ({
    ...{ id: `M-01.${at + 8}`, what: `a sign-in address ${JSON.stringify(authorization_endpoint)}` },
    ...{ metadata: { authorization_endpoint }, says: /unsafe address: the sign-in address is not/ },
  })),
  {
    ...{ id: 'M-01.15', what: 'a second sign-in address under the same key' },
    faults: {
      [AS]: (response, { origin }) => {
        const document = JSON.stringify(right(origin)).replace(/}$/, ',"authorization_endpoint":"file:///x"}')
        text(document)(response, Object())
      },
    },
    says: /unsafe address: the sign-in address has the scheme file:/,
  },
  {
    ...{ id: 'M-03.0', what: 'an issuer of another host', metadata: { issuer: 'https://honest.example' } },
    says: /belongs to another sign-in server \(honest\.example instead of 127\.0\.0\.1:\d+\)/,
  },
  ...[
    ['with a user', (port: string) => `http://me@127.0.0.1:${port}`],
    ['with a dot behind the host', (port: string) => `http://127.0.0.1.:${port}`],
    ['in capitals', (port: string) => `HTTP://127.0.0.1:${port}`],
    ['with an encoded slash', (port: string) => `http://127.0.0.1:${port}/%2F`],
    ['under another name', (port: string) => `http://localhost:${port}`],
  ].map(([what, issuer], at) => ({
    ...{ id: `M-03.${at + 1}`, what: `the issuer ${what}` },
    faults: { [AS]: as(origin => ({ issuer: Object(issuer)(portOf(origin)) })) },
    says: /belongs to another sign-in server/,
  })),
  ...[{ at: 'an' }, ['x'], 1e308, null, undefined].map((issuer, at) => ({
    ...{ id: `M-03.${at + 6}`, what: `the issuer ${JSON.stringify(issuer)}`, metadata: { issuer } },
    says: /the sign-in metadata cannot be used/,
  })),
  ...['https://other.example/mcp', 'not an address', '', 'javascript:alert(1)', 'http://127.0.0.1/mcp'].map(
    (other, at) => ({
      ...{ id: `M-04.${at}`, what: `metadata for ${other}` },
      faults: { [RESOURCE]: resource(() => ({ resource: other })) },
      says: /the metadata is for another server/,
    }),
  ),
  {
    ...{ id: 'M-04.5', what: 'metadata for a part of the path only' },
    faults: { [RESOURCE]: resource(origin => ({ resource: `${origin}/mc` })) },
    says: /the metadata is for another server/,
  },
  {
    ...{ id: 'M-05', what: '500 sign-in servers' },
    faults: {
      [RESOURCE]: resource(origin => ({
        authorization_servers: Array.from({ length: 500 }, (_, at) => `${origin}/${at}`),
      })),
    },
    says: /no sign-in server was found/,
  },
  ...[undefined, ['plain'], 'S256', [['S256']]].map((methods, at) => ({
    ...{ id: `M-06.${at}`, what: `PKCE methods ${JSON.stringify(methods)}` },
    ...{ metadata: { code_challenge_methods_supported: methods }, says: /does not offer PKCE/ },
  })),
  ...[
    'http://auth.example',
    'http://localhost.',
    'http://0.0.0.0',
    'http://[::ffff:127.0.0.1]',
    'http://127.0.0.2',
    'http://nas.internal',
    'http://2852039166/',
  ].map((issuer, at) => ({
    ...{ id: `M-07.${at}`, what: `the sign-in server ${issuer}`, faults: leadsTo(() => issuer) },
    says: /unsafe address: the sign-in server at \S+ is not https/,
  })),
  ...[
    'https://me:you@auth.example',
    'https://[fe80::1%25lo]/',
    'ftp://auth.example',
    7,
    {},
    'https://a..b',
  ].map((issuer, at) => ({
    ...{ id: `M-07.${at + 7}`, what: `the sign-in server ${JSON.stringify(issuer)}` },
    ...{ faults: leadsTo(() => issuer), says: /unsafe address: the sign-in server/ },
  })),
  ...['127.1', '0x7f000001', '017700000001', '2130706433'].map((host, at) => ({
    ...{ id: `M-07.${at + 13}`, what: `this machine written ${host}` },
    faults: leadsTo(origin => `http://${host}:${portOf(origin)}`),
    says: /belongs to another sign-in server \(another address on 127/,
  })),
  { id: 'M-09', what: 'no answer', faults: { [AS]: silence }, says: /did not answer in time/ },
  {
    ...{ id: 'M-09.1', what: 'a body that does not end' },
    faults: { [AS]: endless('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\n \r\n') },
    says: /is too large|did not answer in time/,
  },
  {
    ...{ id: 'M-09.2', what: 'a storm of early hints' },
    faults: { [AS]: endless('', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n') },
    says: /is too large|did not answer in time|cannot be reached/,
  },
  { id: 'M-10.0', what: '512 MiB', faults: { [AS]: huge(512 * 1024 * 1024) }, says: /is too large/ },
  {
    id: 'M-10.1',
    what: '256 MiB in 256 KiB',
    faults: { [AS]: bomb(256 * 1024 * 1024) },
    says: /is too large/,
  },
  {
    ...{ id: 'M-10.2', what: 'headers that do not end' },
    faults: { [AS]: endless('HTTP/1.1 200 OK\r\n', 'X-More: of the same kind\r\n') },
    says: /is too large/,
  },
  {
    id: 'M-11.0',
    what: 'a login page',
    faults: { [AS]: html() },
    says: /a web page .* proxy or a login page/,
  },
  { id: 'M-11.1', what: 'a login page for the resource', faults: { [RESOURCE]: html() }, says: /web page/ },
  ...['[]', 'null', '"x"', '{', '', 'NaN', '{"issuer":1e}'].map((document, at) => ({
    ...{ id: `M-11.${at + 2}`, what: `the document ${document}`, faults: { [AS]: text(document) } },
    says: /not a metadata document/,
  })),
  {
    ...{ id: 'M-13.0', what: 'bytes that are no text' },
    ...{ faults: { [AS]: text(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])) }, says: /not valid text/ },
  },
  {
    ...{ id: 'M-13.1', what: 'another encoding' },
    ...{ faults: { [AS]: text(Buffer.from('{"issuer":"ä"}', 'latin1')) }, says: /not valid text/ },
  },
  { id: 'M-14.0', what: '100,000 levels', faults: { [AS]: text(deep) }, says: /metadata cannot be used/ },
  {
    ...{
      id: 'M-14.1',
      what: 'an issuer of nearly 1 MiB',
      metadata: { issuer: `https://a.example/${'a'.repeat(1_000_000)}` },
    },
    says: /belongs to another sign-in server/,
  },
  {
    ...{
      id: 'M-14.2',
      what: 'the same for the resource',
      faults: { [RESOURCE]: text(deep.replace('issuer', 'resource')) },
    },
    says: /metadata cannot be used/,
  },
  {
    ...{
      id: 'M-15.0',
      what: 'a redirect to another origin',
      faults: { [AS]: response => redirect(`${elsewhere.origin}${AS}`)(response) },
    },
    says: /redirects to another place/,
  },
  {
    ...{ id: 'M-15.3', what: 'a redirect to another origin that keeps the method' },
    faults: { [AS]: response => redirect(`${elsewhere.origin}${AS}`, 308)(response) },
    says: /redirects to another place/,
  },
  {
    ...{ id: 'M-15.1', what: 'a redirect to itself', faults: { [AS]: redirect(AS) } },
    says: /redirects to another place/,
  },
  {
    ...{ id: 'M-15.2', what: 'a redirect to a file', faults: { [AS]: redirect('file:///etc/passwd') } },
    says: /unsafe address|redirects to another place/,
  },
  {
    ...{
      id: 'M-17',
      what: 'a server in trouble',
      faults: { [AS]: raw('', {}, 404), [OPENID]: raw('', {}, 500) },
    },
    says: /has temporary trouble/,
  },
  {
    ...{ id: 'M-20.0', what: 'nobody at that port', faults: leadsTo(() => 'http://127.0.0.1:1') },
    says: /127\.0\.0\.1:1 cannot be reached/,
  },
  ...[
    ['a length that is too short', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['an unknown transfer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gnilzz\r\n\r\n{}'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['nothing', ''],
  ].map(([what = '', bytes = ''], at) => ({
    ...{ id: `M-20.${at + 1}`, what, faults: { [AS]: wire(bytes) } },
    says: /cannot be reached|not a metadata document|cannot be used/,
  })),
  {
    ...{
      id: 'M-20.9',
      what: 'a name that nobody has',
      faults: leadsTo(() => 'https://no-such-host.invalid'),
    },
    says: /the host name no-such-host\.invalid was not found/,
  },
  {
    ...{ id: 'M-20.10', what: 'a certificate that has expired' },
    faults: leadsTo(() => `https://localhost:${Object(expired.address()).port}`),
    says: /the certificate of localhost:\d+ is not valid/,
  },
  {
    ...{ id: 'M-20.8', what: 'an encoding nobody knows' },
    ...{ faults: { [AS]: text('{}', { 'content-encoding': 'zip' }) }, says: /cannot be|not a/ },
  },
]

const nameOf = ({ id }: Case) => id.replace('.', '-')

let expired: Server
/** Where nobody is to be led. */
let elsewhere: FaultyServer
let meeting: Meeting
let chats: readonly { cases: readonly Case[]; chat: TestTerminal }[]
let before: string
beforeAll(async () => {
  expired = createServer(EXPIRED_CERTIFICATE).listen(0, '127.0.0.1')
  await once(expired, 'listening')
  elsewhere = await startFaultyServer()
  meeting = await meet(CASES.map(each => ({ ...each, name: nameOf(each) })))
  before = await meeting.kept()
  // What is wrong with the documents, and with the way they come.
  const isWay = ({ id }: Case) => id > 'M-09'
  chats = [CASES.filter(isWay), CASES.filter(each => !isWay(each))].map(cases => ({
    cases,
    chat: meeting.chat(cases.map(nameOf)),
  }))
  await Promise.all(
    chats.map(async ({ cases, chat }) => {
      await say(chat, 'SAY the chat goes on')
      await chat.until(() => cases.every(each => told(each).length > 0))
      await chat.until(() => unwrapped(chat).includes('\nthe chat goes on'))
    }),
  )
})
afterAll(async () => {
  expired.close()
  await meeting.close()
  await elsewhere.close()
})

/** The lines about one of them. */
const told = (each: Case) =>
  chats
    .flatMap(({ chat }) => unwrapped(chat).split('\n'))
    .filter(line => line.startsWith(`! ${nameOf(each)}: `))

const actions = (each: Case) =>
  meeting
    .at(nameOf(each))
    .requests.map(({ path }) => path)
    .filter(path => ACTIONS.includes(path))

describe('refused before anybody is asked', () => {
  test.each(CASES)('$id $what', async each => {
    const [line = '', ...more] = told(each)
    expect(more).toEqual([])
    expect(line).toMatch(each.says)
    expect(line).toMatch(new RegExp(`/login ${nameOf(each)} tries again$`))
    // Two rows of a window of 100 columns.
    expect(line.length).toBeLessThan(190)
    expect(actions(each)).toEqual([])
  })

  test('each request of the runtime has one answer, the chat goes on, nothing is left, nothing has changed', async () => {
    for (const { cases, chat } of chats) {
      expect(unwrapped(chat)).not.toMatch(/! .* did not answer in time and was stopped/)
      await goesOn(meeting, chat, cases.map(nameOf))
    }
    expect(await meeting.kept()).toBe(before)
  })

  test('M-05: of 500 sign-in servers at most three are tried', () => {
    const tried = meeting
      .at('M-05')
      .requests.flatMap(({ path }) => /^\/\.well-known.*\/\d+$|^\/\d+\//.exec(path) ?? [])
    expect(tried.length).toBeGreaterThan(0)
    expect(new Set(tried.map(path => /\d+(?=\/|$)/.exec(path)?.[0])).size).toBeLessThanOrEqual(3)
  })

  const firsts = CASES.filter(({ id }) => /^M-\d\d(\.0)?$/.test(id))
  describe.concurrent('without a chat', () => {
    test.each(some(firsts, 3, 1))('$id $what: one prompt ends with 4', async each => {
      const command = meeting.command(['chat', '-p', 'SAY nobody', '--sign-in', 'browser'], [nameOf(each)])
      expect(await command.exit).toMatchObject({ code: 4 })
      expect(command.lines().join('\n')).toMatch(each.says)
      expect(command.lines().join('\n')).toContain(`copilot-host auth login ${meeting.at(nameOf(each)).mcp}`)
      expect(command.peak()).toBeLessThan(MOST_MEMORY)
      expect(actions(each)).toEqual([])
    })

    test.each(some(firsts, 3))('$id $what: auth login ends with 4', async each => {
      const began = performance.now()
      const command = meeting.command(['auth', 'login', nameOf(each), '--sign-in', 'browser'], [nameOf(each)])
      expect(await command.exit).toMatchObject({ code: 4 })
      // Who never answers is waited for 15 s, and the program starts and ends.
      expect(performance.now() - began).toBeLessThan(30_000)
      expect(command.lines().join('\n')).toMatch(each.says)
      expect(command.peak()).toBeLessThan(MOST_MEMORY)
      expect(actions(each)).toEqual([])
    })
  })

  test('M-15: the place that they were led to has seen nothing', () => {
    expect(elsewhere.requests).toEqual([])
  })
})

test('M-09: while an answer never comes keys are taken, and Ctrl+C ends a sign-in and a chat', async () => {
  const arrived = () => meeting.at('M-09').requests.filter(({ path }) => path === AS).length
  const login = async () => {
    const before = arrived()
    const command = meeting.command(['auth', 'login', 'M-09', '--sign-in', 'browser'], ['M-09'])
    await command.until(() => arrived() > before)
    return command
  }
  const command = await login()
  const began = performance.now()
  await command.keys(KEY.ctrlC)
  expect((await command.exit).code).toBe(130)
  expect(performance.now() - began).toBeLessThan(SOON)

  const before = arrived()
  const chat = meeting.chat(['M-09'])
  await chat.until(() => arrived() > before)
  await prompted(chat)
  await keysLive(chat)
  const then = performance.now()
  await leave(chat)
  expect(performance.now() - then).toBeLessThan(SOON)
})
