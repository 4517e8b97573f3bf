import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openStage, type RunOptions } from '../support/chat.ts'
import { type Started, start } from '../support/ended.ts'
import { FAKE } from '../support/fake.ts'
import { panel, prompted, say, unwrapped } from '../support/person.ts'

const HOOK = fileURLToPath(new URL('../support/breaking.js', import.meta.url))
const SECRET = 'ghp_pl4nted'
const LINE =
  'copilot-host failed unexpectedly: broken with token=[secret] in it (--debug-log <file> records more)'
const SCREEN = 'the chat screen failed: broken with token=[secret] in it (--debug-log <file> records more)'

const breaking = (how: string): RunOptions['env'] => ({ NODE_OPTIONS: `--import=${HOOK}`, BREAKS: how })

/** It ends with 1 and this line, and nothing of the secret is told, to nobody. */
async function broken(started: Started, line: string, keys = false): Promise<void> {
  started.look()
  process.kill(started.pid(), 'SIGUSR2')
  // The signal and the keys take different ways; without raw mode what is typed would stand in between.
  const typing = keys ? setInterval(() => void started.chat.keys('x'), 100) : undefined
  await started.ended(1).finally(() => clearInterval(typing))
  expect(unwrapped(started.chat).replaceAll(/\s+/g, ' ')).toContain(line)
  expect(started.chat.raw()).not.toContain(SECRET)
}

test.each([
  ['timer', LINE],
  ['rejection', LINE],
  ['no error', 'copilot-host failed unexpectedly: This error originated either by'],
  ['component', SCREEN],
  ['keys', LINE],
  ['event', LINE],
])('P-05 in the chat: %s', async (how, line) => {
  const stage = await openStage({ keychain: false })
  try {
    const started = await start(stage, ['chat', '--mcp', `notes=${stage.world.mcp.url}`], {
      env: breaking(how),
    })
    await panel(started.chat, 'Sign in to notes')
    if (how === 'event') await started.chat.keys('d')
    await broken(started, line, how === 'keys')
    const log = readFileSync(join(stage.world.folder, 'debug.log'), 'utf8')
    if (how !== 'no error')
      expect(log).toMatch(/failed: Error: broken with token=\[secret\] in it .*breaking\.js:\d+/)
    expect(log).not.toContain(SECRET)
  } finally {
    await stage.close()
  }
})

test.each([
  ['a turn', ['chat'], 'timer'],
  ['plain lines', ['chat', '--plain'], 'timer'],
  ['plain lines', ['chat', '--plain'], 'rejection'],
  ['one prompt', ['chat', '-p', 'STREAM n=100000 r=20 id=a'], 'timer'],
  ['one prompt as JSON', ['chat', '--output', 'stream-json', '-p', 'STREAM n=100000 r=20 id=a'], 'rejection'],
] as const)('P-05 in %s: %s %s', async (what, args, how) => {
  const stage = await openStage({ keychain: false })
  try {
    const started = await start(stage, args, { env: breaking(how) })
    const { chat } = started
    if (what === 'a turn') await say(chat, 'STREAM n=100000 r=20 id=a')
    if (what === 'plain lines') await chat.until(() => chat.raw().includes('twice it leaves.'))
    else await chat.until(() => unwrapped(chat).includes('wa-3'))
    await broken(started, LINE)
  } finally {
    await stage.close()
  }
})

test('P-05 P-09 with a runtime that ignores its end: it goes all the same', async () => {
  const stage = await openStage({ keychain: false })
  try {
    const env = { ...breaking('timer'), COPILOT_CLI_PATH: FAKE, FAKE_RUNTIME: 'ignore-shutdown' }
    const started = await start(stage, ['chat'], { env })
    await prompted(started.chat)
    await broken(started, LINE)
  } finally {
    await stage.close()
  }
})
