import { existsSync, readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { leaveDead } from '../support/dead-runtime.ts'
import { FAKE } from '../support/fake.ts'
import { temporaryFolder } from '../support/folder.ts'
import { composer, count, leave, panel, prompted, restored, say, unwrapped } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
let heard: string
beforeEach(async () => {
  // The fake runtime writes down what it is sent, tokens included: not among the files of the program.
  heard = join(await temporaryFolder(), 'heard.jsonl')
  stage = await openStage({ keychain: false })
})
afterEach(() => stage.close())

const fake = (scenario: string, args: object = {}) => ({
  COPILOT_CLI_PATH: FAKE,
  FAKE_RUNTIME: scenario,
  FAKE_RUNTIME_ARGS: JSON.stringify(args),
  FAKE_RUNTIME_LOG: heard,
  BROWSER: stage.browser(),
})
const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]

function open(scenario: string, args: object = {}, servers: readonly string[] = []): TestTerminal {
  return stage.open(['chat', ...servers], { env: fake(scenario, args) })
}

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))

/** What the host has answered to sign-in requests: ids, and how. */
function answers(): string[] {
  if (!existsSync(heard)) return []
  const messages = readFileSync(heard, 'utf8').split('\n').filter(Boolean)
  return messages
    .map(line => JSON.parse(line))
    .filter(({ method }) => method === 'session.mcp.oauth.handlePendingRequest')
    .map(({ params }) => `${params.requestId} ${params.result.kind}`)
}

/** The chat is alive: a message gets its answer. The host has never had more than 300 MiB. */
async function goesOn(chat: TestTerminal, times = 1): Promise<void> {
  await say(chat, 'hello')
  await chat.until(() => count(unwrapped(chat), '\nfake reply') === times, 30_000)
  expect(mostMemory(chat.pid)).toBeLessThan(300)
}

/** The most that a process has had in memory so far, in MiB (Linux). */
function mostMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

describe('at start: exit 3, one line that says what and where', () => {
  const FIRST = [
    ['J-01', 'exit-at-start', 'could not start: code 3: cannot read token [secret]'],
    ['J-02', 'wrong-version', '(9.9.9) speaks protocol 4, this program speaks 3'],
    ['J-15', 'noise-at-start', 'what answered is not a Copilot runtime'],
  ] as const

  test.each(FIRST)('%s %s', async (_id, scenario, words) => {
    const once = await stage.run(['chat', '-p', 'x'], { env: fake(scenario) })
    expect(once).toMatchObject({ code: 3, stdout: '' })
    expect(once.stderr.trim().split('\n')).toEqual([expect.stringContaining(words)])
    const chat = open(scenario)
    expect((await chat.exit).code).toBe(3)
    expect(chat.lines().join('')).toContain(words.slice(0, 30))
    restored(chat)
  })

  test('J-02 missing; not executable; what was typed meanwhile is not lost', async () => {
    const file = join(stage.world.work, 'runtime')
    const run = () => stage.run(['chat', '-p', 'x'], { env: { COPILOT_CLI_PATH: file } })
    expect(await run()).toMatchObject({ code: 3, stderr: expect.stringContaining(file) })
    await writeFile(file, '')
    expect(await run()).toMatchObject({ code: 3, stderr: expect.stringContaining('EACCES') })
    await writeFile(file, '#!/bin/sh\nsleep 1\nexit 7\n')
    await chmod(file, 0o755)
    const chat = stage.open(['chat'], { env: { COPILOT_CLI_PATH: file } })
    await say(chat, 'early')
    expect((await chat.exit).code).toBe(3)
    expect(chat.lines().join('\n')).toContain('not sent: early')
  })

  test('one that never answers does not hold up who leaves', async () => {
    const chat = open('mute')
    await prompted(chat)
    const since = performance.now()
    await leave(chat)
    expect(performance.now() - since).toBeLessThan(8000)
  })

  test('J-06 half a frame and then silence: told after its deadline, exit 3', async () => {
    const chat = open('partial-frame')
    await prompted(chat)
    await chat.until(() => unwrapped(chat).includes('the Copilot runtime stopped answering'), 45_000)
    expect((await chat.exit).code).toBe(3)
  })
})

describe('in between: skipped, and the chat goes on', () => {
  test.each([
    ['J-05', 'bad-json', {}],
    ['J-05', 'bad-utf8', {}],
    ['J-05', 'bad-header', {}],
    ['J-07', 'negative-length', {}],
    ['J-08', 'oversize-event', { count: 64 }],
    ['J-09', 'unknown-events', {}],
    ['J-12', 'answer-twice', {}],
    ['J-02', 'server-assigned-id', {}],
  ])('%s %s', async (_id, scenario, args) => {
    const chat = open(scenario, args)
    await goesOn(chat)
    expect(unwrapped(chat)).not.toMatch(/✗|\[31m/)
    await leave(chat)
  })

  test('J-07 huge-length: a frame that never ends is refused, memory stays', async () => {
    const chat = open('huge-length')
    await chat.until(() => /stopped|fake reply/.test(unwrapped(chat)) || composer(chat) !== undefined)
    expect(mostMemory(chat.pid)).toBeLessThan(300)
    chat.kill('SIGTERM')
    expect((await chat.exit).code).toBe(143)
    restored(chat)
  })
})

describe('in a sign-in', () => {
  test.each([
    ['J-03', 'crash-mid-auth', 'SIGKILL'],
    ['J-04', 'exit-mid-auth', 'code 7'],
  ])('%s %s: the panel closes, Enter tries again; leaving exits 3', async (_id, scenario, how) => {
    const chat = open(scenario, { delay: 1500 }, notes())
    await panel(chat, 'Sign in to notes')
    await sees(chat, `✗ the Copilot runtime stopped (${how})`)
    await prompted(chat)
    await chat.keys(KEY.enter)
    await panel(chat, 'Sign in to notes')
    await chat.until(() => count(unwrapped(chat), `stopped (${how})`) === 2)
    await prompted(chat)
    await leaveDead(chat)
  })

  test('J-10 odd requests: who has an id is answered, the rest is left out', async () => {
    const chat = open('odd-request')
    await chat.until(() => /Sign in to|cannot|not/.test(chat.screen()))
    await chat.until(() => answers().includes('file-url cancelled'))
    await chat.until(() => chat.screen().includes('Sign in to') || answers().length >= 3)
    chat.kill('SIGTERM')
    expect((await chat.exit).code).toBe(143)
    expect(new Set(answers()).size).toBe(answers().length)
    expect(unwrapped(chat)).not.toContain('/etc/passwd')
  })

  test('J-11 completed before it was answered: the panel closes, nothing is sent', async () => {
    const chat = open('completed-first', { delay: 1500 }, notes())
    await panel(chat, 'Sign in to notes')
    await sees(chat, 'no longer needed')
    await goesOn(chat)
    expect(answers()).toEqual([])
    await leave(chat)
  })

  test.each(['answer-refused', 'answer-error'])('J-12 %s: the token stays', async scenario => {
    const chat = open(scenario, {}, notes())
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await sees(chat, 'the runtime no longer waited; the sign-in will be used next time')
    await goesOn(chat)
    expect(answers()).toHaveLength(1)
    await leave(chat)
  })

  test('J-13 the answer is never confirmed: the chat is not held up', async () => {
    const args = { answers: { 'session.mcp.oauth.handlePendingRequest': 'none' } }
    const chat = open('auth', args, notes())
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await say(chat, 'hello')
    await chat.until(() => chat.screen().includes('› hello  queued'))
    await chat.keys(KEY.escape)
    await chat.until(() => composer(chat) === 'hello')
    expect(answers()).toHaveLength(1)
    await leave(chat)
  })

  test('J-14 a storm of fifty: one panel, the others are counted, X ends all; each is answered once', async () => {
    const issuer = stage.world.authorizationServer.issuer
    const requests = Array.from({ length: 50 }, (_, at) => {
      const serverUrl = `${stage.world.mcp.url}/${at}`
      const resourceMetadata = JSON.stringify({ resource: serverUrl, authorization_servers: [issuer] })
      return { requestId: `r${at}`, serverName: `s${at}`, serverUrl, reason: 'initial', resourceMetadata }
    })
    const chat = open('auth', { requests })
    await panel(chat, '1 of 50')
    await chat.keys(KEY.escape)
    await panel(chat, '2 of 50')
    await chat.keys('X')
    await chat.until(() => answers().length === 50)
    await goesOn(chat)
    expect(new Set(answers()).size).toBe(50)
    expect(answers().every(answer => answer.endsWith('cancelled'))).toBe(true)
    await leave(chat)
  })

  test('J-14 a storm of servers that cannot be reached: each is answered once, the keys stay alive', async () => {
    const chat = open('storm')
    await prompted(chat)
    await chat.until(() => answers().length === 50)
    await goesOn(chat)
    expect(new Set(answers()).size).toBe(50)
    await leave(chat)
  })

  test('one id for two servers: the first is asked about, the second gets nothing', async () => {
    const request = (serverName: string, serverUrl: string) => ({
      ...{ requestId: 'same', reason: 'initial' },
      ...{ serverName, serverUrl },
    })
    const requests = [request('notes', stage.world.mcp.url), request('evil', 'https://evil.example.com/mcp')]
    const chat = open('auth', { requests }, notes())
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await goesOn(chat)
    expect(answers()).toEqual(['same token'])
    expect(unwrapped(chat)).not.toContain('evil')
    await leave(chat)
  })
})
