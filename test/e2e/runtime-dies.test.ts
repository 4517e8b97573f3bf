import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { killRuntime, revive } from '../support/dead-runtime.ts'
import { linePerson } from '../support/lines.ts'
import { composer, count, leave, prompted, say, unwrapped } from '../support/person.ts'
import { runtimeOf } from '../support/processes.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))

async function open(...args: readonly string[]): Promise<TestTerminal> {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', ...args])
  await prompted(chat)
  return chat
}

describe('the runtime is killed', () => {
  test('at rest, twice: transcript and text stay, Enter starts it again, the session goes on', async () => {
    const chat = await open()
    await say(chat, 'SAY before')
    await sees(chat, '\nbefore')
    await chat.keys('half a tho')
    await chat.until(() => composer(chat) === 'half a tho')
    await killRuntime(chat)
    expect(composer(chat)).toBe('half a tho')
    expect(unwrapped(chat)).toContain(
      '○ Enter starts it again and goes on with this session; Ctrl+C twice leaves',
    )
    await revive(chat)
    await chat.until(() => composer(chat) === 'half a tho')
    await killRuntime(chat, 2)
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

  test('commands that would wait for it say so; what /now is given is not sent by itself later', async () => {
    const chat = await open()
    await say(chat, 'SAY before')
    await sees(chat, '\nbefore')
    await killRuntime(chat)
    for (const [at, command] of ['/compact', '/new'].entries()) {
      await say(chat, command)
      const line = '! the Copilot runtime has stopped: try again when it runs (Enter starts it)'
      await chat.until(() => count(unwrapped(chat), line) === at + 1)
    }
    await say(chat, '/now SAY steered')
    await chat.until(() => composer(chat) === 'SAY steered')
    await sees(chat, '✓ the Copilot runtime runs again')
    // What comes after it would come after the turn that it had begun.
    await chat.keys('\u0015')
    await say(chat, 'SAY after')
    await sees(chat, '\nafter')
    expect(unwrapped(chat)).not.toContain('› SAY steered')
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
})
