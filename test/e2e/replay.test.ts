import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more, some } from '../support/more.ts'
import { leave, restored, say } from '../support/person.ts'
import { KEY } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const SAID = 'SAY one two three four five six seven eight nine ten'

async function openTold(): Promise<void> {
  stage = await openStage({ keychain: false })
  await stage.run(['chat', '-p', 'CALL bash {"command":"echo hello","description":"d"}', '--allow-all-tools'])
  await stage.run(['chat', '--continue', '-p', SAID])
}

const NO_MODEL = Object.fromEntries(
  ['TYPE', 'BASE_URL', 'API_KEY'].map(name => [`COPILOT_PROVIDER_${name}`, undefined]),
)

test.each(some(['instant', '1000'], 2, 1))(
  'replay --speed %s: the session as it looked, then the terminal is given back',
  async speed => {
    await openTold()
    const before = await stage.run(['sessions', 'show'])
    const asked = stage.world.model.requests.length
    // Neither model nor login, and a proxy that nobody listens at in place of a network.
    const alone = {
      env: { ...NO_MODEL, HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' },
    }
    const replay = stage.open(['replay', 'latest', '--speed', speed], alone)
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

more('a call that was cut off stands where that was, at any speed', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', '--allow-all-tools'])
  await say(chat, 'CALL bash {"command":"sleep 60"}')
  await chat.until(() => chat.screen().includes('○ bash'))
  await chat.keys(KEY.escape)
  await chat.until(() => chat.screen().includes('○ interrupted'))
  await say(chat, 'SAY after')
  await chat.until(() => chat.lines().includes('after'))
  await leave(chat)
  for (const speed of ['1000', 'instant']) {
    const replay = stage.open(['replay', '--speed', speed])
    await replay.until(() => replay.screen().includes('the session ends here'))
    await replay.exit
    const text = replay.lines().join('\n')
    expect(text).toMatch(/○ bash .*cancelled(?:.|\n)*○ interrupted(?:.|\n)*› SAY after/)
  }
})

test('redacted, without a terminal, left in the middle, and wrong speeds', async () => {
  await openTold()
  const printed = await stage.run(['replay', '--redact'])
  expect(printed.code).toBe(0)
  expect(printed.stdout).toContain('● bash  [redacted]')
  expect(printed.stdout).not.toContain('● bash  command')

  for (const key of [KEY.escape, KEY.ctrlC]) {
    const slow = stage.open(['replay', '--speed', '0.1'])
    await slow.until(() => slow.screen().includes('Esc stops'))
    await slow.keys(key)
    expect((await slow.exit).code).toBe(130)
    restored(slow)
  }

  for (const speed of ['0', 'fast', '-1', '1e9', 'NaN', '', 'Infinity']) {
    const refused = await stage.run(['replay', '--speed', speed])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('between 0.1 and 1000') })
  }
  expect((await stage.run(['replay', 'nothing'])).code).toBe(1)
})
