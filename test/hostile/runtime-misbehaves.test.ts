import { existsSync, readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { leaveDead } from '../support/dead-runtime.ts'
import { type FakeChats, goesOn, openFakeChats } from '../support/fake-chat.ts'
import { SOON } from '../support/patience.ts'
import { composer, count, leave, panel, prompted, restored, say, unwrapped } from '../support/person.ts'
import { listening } from '../support/processes.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const RECORDER = fileURLToPath(new URL('../support/record-address.js', import.meta.url))

let chats: FakeChats
beforeEach(async () => {
  chats = await openFakeChats()
})
afterEach(() => chats.close())

const notes = () => ['--mcp', `notes=${chats.stage.world.mcp.url}`]
const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))

/** The access tokens that the runtime was answered with, in order. */
function tokens(): unknown[] {
  const answers = chats.heard().filter(({ method }) => method === 'session.mcp.oauth.handlePendingRequest')
  return answers.map(({ params: { result } }) => Object(result).accessToken)
}

describe('at start: exit 3, one line that says what and where', () => {
  const FIRST = [
    ['J-01', 'exit-at-start', 'could not start: code 3: cannot read token [secret]'],
    ['J-02', 'wrong-version', '(9.9.9) speaks protocol 4, this program speaks 3'],
    ['J-15', 'noise-at-start', 'what answered is not a Copilot runtime'],
  ] as const

  test.each(FIRST)('%s %s', async (_id, scenario, words) => {
    const once = await chats.stage.run(['chat', '-p', 'x'], { env: chats.env(scenario) })
    expect(once).toMatchObject({ code: 3, stdout: '' })
    expect(once.stderr.trim().split('\n')).toEqual([expect.stringContaining(words)])
    const chat = chats.open(scenario)
    expect((await chat.exit).code).toBe(3)
    expect(chat.lines().join('')).toContain(words.slice(0, 30))
    restored(chat)
  })

  test('J-02 missing; not executable; what was typed meanwhile is not lost', async () => {
    const file = join(chats.stage.world.work, 'runtime')
    const run = () => chats.stage.run(['chat', '-p', 'x'], { env: { COPILOT_CLI_PATH: file } })
    expect(await run()).toMatchObject({ code: 3, stderr: expect.stringContaining(file) })
    await writeFile(file, '')
    expect(await run()).toMatchObject({ code: 3, stderr: expect.stringContaining('EACCES') })
    const go = join(chats.stage.world.work, 'go')
    await writeFile(file, `#!/bin/sh\nuntil [ -e '${go}' ]; do sleep 0.05; done\nexit 7\n`)
    await chmod(file, 0o755)
    const chat = chats.stage.open(['chat'], { env: { COPILOT_CLI_PATH: file } })
    await say(chat, 'early')
    await chat.until(() => composer(chat) === '')
    await writeFile(go, '')
    expect((await chat.exit).code).toBe(3)
    expect(chat.lines().join('\n')).toContain('not sent: early')
  })

  test('one that never answers does not hold up who leaves', async () => {
    const chat = chats.open('mute')
    await prompted(chat)
    const since = performance.now()
    await leave(chat)
    expect(performance.now() - since).toBeLessThan(SOON)
  })

  test('J-06 half a frame and then silence: told after its deadline, exit 3', async () => {
    const chat = chats.open('partial-frame')
    await prompted(chat)
    await chat.until(() => unwrapped(chat).includes('the Copilot runtime stopped answering'))
    expect((await chat.exit).code).toBe(3)
  })
})

describe('in between: skipped, and the chat goes on', () => {
  test.each([
    ['J-05', 'bad-json', {}],
    ['J-05', 'bad-utf8', {}],
    ['J-05', 'bad-header', {}],
    ['J-07', 'negative-length', {}],
    ['J-07', 'huge-length', {}],
    ['J-08', 'oversize-event', { count: 64 }],
    ['J-09', 'unknown-events', {}],
    ['J-12', 'answer-twice', {}],
    ['J-02', 'server-assigned-id', {}],
  ])('%s %s', async (_id, scenario, args) => {
    const chat = chats.open(scenario, args)
    await goesOn(chat)
    expect(unwrapped(chat)).not.toMatch(/✗|\[31m/)
    await leave(chat)
  })
})

test('times of sessions that are none reach no terminal as they are, also as JSON', async () => {
  const time = '2026-01-01\u009b2J\u202e'
  const sessions = [{ sessionId: 'one', startTime: time, modifiedTime: time, context: { cwd: '/a' } }]
  const env = chats.env('fine', { answers: { 'session.list': { result: { sessions } } } })
  const { code, stdout } = await chats.stage.run(['sessions', 'list', '--json'], { env })
  expect(code).toBe(0)
  expect(stdout).not.toMatch(/[\u009b\u202e]/)
  expect(JSON.parse(stdout)).toEqual([{ id: 'one', name: '', started: time, modified: time, folder: '/a' }])
})

test('J-09 a request of the runtime that nobody knows is answered so', async () => {
  const METHOD_NOT_FOUND = -32601
  const chat = chats.open('unknown-events')
  await goesOn(chat)
  await chat.until(() => chats.heard().some(said => 'answer' in said))
  expect(chats.heard().filter(said => 'answer' in said)).toEqual([{ answer: METHOD_NOT_FOUND }])
  await leave(chat)
})

describe('in a sign-in', () => {
  test.each([
    ['J-03', 'crash-mid-auth', 'SIGKILL'],
    ['J-04', 'exit-mid-auth', 'code 7'],
  ])('%s %s: the panel closes, Enter tries again; leaving exits 3', async (_id, scenario, how) => {
    const chat = chats.open(scenario, {}, notes())
    await panel(chat, 'Sign in to notes')
    chats.fail(chat)
    await sees(chat, `✗ the Copilot runtime stopped (${how})`)
    await prompted(chat)
    await chat.keys(KEY.enter)
    await panel(chat, 'Sign in to notes')
    chats.fail(chat)
    await chat.until(() => count(unwrapped(chat), `stopped (${how})`) === 2)
    await prompted(chat)
    await leaveDead(chat)
  })

  test.each([
    ['J-03', 'crash-mid-auth', 'SIGKILL'],
    ['J-04', 'exit-mid-auth', 'code 7'],
  ])(
    '%s %s, the page open in the browser: nothing listens for its redirect any more',
    async (_id, scenario, how) => {
      const file = join(chats.stage.world.folder, 'page.txt')
      const env = {
        ...chats.env(scenario),
        BROWSER: `${process.execPath} ${RECORDER} ${file} %s`,
      }
      const chat = chats.stage.open(['chat', ...notes()], { env })
      await panel(chat, 'Sign in to notes')
      await chat.keys('b')
      await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toMatch(/\n$/)
      const { searchParams } = new URL(readFileSync(file, 'utf8').trim())
      const port = Number(new URL(searchParams.get('redirect_uri') ?? '').port)
      expect(listening(chat.pid)).toContain(port)
      chats.fail(chat)
      await sees(chat, `✗ the Copilot runtime stopped (${how})`)
      await expect.poll(() => listening(chat.pid)).toEqual([])
      await prompted(chat)
      await leaveDead(chat)
    },
  )

  test('J-10 odd requests: an unknown reason is signed in to, addresses and metadata of no use are cancelled, the rest is left out', async () => {
    const chat = chats.open('odd-request', { url: chats.stage.world.mcp.url })
    await panel(chat, 'Sign in to reason')
    expect(chat.screen()).toContain('The server asks you to sign in again.')
    await chat.keys('b')
    await sees(chat, 'signed in to reason')
    await sees(chat, 'metadata: no usable document')
    await goesOn(chat)
    const answers = chats.answers().toSorted()
    expect(answers).toEqual(['file-url cancelled', 'odd-metadata cancelled', 'odd-reason token'])
    expect(unwrapped(chat)).not.toContain('/etc/passwd')
    await leave(chat)
  })

  test('J-11 completed before it was answered: the panel closes, nothing is sent', async () => {
    const chat = chats.open('completed-first', {}, notes())
    await panel(chat, 'Sign in to notes')
    chats.fail(chat)
    await sees(chat, 'no longer needed')
    await goesOn(chat)
    expect(chats.answers()).toEqual([])
    await leave(chat)
  })

  test.each(['answer-refused', 'answer-error'])(
    'J-12 %s: the token stays, and is what the next chat answers with',
    async scenario => {
      const args = [...notes(), '--token-store', 'file']
      const chat = chats.open(scenario, {}, args)
      await panel(chat, 'Sign in to notes')
      await chat.keys('b')
      await sees(chat, 'signed in to notes')
      await sees(chat, 'the runtime no longer waited; the sign-in will be used next time')
      await goesOn(chat)
      expect(chats.answers()).toHaveLength(1)
      await leave(chat)

      const next = chats.open('auth', {}, args)
      await next.until(() => chats.answers().length === 2)
      await goesOn(next)
      expect(unwrapped(next)).not.toContain('Sign in to notes')
      const [first, second] = tokens()
      expect(first).toMatch(/./)
      expect(second).toBe(first)
      await leave(next)
    },
  )

  test('C-01 two requests for one server at once: one sign-in, both get its token', async () => {
    const { mcp, authorizationServer } = chats.stage.world
    const requests = ['first', 'second'].map(requestId => ({
      ...{ requestId, serverName: 'notes', serverUrl: mcp.url, reason: 'initial' },
    }))
    const chat = chats.open('auth', { requests }, notes())
    await panel(chat, 'Sign in to notes')
    expect(chat.screen()).not.toContain('1 of 2')
    await chat.keys('b')
    await chat.until(() => chats.answers().length === 2)
    await goesOn(chat)
    expect(chats.answers().toSorted()).toEqual(['first token', 'second token'])
    const [first, second] = tokens()
    expect(first).toMatch(/./)
    expect(second).toBe(first)
    expect(authorizationServer.count('token')).toBe(1)
    expect(count(unwrapped(chat), 'signed in to notes')).toBe(1)
    await leave(chat)
  })

  test('J-13 the answer is never confirmed: the chat is not held up', async () => {
    const args = { answers: { 'session.mcp.oauth.handlePendingRequest': 'none' } }
    const chat = chats.open('auth', args, notes())
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await say(chat, 'hello')
    await chat.until(() => chat.screen().includes('› hello  queued'))
    await chat.keys(KEY.escape)
    await chat.until(() => composer(chat) === 'hello')
    expect(chats.answers()).toHaveLength(1)
    await leave(chat)
  })

  test('J-14 a storm of fifty: one panel, the others are counted, X ends all; each is answered once', async () => {
    const issuer = chats.stage.world.authorizationServer.issuer
    const requests = Array.from({ length: 50 }, (_, at) => {
      const serverUrl = `${chats.stage.world.mcp.url}/${at}`
      const resourceMetadata = JSON.stringify({ resource: serverUrl, authorization_servers: [issuer] })
      return { requestId: `r${at}`, serverName: `s${at}`, serverUrl, reason: 'initial', resourceMetadata }
    })
    const chat = chats.open('auth', { requests })
    await panel(chat, '1 of 50')
    await chat.keys(KEY.escape)
    await panel(chat, '2 of 50')
    await chat.keys('X')
    await chat.until(() => chats.answers().length === 50)
    await goesOn(chat)
    expect(new Set(chats.answers()).size).toBe(50)
    expect(chats.answers().every(answer => answer.endsWith('cancelled'))).toBe(true)
    await leave(chat)
  })

  test('J-14 a storm of servers that cannot be reached: each is answered once, the keys stay alive', async () => {
    const chat = chats.open('storm')
    await prompted(chat)
    await chat.until(() => chats.answers().length === 50)
    await goesOn(chat)
    expect(new Set(chats.answers()).size).toBe(50)
    await leave(chat)
  })

  test('one id for two servers: the first is asked about, the second gets nothing', async () => {
    const request = (serverName: string, serverUrl: string) => ({
      ...{ requestId: 'same', reason: 'initial' },
      ...{ serverName, serverUrl },
    })
    const requests = [
      request('notes', chats.stage.world.mcp.url),
      request('evil', 'https://evil.example.com/mcp'),
    ]
    const chat = chats.open('auth', { requests }, notes())
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await goesOn(chat)
    expect(chats.answers()).toEqual(['same token'])
    expect(unwrapped(chat)).not.toContain('evil')
    await leave(chat)
  })
})
