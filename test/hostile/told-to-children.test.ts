import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStage } from '../support/chat.ts'
import { panel, prompted, say, unwrapped } from '../support/person.ts'
import { descendants } from '../support/processes.ts'
import { KEY } from '../support/terminal.ts'

const PLANTED = {
  GH_TOKEN: 'ghp_pl4nted0000000000000000000000000001',
  GITHUB_TOKEN: 'ghp_pl4nted0000000000000000000000000002',
  COPILOT_PROVIDER_API_KEY: 'pl4nted-model-key-3',
}

test('P-07 no key and no token is told to runtime, opener, editor, shells or keychain, by argument or environment', async () => {
  const stage = await openStage({
    orders: prompt => ({ run: 'CALL bash {"command":"sleep 91; true"}' })[prompt],
  })
  try {
    const file = join(stage.world.work, 'waits')
    await writeFile(file, '#!/bin/sh\nsleep 92; true\n', { mode: 0o755 })
    const opener = join(stage.world.work, 'opens')
    await writeFile(opener, `#!/bin/sh\n${stage.browser()} "$@"\nexec sleep 3\n`, { mode: 0o755 })
    const env = { ...PLANTED, VISUAL: file, BROWSER: opener }
    const chat = stage.open(['chat', '--allow-all-tools', '--mcp', `notes=${stage.world.mcp.url}`], { env })
    const seen = new Map<string, string>()
    const own = readFileSync(`/proc/${chat.pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()
    const look = () => {
      for (const { pid, command } of descendants(chat.pid)) {
        // For a moment each is a copy of the program itself, until it becomes another one.
        if (command === own) continue
        try {
          seen.set(`${pid} ${command}`, `${command}\n${readFileSync(`/proc/${pid}/environ`, 'latin1')}`)
        } catch {
          // It has ended.
        }
      }
    }
    const watching = setInterval(look, 20)
    const started = (part: string) => chat.until(() => [...seen.keys()].some(each => each.includes(part)))
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await chat.until(() => unwrapped(chat).includes('signed in to notes'))
    await say(chat, '!sleep 93')
    await started('sleep 93')
    await prompted(chat)
    await chat.keys('\u0007')
    await started('sleep 92')
    for (const { pid, command } of descendants(chat.pid)) if (command === 'sleep 92') process.kill(pid)
    await say(chat, 'run')
    await started('sleep 91')
    look()
    clearInterval(watching)
    for (const part of ['copilot-runtime', '/opens', '/waits', 'sleep 91', 'sleep 93']) await started(part)
    if (stage.keychain) await started('keychain-child')
    const secrets = [...Object.values(PLANTED), ...stage.world.authorizationServer.secrets]
    const telling = [...seen].filter(([, text]) => secrets.some(secret => text.includes(secret)))
    expect(telling.map(([name]) => name)).toEqual([])
    await chat.keys(KEY.escape)
    chat.kill('SIGTERM')
    expect((await chat.exit).code).toBe(143)
  } finally {
    await stage.close()
  }
})
