import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { webUrl } from '../../../src/auth/url.ts'
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
} from '../../support/faulty-server.ts'
import { aged, inTokenFile } from '../../support/kept.ts'
import { MOST_MEMORY } from '../../support/leaks.ts'
import { some } from '../../support/more.ts'
import { bomb, endless, text, wire } from '../../support/raw-answers.ts'
import { chooseAndFail, goesOn, type Meeting, meet } from '../../support/strangers.ts'

/** In every answer that holds something like a token: nobody must see it. */
const PLANTED = 'pl4nted-t0ken'
const GOOD = { access_token: `${PLANTED}-access`, token_type: 'Bearer', refresh_token: `${PLANTED}-refresh` }

interface Case {
  id: string
  what: string
  token: Fault
  says: RegExp
}

const UNREADABLE = /unreadable answer from the sign-in server 127\.0\.0\.1:\d+/
const bad = (id: string, what: string, answer: object | null | string | undefined, status = 200): Case => ({
  ...{ id, what, token: json(answer, status), says: UNREADABLE },
})

const REFUSED: Case[] = [
  { id: 'T-01', what: 'a web page', token: html(), says: UNREADABLE },
  { id: 'T-01.1', what: 'a web page of 400', token: html(400), says: UNREADABLE },
  ...[{}, null, [], 'x', [GOOD]].map((answer, at) => bad(`T-02.${at}`, JSON.stringify(answer), answer)),
  ...['mac', 'DPoP', undefined, '', 'Bearer, DPoP', 7].map((token_type, at) =>
    bad(`T-03.${at}`, `the token type ${token_type}`, { ...GOOD, token_type }),
  ),
  ...[
    ['line ends', `${PLANTED}\r\nX-Evil: 1`],
    ['a space', `${PLANTED} ${PLANTED}`],
    ['letters of elsewhere', `${PLANTED}\u0443`],
    ['70 KiB', PLANTED.repeat(5400)],
    ['nothing', ''],
    ['escapes', `${PLANTED}\u001b[2J`],
  ].map(([what, access_token], at) => bad(`T-05.${at}`, `a token with ${what}`, { ...GOOD, access_token })),
  bad('T-05.7', 'a token that is a list', { ...GOOD, access_token: [PLANTED] }),
  bad('T-05.8', 'a refresh token with line ends', { ...GOOD, refresh_token: `${PLANTED}\r\nx` }),
  bad('T-02.5', 'tokens with 400', GOOD, 400),
  {
    ...{
      id: 'T-07',
      what: 'an app that is not known',
      says: /does not accept this app \(client id or secret\)/,
    },
    token: json({ error: 'invalid_client', error_description: PLANTED }, 401),
  },
  {
    ...{
      id: 'T-08',
      what: 'a code that is not known',
      says: /the sign-in ran out before it was finished, try again/,
    },
    token: json({ error: 'invalid_grant', error_description: PLANTED }, 400),
  },
  {
    ...{ id: 'T-08.1', what: 'an error with 200 and escapes', says: /refused the sign-in \(odd\)/ },
    token: json({ error: '\u001b]0;owned\u0007odd\u202e', error_description: PLANTED }),
  },
  { id: 'T-09', what: 'a body that drips', token: drip, says: /did not answer in time/ },
  { id: 'T-09.1', what: 'nothing', token: silence, says: /did not answer in time/ },
  {
    ...{
      id: 'T-09.2',
      what: 'a storm of early hints',
      says: /did not answer in time|too large|cannot be reached/,
    },
    token: endless('', 'HTTP/1.1 102 Processing\r\n\r\n'),
  },
  { id: 'T-10', what: 'a reset', token: reset, says: /cannot be reached/ },
  {
    id: 'T-10.1',
    what: 'a redirect',
    token: response => redirect(`${elsewhere.origin}/token`, 307)(response),
    says: /redirects to another place/,
  },
  { id: 'T-10.2', what: '512 MiB', token: huge(512 * 1024 * 1024), says: /too large/ },
  { id: 'T-10.3', what: '256 MiB in 256 KiB', token: bomb(256 * 1024 * 1024), says: /too large/ },
  {
    ...{ id: 'T-10.4', what: 'headers that do not end', says: /too large/ },
    token: endless('HTTP/1.1 200 OK\r\n', 'X-More: of the same kind\r\n'),
  },
  {
    ...{ id: 'T-10.5', what: 'a length that is too long', says: /cannot be reached/ },
    token: wire('HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{}'),
  },
  {
    ...{ id: 'T-10.6', what: 'a broken chunk', says: /cannot be reached/ },
    token: wire('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n'),
  },
  {
    ...{ id: 'T-10.7', what: 'another encoding', says: UNREADABLE },
    token: text(Buffer.from('{"access_token":"\xff"}', 'latin1')),
  },
  {
    ...{ id: 'T-10.8', what: 'garbage that says it is packed', says: /cannot be reached|unreadable/ },
    token: text('no gzip at all', { 'content-encoding': 'gzip' }),
  },
  {
    ...{ id: 'T-10.9', what: 'trouble', says: /has temporary trouble/ },
    token: raw(`<html>${PLANTED}`, { 'retry-after': '99999999999999999999' }, 503),
  },
]

const accepted = (id: string, what: string, fields: object) => ({
  ...{ id, what },
  token: text(JSON.stringify({ ...GOOD, ...fields })),
})
const ACCEPTED: Omit<Case, 'says'>[] = [
  ...[-1, '1e309', 'soon', null, undefined, {}, 0, 1e300, '60'].map((expires_in, at) =>
    accepted(`T-04.${at}`, `expires_in ${JSON.stringify(expires_in)}`, { expires_in }),
  ),
  accepted('T-05', 'a token of 20 KiB', { access_token: PLANTED.repeat(1500) }),
  accepted('T-06', 'less than was asked for', { scope: 'notes' }),
  accepted('T-06.1', 'rights that are no rights', { scope: '\u001b[2J "\\ notes.read\u202e' }),
  accepted('T-03', 'a type in capitals', { token_type: 'BEARER' }),
  {
    ...{ id: 'T-01', what: 'a packed answer' },
    token: raw(gzipSync(JSON.stringify(GOOD)), {
      'content-encoding': 'gzip',
      'content-type': 'application/json',
    }),
  },
]

const nameOf = ({ id }: { id: string }, kind = 'no') => `${kind}-${id.replace('.', '-')}`
/** Where there are codes for other devices, too, this server gives a token for them after five seconds. */
const metadata = { device_authorization_endpoint: undefined }

let meeting: Meeting
/** Where no code and no verifier is to be led. */
let elsewhere: FaultyServer
let before: string
beforeAll(async () => {
  elsewhere = await startFaultyServer()
  meeting = await meet(
    [
      ...REFUSED.map(each => ({ name: nameOf(each), metadata, faults: { '/token': each.token } })),
      ...ACCEPTED.map(each => ({ name: nameOf(each, 'yes'), metadata, faults: { '/token': each.token } })),
      ...['T-10-renew', 'T-11', 'T-07-later'].map(name => ({ name, metadata })),
    ],
    [PLANTED],
  )
  before = await meeting.kept()
})
afterAll(async () => {
  await meeting.close()
  await elsewhere.close()
})

/** The cases in so many chats. */
const CHATS = Array.from({ length: 6 }, (_, at) => {
  const cases = REFUSED.filter((_each, index) => index % 6 === at)
  return { ids: cases.map(({ id }) => id).join(' '), cases }
})

describe.concurrent('an answer that is no token', () => {
  test.each(CHATS)(
    'in a chat: $ids',
    async ({ cases }) => {
      const chat = meeting.chat(cases.map(each => nameOf(each)))
      const named = cases.map(each => ({ name: nameOf(each), says: each.says }))
      await chooseAndFail(chat, 'b', named)
      await goesOn(
        meeting,
        chat,
        named.map(({ name }) => name),
      )
    },
    90_000,
  )

  const alone = REFUSED.filter(({ id }) => /^T-\d\d(\.0)?$|^T-10\.[23]$/.test(id))
  test.each(some(alone, 3))('$id $what: one prompt ends with 4', async each => {
    const command = meeting.command(['chat', '-p', 'SAY nobody', '--sign-in', 'browser'], [nameOf(each)])
    expect((await command.exit).code).toBe(4)
    expect(command.lines().join(' ').replaceAll(/\s+/g, ' ')).toMatch(each.says)
    expect(command.peak()).toBeLessThan(MOST_MEMORY)
    const server = meeting.at(nameOf(each))
    const codes = server.requests.filter(({ path }) => path === '/token').map(({ body }) => body)
    // A code is never sent twice.
    expect(new Set(codes).size).toBe(codes.length)
  })
})

test('T-10: the place that a token endpoint redirects to has seen nothing', () => {
  expect(meeting.at('no-T-10-1').requests.some(({ path }) => path === '/token')).toBe(true)
  expect(elsewhere.requests).toEqual([])
})

test('what was kept before is kept', async () => {
  const entries = (text: string) => Object.keys(JSON.parse(text).entries)
  expect(entries(await meeting.kept())).toEqual(expect.arrayContaining(entries(before)))
  expect(await meeting.kept()).not.toContain(PLANTED)
})

async function signsIn(each: { id: string }): Promise<void> {
  const name = nameOf(each, 'yes')
  const command = meeting.command(['auth', 'login', name, '--sign-in', 'browser'], [name])
  expect((await command.exit).code, command.lines().join('\n')).toBe(0)
  expect(command.lines().join('\n')).toContain(`signed in to ${name}`)
  const again = meeting.command(['chat', '-p', 'CALL whoami {}', '--allow-all-tools'], [name])
  expect((await again.exit).code, again.lines().join('\n')).toBe(0)
  expect(again.lines().join('\n')).toContain('You are signed in as Ada')
  expect(meeting.at(name).requests.filter(({ path }) => path === '/token')).toHaveLength(1)
}

describe.concurrent('an odd answer that is a token', () => {
  test.each(ACCEPTED)('$id $what: signed in', signsIn)
})

const DAY = 86_400_000

describe.concurrent('later', () => {
  const login = async (name: string) => {
    const command = meeting.command(['auth', 'login', name, '--sign-in', 'browser'], [name])
    expect((await command.exit).code, command.lines().join('\n')).toBe(0)
  }
  const ask = async (name: string, ...more: string[]) => {
    const command = meeting.command(['chat', '-p', 'CALL whoami {}', '--allow-all-tools', ...more], [name])
    const { code } = await command.exit
    return { code, text: command.lines().join('\n').trimEnd() }
  }
  const keyOf = (name: string) => ({
    server: webUrl(meeting.at(name).mcp, 'the test'),
    issuer: meeting.at(name).origin,
  })
  const grantOf = (name: string) => inTokenFile(meeting.stage, store => store.read(keyOf(name)))
  const age = async (name: string, ms: number) => {
    await inTokenFile(meeting.stage, async store => {
      const grant = await store.read(keyOf(name))
      if (grant === undefined) throw new Error('nobody is signed in')
      await store.write(keyOf(name), aged(ms)(grant))
    })
  }
  const refreshes = (name: string) =>
    meeting.at(name).requests.filter(({ body }) => body.includes('grant_type=refresh_token')).length

  test('T-10: a renewal whose answer is lost is tried once more, and what was kept is kept', async () => {
    const name = 'T-10-renew'
    await login(name)
    await age(name, DAY)
    const before = await grantOf(name)
    meeting.at(name).break('/token', reset)
    const lost = await ask(name)
    expect(lost.code).toBe(4)
    expect(lost.text).toMatch(/T-10-renew: the sign-in could not be renewed \(.* cannot be reached\)/)
    expect(refreshes(name)).toBe(2)
    const after = await grantOf(name)
    expect(after?.refresh?.reveal()).toBe(before?.refresh?.reveal())
    meeting.at(name).break('/token', undefined)
    expect(await ask(name)).toMatchObject({ code: 0 })
  })

  test('T-11: a clock that is a day ahead or behind makes no storm', async () => {
    const name = 'T-11'
    await login(name)
    await age(name, -DAY)
    expect(await ask(name)).toMatchObject({ code: 0 })
    expect(await ask(name)).toMatchObject({ code: 0 })
    // What was received tomorrow says nothing about its end.
    expect(refreshes(name)).toBe(1)
    await age(name, DAY)
    expect(await ask(name)).toMatchObject({ code: 0 })
    expect(await ask(name)).toMatchObject({ code: 0 })
    expect(refreshes(name)).toBe(2)
  })

  test('T-07: a registration that is gone is replaced once', async () => {
    const name = 'T-07-later'
    await login(name)
    await age(name, DAY)
    const server = meeting.at(name)
    server.break('/token', json({ error: 'invalid_client' }, 401))
    const registrations = () => server.requests.filter(({ path }) => path === '/register').length
    const gone = await ask(name, '--sign-in', 'browser')
    expect(gone.code).toBe(4)
    expect(gone.text).toMatch(/does not accept this app/)
    expect(registrations()).toBe(2)
    server.break('/token', undefined)
    expect(await ask(name, '--sign-in', 'browser')).toMatchObject({ code: 0 })
    expect(registrations()).toBeLessThanOrEqual(3)
  })
})
