import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { start } from '../support/ended.ts'
import { KEY } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const asked = (text: string) => stage.world.model.requests.some(({ prompt }) => prompt === text)
const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]

describe('P-04 a chat', () => {
  test.each([
    ['in a window without a size', 'stty cols 0 rows 0', true],
    ['in a window of one cell', 'stty cols 1 rows 1', true],
    ['in a window of one column', 'stty cols 1 rows 50', true],
    ['in a window of one row', 'stty cols 500 rows 1', true],
    ['in a window of 2000 columns and 500 rows', 'stty cols 2000 rows 500', true],
    ['where TERM is not set', 'unset TERM', true],
    ['where TERM is dumb', 'TERM=dumb', false],
    ['where CI is set', 'export CI=true', true],
  ])('%s: a message is answered, and a signal gives the terminal back', async (_where, shell, screen) => {
    stage = await openStage({ keychain: false })
    const started = await start(stage, ['chat'], { shell })
    const { chat } = started
    await chat.until(() => chat.raw().includes(screen ? '\u001b[?2004h' : 'twice it leaves.'))
    await chat.keys('SAY hello')
    await chat.keys(KEY.enter)
    await chat.until(() => asked('SAY hello'))
    await chat.until(() => chat.lines().includes('hello'))
    started.look()
    process.kill(started.pid(), 'SIGTERM')
    await started.ended(143)
    if (!screen) expect(chat.raw()).not.toContain('\u001b')
  })
})

test('P-04 without a terminal nobody is asked: exit 4, and what to run; in CI too', async () => {
  stage = await openStage({ keychain: false })
  for (const env of [{}, { CI: 'true' }, { TERM: undefined }, { TERM: 'dumb' }]) {
    const { code, stdout, stderr } = await stage.run(['chat', ...notes()], { stdin: 'CALL whoami {}', env })
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(stderr).toContain(`Run: copilot-host auth login ${stage.world.mcp.url}`)
  }
})
