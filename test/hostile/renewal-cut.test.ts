import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { panel, unwrapped } from '../support/person.ts'
import type { TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const once = () => ['chat', '-p', 'CALL whoami {}', ...notes(), '--allow-all-tools']

/** A program in the middle of a renewal: the server has spent its refresh token, or is `before` that, and the answer is not here. */
async function renewing(args: () => readonly string[], when: 'before' | 'after' = 'after') {
  stage = await openStage()
  const { authorizationServer: server } = stage.world
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  server.expireAccessTokens()
  const answer = server.holdToken(when)
  const program = stage.open(args())
  await answer.arrived
  return { server, answer, program }
}

/** What has to be waited for is a program that does nothing: half a second of it. */
async function staysFor(program: TestTerminal): Promise<boolean> {
  return Promise.race([program.exit.then(() => false), sleep(500).then(() => true)])
}

/** A lock is taken over when its heartbeat is old. Gives their folder. */
async function ageLocks(): Promise<string> {
  const locks = join(stage.place.state, 'locks')
  const old = new Date(Date.now() - 11_000)
  const names = await readdir(locks)
  expect(names).not.toEqual([])
  for (const name of names) await utimes(join(locks, name), old, old)
  return locks
}

test.each([
  ['a one-shot', 'SIGTERM', once],
  ['a one-shot', 'SIGHUP', once],
  ['a one-shot', 'SIGINT', once],
  ['a chat', 'SIGTERM', () => ['chat', ...notes()]],
] as const)(
  'C-04 %s is ended by %s in the middle of a renewal: it waits for the answer, nothing is lost',
  async (_, signal, args) => {
    const { server, answer, program } = await renewing(args)
    program.kill(signal)
    expect(await staysFor(program)).toBe(true)
    answer.release()
    await program.exit
    const next = await stage.run(once())
    expect(next).toMatchObject({ code: 0, stdout: expect.stringContaining('signed in as Ada') })
    expect(server.count('token', 'authorization_code')).toBe(1)
  },
)

test('C-04 a program is killed there: the sign-in is lost, the next one says why and asks at once', async () => {
  const { server, answer, program } = await renewing(once)
  program.kill('SIGKILL')
  await program.exit
  answer.drop()
  const locks = await ageLocks()
  const chat = stage.open(['chat', ...notes()], { env: { BROWSER: stage.browser() } })
  await panel(chat, 'Sign in to notes')
  expect(unwrapped(chat).replaceAll(/\s+/g, ' ')).toContain(
    'notes: another copilot-host was killed while it worked on this sign-in, which the server no longer accepts',
  )
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'))
  chat.kill('SIGTERM')
  await chat.exit
  expect(await stage.run(once())).toMatchObject({ code: 0 })
  expect(server.count('token', 'authorization_code')).toBe(2)
  expect(await readdir(locks)).toEqual([])
})

test('C-04 a program is stopped there: another one renews, and the one that wakes up neither writes nor sends', async () => {
  const { server, answer, program } = await renewing(once, 'before')
  program.kill('SIGSTOP')
  const locks = await ageLocks()
  const ada = expect.stringContaining('signed in as Ada')
  expect(await stage.run(once())).toMatchObject({ code: 0, stdout: ada })
  answer.drop()
  program.kill('SIGCONT')
  expect(await program.exit).toMatchObject({ code: 0 })
  expect(unwrapped(program)).toEqual(ada)
  expect(server.count('token', 'refresh_token')).toBe(1)
  expect(await stage.run(once())).toMatchObject({ code: 0, stdout: ada })
  expect(server.count('token', 'authorization_code')).toBe(1)
  expect(await readdir(locks)).toEqual([])
})

test('C-05 auth logout while another program renews: it waits, ends the sign-in behind it, and is not undone', async () => {
  const { server, answer, program } = await renewing(once)
  const logout = stage.open(['auth', 'logout', 'notes', ...notes()])
  expect(await staysFor(logout)).toBe(true)
  expect(server.count('revocation')).toBe(0)
  answer.release()
  expect(await logout.exit).toMatchObject({ code: 0 })
  expect(unwrapped(logout)).toContain('signed out of notes')
  // It may be asking for a new sign-in by now.
  program.kill('SIGTERM')
  await program.exit
  const last = server.requests.slice(-3).map(({ grant, parameters }) => grant ?? parameters.token_type_hint)
  expect(last).toEqual(['refresh_token', 'refresh_token', 'access_token'])
  const next = await stage.run(once())
  expect(next).toMatchObject({ code: 4, stdout: '' })
  expect(next.stderr).toContain('notes needs a sign-in (first use)')
  expect(await readdir(join(stage.place.state, 'locks'))).toEqual([])
})
