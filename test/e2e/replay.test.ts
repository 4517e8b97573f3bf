import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { leave, restored } from '../support/person.ts'

let stage: Stage
afterEach(() => stage.close())

const SAID = 'SAY one two three four five six seven eight nine ten'

async function openTold(): Promise<void> {
  stage = await openStage({ keychain: false })
  await stage.run(['chat', '-p', 'CALL bash {"command":"echo hello","description":"d"}', '--allow-all-tools'])
  await stage.run(['chat', '--continue', '-p', SAID])
}

test.each(['instant', '1000'])(
  'replay --speed %s: the session as it looked, then the terminal is given back',
  async speed => {
    await openTold()
    const before = await stage.run(['sessions', 'show'])
    const asked = stage.world.model.requests.length
    const replay = stage.open(['replay', '--speed', speed])
    await replay.until(() => replay.screen().includes('the session ends here'))
    expect((await replay.exit).code).toBe(0)
    restored(replay)
    const text = replay.lines().join('\n')
    expect(text).toMatch(/● bash {2}command=echo hello/)
    expect(text).toContain(`› ${SAID}`)
    expect(text.split('\n').filter(line => line === SAID.slice(4))).toHaveLength(1)
    expect(stage.world.model.requests).toHaveLength(asked)
    expect(await stage.run(['sessions', 'show'])).toEqual(before)
  },
)

test('redacted, without a terminal, left in the middle, and wrong speeds', async () => {
  await openTold()
  const printed = await stage.run(['replay', '--redact'])
  expect(printed.code).toBe(0)
  expect(printed.stdout).toContain('● bash  [redacted]')
  expect(printed.stdout).not.toContain('● bash  command')

  const slow = stage.open(['replay', '--speed', '0.1'])
  await slow.until(() => slow.screen().includes('CALL bash'))
  await leave(slow)

  for (const speed of ['0', 'fast', '-1', '1e9', 'NaN']) {
    const refused = await stage.run(['replay', '--speed', speed])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('between 0.1 and 1000') })
  }
  expect((await stage.run(['replay', 'nothing'])).code).toBe(1)
})
