import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { visit } from '../../demo/browser.ts'
import { openStage, type RunOptions, type Stage } from '../support/chat.ts'
import { filesLeft } from '../support/ended.ts'
import { leaveLines } from '../support/lines.ts'
import { composer, count, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const HOOK = fileURLToPath(new URL('../support/shifting-clock.js', import.meta.url))
const HOUR = 3_600_000

let stage: Stage
afterEach(() => stage.close())

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))
const shifted = (ms: number): RunOptions => ({ env: { NODE_OPTIONS: `--import=${HOOK}`, SHIFT: String(ms) } })
const codeOn = (chat: TestTerminal) => /[A-Z]{4}-[A-Z]{4}/.exec(chat.screen())?.[0]
const polls = () =>
  stage.world.authorizationServer.requests.filter(({ endpoint }) => endpoint === 'token').length

async function open(args: readonly string[], ms: number): Promise<TestTerminal> {
  stage = await openStage()
  return stage.open([...args, '--mcp', `notes=${stage.world.mcp.url}`], shifted(ms))
}

function set(chat: TestTerminal): void {
  chat.kill('SIGUSR2')
}

/** Nothing has less than no time. */
function noNegativeTime(chat: TestTerminal): void {
  expect(chat.raw()).not.toMatch(/-\d+(?::\d\d|\.\d+s|s|m|h| s| ms| min)\b|NaN/)
}

describe.each([
  ['forward', HOUR],
  ['back', -HOUR],
])('the clock is put %s by an hour', (_way, ms) => {
  test('while a device code is shown: it still counts', async () => {
    const chat = await open(['chat'], ms)
    await panel(chat, 'Sign in to notes')
    await chat.keys('d')
    await chat.until(() => codeOn(chat))
    const before = polls()
    set(chat)
    await chat.until(() => polls() >= before + 2)
    const code = codeOn(chat) ?? ''
    await visit(stage.world.authorizationServer.devicePage, { code, as: 'ada@example.com' })
    await sees(chat, 'signed in to notes')
    noNegativeTime(chat)
    await leave(chat)
  })

  test('P-06 D-06 while the program sleeps with a code on the screen: it still counts', async () => {
    const chat = await open(['chat'], ms)
    await panel(chat, 'Sign in to notes')
    await chat.keys('d')
    await chat.until(() => codeOn(chat))
    const code = codeOn(chat) ?? ''
    chat.kill('SIGSTOP')
    set(chat)
    await visit(stage.world.authorizationServer.devicePage, { code, as: 'ada@example.com' })
    chat.kill('SIGCONT')
    await sees(chat, 'signed in to notes')
    noNegativeTime(chat)
    await leave(chat)
  })

  test('signed in: calls go on, with one renewal at most', async () => {
    const chat = await open(['chat', '--allow-tool', 'notes'], ms)
    await panel(chat, 'Sign in to notes')
    await chat.keys('d')
    await chat.until(() => codeOn(chat))
    await visit(stage.world.authorizationServer.devicePage, {
      code: codeOn(chat) ?? '',
      as: 'ada@example.com',
    })
    await sees(chat, 'signed in to notes')
    for (const round of [1, 2]) {
      set(chat)
      await say(chat, `CALL whoami {"round":${round}}`)
      await chat.until(() => count(unwrapped(chat), '\nYou are signed in as Ada') === round)
    }
    expect(stage.world.authorizationServer.count('token', 'refresh_token')).toBeLessThanOrEqual(2)
    noNegativeTime(chat)
    await leave(chat)
    expect(filesLeft(stage)).toEqual([])
  })

  test('keys: Ctrl+C twice leaves, on the screen and in plain lines', async () => {
    const chat = await open(['chat', '--sign-in', 'never'], ms)
    await prompted(chat)
    await chat.keys(KEY.ctrlC)
    await chat.until(() => chat.screen().includes('again to leave'))
    set(chat)
    await chat.keys('typed')
    await chat.until(() => composer(chat) === 'typed')
    await chat.keys('\u0015')
    await chat.until(() => !chat.screen().includes('again to leave'))
    await leave(chat)
    const plain = stage.open(['chat', '--plain'], shifted(ms))
    await plain.until(() => plain.raw().includes('twice it leaves.'))
    await plain.keys(KEY.ctrlC)
    await plain.until(() => plain.raw().includes('again leaves.'))
    set(plain)
    await leaveLines(plain)
  })
})
