import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { type Started, start } from '../support/ended.ts'
import { FAKE } from '../support/fake.ts'
import { SOON } from '../support/patience.ts'
import { prompted, say } from '../support/person.ts'
import { descendants } from '../support/processes.ts'
import { KEY } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

/** An MCP server on stdio that minds neither a signal nor the end of its input. */
const STUBBORN = `
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {})
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line)
  if (method === 'initialize')
    answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } })
  else if (id !== undefined) answer(id, { tools: [] })
})
setInterval(() => {}, 1e6)
`

/** What the model does on a short prompt: a longer one would be wrapped. */
const ORDERS: Record<string, string> = {
  both: 'CALL bash {"command":"sleep 81","mode":"async"}\nCALL bash {"command":"sleep 82; true","mode":"async"}',
  detached: 'CALL bash {"command":"sleep 83","detach":true,"mode":"async"}',
}
const open = () => openStage({ keychain: false, orders: prompt => ORDERS[prompt] })

const WAYS: Record<string, { code: number; leave: (started: Started) => Promise<void> }> = {
  'Ctrl+C twice': {
    code: 130,
    async leave({ chat }) {
      await chat.keys(KEY.ctrlC)
      await chat.until(() => chat.screen().includes('again to leave'))
      await chat.keys(KEY.ctrlC)
    },
  },
  'Ctrl+D': { code: 0, leave: ({ chat }) => chat.keys(KEY.ctrlD) },
  SIGTERM: { code: 143, leave: async started => void process.kill(started.pid(), 'SIGTERM') },
  'SIGTERM while the runtime is stopped': {
    code: 143,
    async leave(started) {
      for (const { pid, command } of descendants(started.pid()))
        if (/copilot-runtime|fake-runtime/.test(command)) process.kill(pid, 'SIGSTOP')
      process.kill(started.pid(), 'SIGTERM')
    },
  },
}

describe.each(Object.entries(WAYS))('P-09 %s', (_way, { code, leave }) => {
  test('takes along what the runtime has started: a server, and commands of the model', async () => {
    stage = await open()
    const file = join(stage.world.folder, 'stubborn.cjs')
    await writeFile(file, STUBBORN)
    const local = { type: 'local', command: process.execPath, args: [file], tools: ['*'] }
    const started = await start(stage, [
      'chat',
      '--allow-all-tools',
      ...['--mcp-config', JSON.stringify({ mcpServers: { local } })],
    ])
    const { chat } = started
    const runs = (command: string) =>
      chat.until(() => descendants(chat.pid).some(each => each.command === command))
    await say(chat, 'both')
    await runs('sleep 81')
    await runs('sleep 82')
    await chat.until(() => descendants(chat.pid).some(({ command }) => command.endsWith('stubborn.cjs')))
    await prompted(chat)
    started.look()
    const since = performance.now()
    await leave(started)
    await started.ended(code)
    expect(performance.now() - since).toBeLessThan(3 * SOON)
  })

  test('kills a runtime that ignores shutdown and SIGTERM; the exit code is the same', async () => {
    stage = await open()
    const started = await start(stage, ['chat'], {
      env: { COPILOT_CLI_PATH: FAKE, FAKE_RUNTIME: 'ignore-shutdown' },
    })
    await prompted(started.chat)
    await started.chat.until(() =>
      descendants(started.chat.pid).some(({ command }) => command.includes('fake-runtime')),
    )
    started.look()
    await leave(started)
    await started.ended(code)
  })
})

test('P-09 what the model has started to stay, stays', async () => {
  stage = await open()
  const chat = stage.open(['chat', '--allow-all-tools'])
  await say(chat, 'detached')
  const staying = () => descendants(1).filter(({ command }) => command === 'sleep 83')
  await chat.until(() => staying().length > 0)
  await prompted(chat)
  await chat.keys(KEY.ctrlD)
  expect((await chat.exit).code).toBe(0)
  const [one, ...others] = staying()
  expect(others).toEqual([])
  if (one === undefined) throw new Error('it did not stay')
  process.kill(one.pid)
})
