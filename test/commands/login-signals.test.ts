import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait-for.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))

/** `copilot-host login` with this program as Copilot CLI, which is there when it has printed something. */
async function login(copilot: string) {
  const home = await temporaryFolder()
  await symlink(process.execPath, join(home, 'node'))
  await writeFile(join(home, 'copilot'), copilot)
  await chmod(join(home, 'copilot'), 0o755)
  const child = spawn(process.execPath, [PROGRAM, 'login'], { env: { PATH: home, HOME: home }, cwd: home })
  const ended = once(child, 'close').then(([code]) => code)
  const [printed] = await once(child.stdout, 'data')
  return { child, ended, printed: String(printed) }
}

test('Ctrl+C is for Copilot CLI as long as it signs in', async () => {
  const { child, ended } = await login('#!/bin/sh\necho ready\nread line\nexit 0\n')
  child.kill('SIGINT')
  // No signal is on its way any more (proc_pid_status(5)).
  const status = () => readFileSync(`/proc/${child.pid}/status`, 'utf8')
  await waitFor(() => expect(status()).toMatch(/^ShdPnd:\s+0+$/m))
  child.stdin.end('code\n')
  expect(await ended).toBe(0)
})

test('a signal that ends the program ends Copilot CLI too', async () => {
  const { child, ended, printed } = await login(
    '#!/bin/sh\necho $$\nexec node -e "setTimeout(() => {}, 60000)"\n',
  )
  child.kill('SIGTERM')
  expect(await ended).toBe(143)
  expect(() => process.kill(Number(printed), 0)).toThrow('ESRCH')
})
