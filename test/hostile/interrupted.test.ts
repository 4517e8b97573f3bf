import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { leaveLines, linePerson } from '../support/lines.ts'
import { composer, count, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
import { runtimeOf } from '../support/processes.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const SLEEP = 'CALL bash {"command":"sleep 60","description":"wait"}'

let stage: Stage
afterEach(() => stage.close())

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))
const status = (chat: TestTerminal) => chat.screen().trimEnd().split('\n').at(-1) ?? ''
const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]

async function open(...args: readonly string[]): Promise<TestTerminal> {
  stage = await openStage({ keychain: false })
  return stage.open(['chat', ...args])
}

/** The host is gone without a word, and so is its runtime, once the log of the session tells of the call. */
async function murder(chat: TestTerminal): Promise<void> {
  const home = stage.place.env.COPILOT_HOME ?? ''
  const logged = () =>
    readdirSync(join(home, 'session-state'))
      .map(id => join(home, 'session-state', id, 'events.jsonl'))
      .some(file => existsSync(file) && readFileSync(file, 'utf8').includes('tool.execution_start'))
  await chat.until(logged)
  const runtime = runtimeOf(chat.pid)
  chat.kill('SIGKILL')
  await chat.exit
  process.kill(runtime, 'SIGKILL')
}

describe('an interrupt closes what is open', () => {
  test('while a permission is asked for: the panel closes, the row is marked', async () => {
    const chat = await open()
    await say(chat, SLEEP)
    await panel(chat, 'y once')
    // What is typed now is for the composer, and waits.
    await chat.keys('h', 'ello')
    await chat.until(() => composer(chat) === 'hello')
    await chat.keys(KEY.enter)
    await chat.until(() => chat.screen().includes('› hello  queued'))
    await panel(chat, 'y once')
    await chat.keys(KEY.ctrlC)
    await chat.until(() => !chat.screen().includes('y once'))
    await sees(chat, 'bash  command=sleep 60')
    await chat.until(() => !status(chat).includes('Esc stops'))
    await leave(chat)
  })

  test('while a sign-in is open in a tool call: withdrawn, nothing stays open, the next message goes', async () => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat', ...notes(), '--allow-tool', 'notes'], {
      env: { BROWSER: stage.browser() },
    })
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await say(chat, 'CALL whoami {}')
    await sees(chat, 'You are signed in as Ada')
    stage.world.authorizationServer.revokeAll()
    await say(chat, 'CALL whoami {"again":true}')
    await panel(chat, 'Sign in to notes')
    await chat.keys(KEY.ctrlC)
    await chat.until(() => !chat.screen().includes('Sign in to notes'))
    await chat.until(() => !status(chat).includes('Esc stops'))
    await say(chat, 'SAY after')
    await sees(chat, '\nafter')
    await leave(chat)
  })
})

describe('killed in the middle and resumed: nothing is asked again, rows are marked, the next message goes', () => {
  test('in a tool call', async () => {
    const chat = await open('--allow-all-tools')
    await say(chat, SLEEP)
    await sees(chat, '○ bash  command=sleep 60')
    await murder(chat)
    const again = stage.open(['resume'])
    await prompted(again)
    await sees(again, 'bash  command=sleep 60 description=wait  cancelled')
    expect(status(again)).not.toContain('working')
    await say(again, 'SAY goes on')
    await again.until(() => count(unwrapped(again), '\ngoes on') === 1)
    expect(count(unwrapped(again), 'command=sleep 60')).toBe(1)
    await leave(again)
  })

  test('in a permission question; and in plain lines', async () => {
    const chat = await open()
    await say(chat, SLEEP)
    await panel(chat, 'y once')
    await murder(chat)
    const again = stage.open(['resume'])
    await prompted(again)
    await sees(again, 'bash  command=sleep 60 description=wait  cancelled')
    await say(again, 'SAY goes on')
    await again.until(() => count(unwrapped(again), '\ngoes on') === 1)
    expect(again.raw()).not.toContain('y once')
    await leave(again)

    const lines = stage.open(['resume', '--plain'])
    const person = linePerson(lines)
    await person.hear('tool bash was cancelled')
    await person.hear('goes on')
    await person.say('SAY and on')
    await person.hear('ready')
    expect(lines.raw()).not.toContain('Choice')
    await leaveLines(lines)
  })

  test('in a sign-in of a tool call: asked for once, as at any start', async () => {
    stage = await openStage({ keychain: false })
    const env = { BROWSER: stage.browser() }
    const chat = stage.open(['chat', ...notes(), '--allow-tool', 'notes'], { env })
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await say(chat, 'CALL whoami {}')
    await sees(chat, 'You are signed in as Ada')
    // Behind a turn the server is asked for its tools once more; withdrawn in that very moment, the call is never made.
    await say(chat, 'SAY settled')
    await sees(chat, '\nsettled')
    stage.world.authorizationServer.revokeAll()
    await say(chat, 'CALL whoami {"again":true}')
    await panel(chat, 'Sign in to notes')
    await sees(chat, '○ notes · whoami  again=true')
    await murder(chat)
    const again = stage.open(['resume', ...notes(), '--allow-tool', 'notes'], { env })
    await panel(again, 'Sign in to notes')
    await sees(again, 'notes · whoami  again=true  cancelled')
    await again.keys('b')
    await sees(again, 'signed in to notes')
    await say(again, 'CALL whoami {"third":true}')
    await again.until(() => count(unwrapped(again), '● notes · whoami  third=true') === 1)
    await leave(again)
  })
})
