import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { findRuntime } from '../../src/runtime/find.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { killRuntime, leaveDead, revive } from '../support/dead-runtime.ts'
import { composer, count, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
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

describe('the runtime is killed', () => {
  test('in a streaming reply: what waited is given back, in front of what is typed', async () => {
    const chat = await open()
    await say(chat, 'STREAM n=100000 r=20 id=a')
    await sees(chat, 'wa-3 ')
    await say(chat, 'SAY queued')
    await chat.until(() => chat.screen().includes('› SAY queued  queued'))
    await chat.keys('half')
    await chat.until(() => composer(chat) === 'half')
    await killRuntime(chat)
    await chat.until(() => chat.screen().includes('› SAY queued\n  half'))
    await revive(chat)
    await chat.keys(KEY.enter)
    await sees(chat, '\nqueued')
    await leave(chat)
  })

  test('with an effort chosen for the configured model: it is the same one afterwards', async () => {
    const chat = await open()
    await say(chat, '/model practice-model low')
    await chat.until(() => chat.screen().includes('practice-model (low) · '))
    await say(chat, 'SAY stored')
    await sees(chat, '\nstored')
    await killRuntime(chat)
    await revive(chat)
    await say(chat, 'SAY again')
    await sees(chat, '\nagain')
    await chat.until(() => chat.screen().includes('practice-model (low) · '))
    await leave(chat)
  })

  test('in a tool call, and at a question whether one may run: rows are marked, the panel closes; leaving exits 3', async () => {
    const chat = await open()
    const sleep = 'CALL bash {"command":"sleep 60","description":"wait"}'
    await say(chat, sleep)
    await panel(chat, 'y once')
    await killRuntime(chat)
    await chat.until(() => !chat.screen().includes('y once'))
    await revive(chat)
    await say(chat, sleep)
    await panel(chat, 'y once')
    await chat.keys('y')
    await sees(chat, '○ bash  command=sleep 60')
    await killRuntime(chat, 2)
    await sees(chat, 'command=sleep 60 description=wait  cancelled')
    await leaveDead(chat)
  })

  test('in a sign-in: the panel closes, and is there again; what was signed in to stays so', async () => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat', ...notes(), '--allow-tool', 'notes'], {
      env: { BROWSER: stage.browser() },
    })
    await panel(chat, 'Sign in to notes')
    await killRuntime(chat)
    await chat.until(() => !chat.screen().includes('Sign in to notes'))
    await revive(chat)
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await killRuntime(chat, 2)
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
    await killRuntime(chat)
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

  test('in a one-shot: one line, exit 3', async () => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat', '-p', 'STREAM n=100000 r=20 id=a'])
    await chat.until(() => stage.world.model.requests.length > 0)
    process.kill(runtimeOf(chat.pid), 'SIGKILL')
    expect((await chat.exit).code).toBe(3)
    expect(unwrapped(chat)).toContain('the Copilot runtime stopped (SIGKILL)')
  })

  test('it hangs in a turn (SIGSTOP): found out by a sign of life that does not come, and the same key', async () => {
    const chat = await open()
    await say(chat, 'STREAM n=100000 r=20 id=a')
    await sees(chat, 'wa-3 ')
    process.kill(runtimeOf(chat.pid), 'SIGSTOP')
    await chat.until(() => unwrapped(chat).includes('✗ the Copilot runtime stopped answering'), 55_000)
    await revive(chat)
    await say(chat, 'SAY after')
    await sees(chat, '\nafter')
    await leave(chat)
  })

  test('it works for long without a word: nothing is told', async () => {
    const chat = await open('--allow-all-tools')
    await say(chat, 'CALL bash {"command":"sleep 25","description":"wait"}')
    await chat.until(() => chat.screen().includes('bash'))
    await chat.until(() => !chat.screen().includes('working…'), 50_000)
    expect(unwrapped(chat)).not.toContain('stopped answering')
    await leave(chat)
  })
})
