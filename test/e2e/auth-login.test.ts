import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'

let stage: Stage
let other: Stage | undefined
afterEach(() => Promise.all([stage.close(), other?.close()]))

test('auth login starts, asks and waits for the server that was named, and for no other of the own file', async () => {
  stage = await openStage()
  const second = await openStage({ keychain: false })
  other = second
  const home = stage.place.env.COPILOT_HOME ?? ''
  await mkdir(home, { recursive: true })
  const server = (url: string) => ({ type: 'http', url, tools: ['*'] })
  const mcpServers = {
    more: server(second.world.mcp.url),
    notes: server(stage.world.mcp.url),
    bad: { type: 'http', url: 'http://192.0.2.1/mcp', tools: ['*'] },
  }
  await writeFile(join(home, 'mcp-config.json'), JSON.stringify({ mcpServers }))
  const login = (BROWSER: string) =>
    stage.run(['auth', 'login', 'notes', '--sign-in', 'browser'], { env: { BROWSER } })

  expect(await login(stage.browser({ deny: true }))).toMatchObject({ code: 4, stdout: '' })
  const done = await login(stage.browser())
  expect(done).toMatchObject({ code: 0, stdout: 'notes is ready\n' })
  expect(done.stderr).not.toContain('more')
  expect(stage.world.authorizationServer.count('token', 'authorization_code')).toBe(1)
  expect(second.world.authorizationServer.requests).toEqual([])
  expect(second.world.mcp.requests).toEqual([])
})

test.each(
  some(
    [
      ['no model for the provider', { COPILOT_MODEL: undefined }],
      ['a provider of no known type', { COPILOT_PROVIDER_TYPE: 'mine' }],
      ['a token that is none', { COPILOT_PROVIDER_BASE_URL: undefined, GH_TOKEN: 'two words' }],
    ],
    3,
  ),
)('%s: what talks with no model does its work', async (_what, env) => {
  stage = await openStage()
  const { url } = stage.world.mcp
  const run = (...args: string[]) => stage.run(args, { env: { ...env, BROWSER: stage.browser() } })
  const servers = ['--mcp', `notes=${url}`]
  const login = ['auth', 'login', 'notes', '--sign-in', 'browser', ...servers]
  expect(await run('auth', 'plan', 'notes', ...servers)).toMatchObject({ code: 0, stderr: '' })
  expect(await run(...login)).toMatchObject({ code: 0, stdout: 'notes is ready\n' })
  expect(await run('auth', 'list', ...servers)).toMatchObject({ code: 0, stderr: '' })
  expect(await run('auth', 'status', 'notes', ...servers)).toMatchObject({ code: 0, stderr: '' })
  expect(await run('auth', 'account', 'notes', ...servers)).toMatchObject({ code: 0, stderr: '' })
  expect(await run('mcp', 'status', 'notes', ...servers)).toMatchObject({ code: 0, stderr: '' })
  expect(await run('sessions')).toMatchObject({ code: 0 })
  expect(await run('auth', 'logout', '--all')).toMatchObject({ code: 0 })
  expect(await run('chat', '-p', 'SAY hello', ...servers)).toMatchObject({ code: 2, stdout: '' })
})
