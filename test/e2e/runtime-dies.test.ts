import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { findRuntime } from '../../src/runtime/find.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { linePerson } from '../support/lines.ts'
import { composer, count, leave, panel, prompted, restored, say, unwrapped } from '../support/person.ts'
import { runtimeOf } from '../support/processes.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))
const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]

async function open(...args: readonly string[]): Promise<TestTerminal> {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', ...args])
  await prompted(chat)
  return chat
}

async function murder(chat: TestTerminal, times = 1): Promise<void> {
  process.kill(runtimeOf(chat.pid), 'SIGKILL')
  await chat.until(() => count(unwrapped(chat), '✗ the Copilot runtime stopped (SIGKILL)') === times)
  await chat.until(() => chat.screen().includes('stopped · Enter starts it again'))
}

/** Enter, and the session goes on: the model knows what was said. */
async function revive(chat: TestTerminal, times = 1): Promise<void> {
  await chat.keys(KEY.enter)
  await chat.until(() => count(unwrapped(chat), '✓ the Copilot runtime runs again') === times)
}

/** Two Ctrl+C; the terminal is as it was. */
async function leaveDead(chat: TestTerminal): Promise<void> {
  await chat.keys(KEY.ctrlC)
  await chat.until(() => chat.screen().includes('again to leave'))
  await chat.keys(KEY.ctrlC)
  expect((await chat.exit).code).toBe(3)
  restored(chat)
}

describe('the runtime is killed', () => {
  test('at rest, twice: transcript and text stay, Enter starts it again, the session goes on', async () => {
    const chat = await open()
    await say(chat, 'SAY before')
    await sees(chat, '\nbefore')
    await chat.keys('half a tho')
    await chat.until(() => composer(chat) === 'half a tho')
    await murder(chat)
    expect(composer(chat)).toBe('half a tho')
    expect(unwrapped(chat)).toContain(
      '○ Enter starts it again and goes on with this session; Ctrl+C twice leaves',
    )
    await revive(chat)
    await chat.until(() => composer(chat) === 'half a tho')
    await murder(chat, 2)
    await revive(chat, 2)
    await chat.keys('\u0015')
    await say(chat, 'SAY after')
    await sees(chat, '\nafter')
    expect(count(unwrapped(chat), '› SAY before')).toBe(1)
    // One session, which the model knows whole.
    expect(JSON.stringify(stage.world.model.requests.at(-1))).toContain('SAY after')
    expect(await stage.run(['sessions']).then(({ stdout }) => stdout.trim().split('\n'))).toHaveLength(1)
    await leave(chat)
  })

  test('in a streaming reply: what waited is given back, in front of what is typed', async () => {
    const chat = await open()
    await say(chat, 'STREAM n=100000 r=20 id=a')
    await sees(chat, 'wa-3 ')
    await say(chat, 'SAY queued')
    await chat.until(() => chat.screen().includes('› SAY queued  queued'))
    await chat.keys('half')
    await chat.until(() => composer(chat) === 'half')
    await murder(chat)
    await chat.until(() => chat.screen().includes('› SAY queued\n  half'))
    await revive(chat)
    await chat.keys(KEY.enter)
    await sees(chat, '\nqueued')
    await leave(chat)
  })

  test('in a tool call, and at a question whether one may run: rows are marked, the panel closes; leaving exits 3', async () => {
    const chat = await open()
    const sleep = 'CALL bash {"command":"sleep 60","description":"wait"}'
    await say(chat, sleep)
    await panel(chat, 'y once')
    await murder(chat)
    await chat.until(() => !chat.screen().includes('y once'))
    await revive(chat)
    await say(chat, sleep)
    await panel(chat, 'y once')
    await chat.keys('y')
    await sees(chat, '○ bash  command=sleep 60')
    await murder(chat, 2)
    await sees(chat, 'command=sleep 60 description=wait  cancelled')
    await leaveDead(chat)
  })

  test('in a sign-in: the panel closes, and is there again; what was signed in to stays so', async () => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat', ...notes(), '--allow-tool', 'notes'], {
      env: { BROWSER: stage.browser() },
    })
    await panel(chat, 'Sign in to notes')
    await murder(chat)
    await chat.until(() => !chat.screen().includes('Sign in to notes'))
    await revive(chat)
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await murder(chat, 2)
    await revive(chat, 2)
    await say(chat, 'CALL whoami {}')
    await sees(chat, 'You are signed in as Ada')
    await leave(chat)
  })

  test('and cannot start again: one line each time, until it can; a command still works', async () => {
    stage = await openStage({ keychain: false })
    const from = findRuntime(undefined, process.execPath).command
    const path = join(stage.world.work, 'copilot-runtime')
    await symlink(from, path)
    const chat = stage.open(['chat'], { env: { COPILOT_CLI_PATH: path } })
    await prompted(chat)
    await say(chat, 'SAY before')
    await sees(chat, '\nbefore')
    await rm(path)
    await murder(chat)
    for (const times of [1, 2]) {
      await chat.keys(KEY.enter)
      await chat.until(() => count(unwrapped(chat), '✗ the Copilot runtime was not found') === times)
    }
    await say(chat, '/sessions')
    await sees(chat, '! the Copilot runtime was not found')
    await symlink(from, path)
    await revive(chat)
    await say(chat, 'SAY after')
    await sees(chat, '\nafter')
    await leave(chat)
  })

  test('in plain lines: an empty line starts it again', async () => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat', '--plain'])
    const person = linePerson(chat)
    await person.hear('Type a message')
    await person.say('SAY before')
    await person.hear('ready')
    process.kill(runtimeOf(chat.pid), 'SIGKILL')
    await person.hear('error: the Copilot runtime stopped (SIGKILL)')
    await person.hear('Enter starts it again')
    await person.say('')
    await person.hear('the Copilot runtime runs again')
    await person.say('SAY after')
    await person.hear('\nafter')
    await person.hear('ready')
    process.kill(runtimeOf(chat.pid), 'SIGKILL')
    await person.hear('Enter starts it again')
    await person.say('SAY kept')
    await person.hear('not sent: SAY kept')
    await person.hear('runs again')
    await person.say('/send')
    await person.hear('\nkept')
    await person.hear('ready')
    process.kill(runtimeOf(chat.pid), 'SIGKILL')
    await person.hear('Enter starts it again')
    await chat.keys(KEY.ctrlD)
    expect((await chat.exit).code).toBe(3)
  })

  test('in a one-shot: one line, exit 3', async () => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat', '-p', 'STREAM n=100000 r=20 id=a'])
    await chat.until(() => stage.world.model.requests.length > 0)
    process.kill(runtimeOf(chat.pid), 'SIGKILL')
    expect((await chat.exit).code).toBe(3)
    expect(unwrapped(chat)).toContain('the Copilot runtime stopped (SIGKILL)')
  })
})
