import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Fault,
  type FaultyServer,
  json,
  raw,
  redirect,
  startFaultyServer,
} from '../../support/faulty-server.ts'
import { some } from '../../support/more.ts'
import { count, leave, panel, prompted, say, unwrapped } from '../../support/person.ts'
import { text } from '../../support/raw-answers.ts'
import { goesOn, type Meeting, meet, NOTES_WITH_TOKEN, type Stranger } from '../../support/strangers.ts'
import { KEY } from '../../support/terminal.ts'

const RECORDER = fileURLToPath(new URL('../../support/record-address.js', import.meta.url))
const AS = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'
const RESOURCE = '/.well-known/oauth-protected-resource/mcp'

const right = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  registration_endpoint: `${origin}/register`,
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none'],
})

const ODD: (Stranger & { id: string; what: string })[] = [
  ...[undefined, [], null].map((authorization_servers, at) => ({
    ...{ id: `M-05.${at}`, what: `authorization_servers: ${JSON.stringify(authorization_servers)}` },
    name: `M-05-${at}`,
    faults: {
      [RESOURCE]: (response: Parameters<ReturnType<typeof raw>>[0], { origin }: { origin: string }) =>
        json({ resource: `${origin}/mcp`, authorization_servers })(response),
    },
  })),
  {
    ...{ id: 'M-12', what: 'a byte order mark', name: 'M-12' },
    faults: {
      [AS]: (response, at) => text(`\ufeff${JSON.stringify(right(at.origin))}`)(response, at),
      [RESOURCE]: (response, at) =>
        text(`\ufeff${JSON.stringify({ resource: `${at.origin}/mcp`, authorization_servers: [at.origin] })}`)(
          response,
          at,
        ),
    },
  },
  {
    ...{ id: 'M-16', what: 'keys that are not only keys', name: 'M-16' },
    faults: {
      [AS]: (response, at) =>
        text(
          JSON.stringify(right(at.origin)).replace(
            '{',
            '{"__proto__":{"issuer":"https://evil.example","polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,',
          ),
        )(response, at),
    },
  },
  {
    ...{ id: 'M-17', what: '404, then OpenID', name: 'M-17' },
    faults: {
      [AS]: raw('', {}, 404),
      [OPENID]: (response, { origin }) => json(right(origin))(response),
    },
  },
  {
    ...{ id: 'M-15', what: 'a redirect within the origin', name: 'M-15' },
    faults: {
      [AS]: raw('', { location: '/elsewhere' }, 307),
      '/elsewhere': (response, { origin }) => json(right(origin))(response),
    },
  },
]

const register = (fault: ReturnType<typeof raw>) => ({ '/register': fault })
const NO_CLIENT: (Stranger & { id: string; what: string; says: RegExp })[] = [
  {
    ...{ id: 'M-18', what: 'a registration that is refused with escapes', name: 'M-18' },
    faults: register(
      json(
        {
          error: 'invalid_redirect_uri\u001b]52;c;YQ==\u0007\u001b[2J',
          error_description: '\u001b[31mcall 0900 123\nnow',
        },
        400,
      ),
    ),
    says: /refused to register this app \(invalid_redirect_uri\)/,
  },
  ...[
    ['a client id of 64 KiB', { client_id: 'a'.repeat(65_536) }],
    ['a client id with escapes', { client_id: 'a\u001b[2J' }],
    ['a client id with line ends', { client_id: 'a\r\nSet-Cookie: b' }],
    ['a client id that is a number', { client_id: 7 }],
    ['no client id', {}],
    ['a secret with line ends', { client_id: 'a', client_secret: 'x\r\ny' }],
  ].map(([what, answer], at) => ({
    ...{ id: `M-19.${at}`, what: String(what), name: `M-19-${at}`, faults: register(json(answer, 201)) },
    says: /registered this app with an answer that cannot be used/,
  })),
]

const SHELL = `/authorize/$(touch\${IFS}RAN)\`id\`/"'&calc.exe|%VAR%;x`

/** Lets everybody in, and wants the rights that it has given again for each call. */
const neverContent: Fault = (response, at) => {
  const { authorization } = at.request.headers
  if (authorization === undefined || !at.body.includes('"tools/call"')) return NOTES_WITH_TOKEN(response, at)
  const challenge = 'Bearer error="insufficient_scope", scope="notes.read"'
  raw('', { 'www-authenticate': challenge }, 403)(response)
}

/** Where nobody is to be led. */
let elsewhere: FaultyServer
let meeting: Meeting
beforeAll(async () => {
  elsewhere = await startFaultyServer()
  meeting = await meet([
    ...ODD,
    ...NO_CLIENT,
    {
      name: 'M-15-register',
      faults: { '/register': response => redirect(`${elsewhere.origin}/register`, 307)(response) },
    },
    { name: 'C-06', faults: { '/mcp': neverContent } },
    {
      name: 'M-02',
      faults: {
        [AS]: (response, { origin }) =>
          json({ ...right(origin), authorization_endpoint: `${origin}${SHELL}` })(response),
      },
    },
  ])
})
afterAll(async () => {
  await meeting.close()
  await elsewhere.close()
})

describe.concurrent('odd, but right', () => {
  test.each(ODD)('$id $what: the sign-in works', async ({ name }) => {
    const login = meeting.command(['auth', 'login', name, '--sign-in', 'browser'], [name])
    expect(await login.exit, login.lines().join('\n')).toMatchObject({ code: 0 })
    expect(login.lines().join('\n')).toContain(`signed in to ${name}`)
    expect(meeting.at(name).form('/token').get('resource')).toBe(meeting.at(name).mcp)
  })
})

describe.concurrent('an app that cannot be registered', () => {
  test.each(NO_CLIENT)('$id $what: who is asked for another can say no', async ({ name, says }) => {
    const login = meeting.command(['auth', 'login', name, '--sign-in', 'browser'], [name])
    await login.until(() => login.screen().includes('paste its client id here'))
    expect(login.lines().join('\n')).toMatch(says)
    expect(login.lines().join('\n')).toContain(`copilot-host auth client set ${name}`)
    await login.keys(KEY.ctrlC)
    expect((await login.exit).code).toBe(130)
    expect(meeting.at(name).requests.filter(({ path }) => path === '/authorize')).toEqual([])
  })

  test.each(some(NO_CLIENT, 2))('$id $what: one prompt ends with 4', async ({ name, says }) => {
    const mcp = ['--mcp', `${name}=${meeting.at(name).mcp}`, '--token-store', 'file']
    const run = await meeting.stage.run(['chat', '-p', 'SAY nobody', '--sign-in', 'browser', ...mcp])
    expect(run).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(says) })
  })

  test('M-18, M-19 in a chat: asked for a client id; Esc, and the chat goes on', async () => {
    const names = ['M-18', 'M-19-1']
    const chat = meeting.chat(names)
    for (const at of [1, 2]) {
      await panel(chat, `${at} of 2`)
      await chat.keys('b')
      await chat.until(() => /paste its client id here/.test(chat.screen()))
      expect(chat.screen()).toMatch(/M-18|M-19-1/)
      await chat.keys(KEY.escape)
      await chat.until(() => count(chat.lines().join('\n'), 'sign-in cancelled') === at)
    }
    await goesOn(meeting, chat, names)
  })
})

test('M-15: a registration that is redirected is over, and the other place has seen nothing', async () => {
  const name = 'M-15-register'
  const login = meeting.command(['auth', 'login', name, '--sign-in', 'browser'], [name])
  expect(await login.exit).toMatchObject({ code: 4 })
  expect(login.lines().join('\n')).toContain('redirects to another place, which is not followed')
  expect(elsewhere.requests).toEqual([])
})

test('M-02: an address that a shell would run is one argument, and nothing runs it', async () => {
  const opened = join(meeting.stage.world.folder, 'opened')
  const chat = meeting.chat(['M-02'], [], {
    env: { BROWSER: `${process.execPath} ${RECORDER} ${opened} %s` },
  })
  await panel(chat, 'Sign in to M-02')
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('printed above'))
  await expect.poll(() => readFile(opened, 'utf8').catch(() => '')).toMatch(/\n$/)
  const address = (await readFile(opened, 'utf8')).trim()
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/authorize\/[^\s"`]+\?[^\s"]+$/)
  await chat.until(() => chat.lines().includes(address))
  await chat.keys(KEY.escape)
  await goesOn(meeting, chat, ['M-02'])
  await expect(access(join(meeting.stage.world.work, 'RAN'))).rejects.toThrow()
})

test('C-06: a server that wants rights again that it has given: two more sign-ins at most, and the chat goes on', async () => {
  const chat = meeting.chat(['C-06'], ['--allow-tool', 'C-06'])
  const signIns = () => count(unwrapped(chat), '✓ signed in to C-06')
  await panel(chat, 'Sign in to C-06')
  await chat.keys('b')
  await chat.until(() => signIns() === 1)
  await say(chat, 'CALL whoami {}')
  for (const times of [2, 3]) {
    await panel(chat, 'C-06 asks for more rights')
    await chat.keys('b')
    await chat.until(() => signIns() === times)
  }
  await chat.until(() => count(unwrapped(chat), '✗ C-06 · whoami') === 1)
  await say(chat, 'CALL whoami {"again":true}')
  await chat.until(() => count(unwrapped(chat), '✗ C-06 · whoami') === 2)
  await chat.until(() =>
    unwrapped(chat).includes('keeps asking for rights that you were already asked about. /login C-06'),
  )
  await prompted(chat)
  expect(signIns()).toBe(3)
  expect(meeting.at('C-06').requests.filter(({ path }) => path === '/authorize')).toHaveLength(3)
  await leave(chat)
})
