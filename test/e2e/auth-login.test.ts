import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'

let stage: Stage
let other: Stage
afterEach(() => Promise.all([stage.close(), other.close()]))

test('auth login starts, asks and waits for the server that was named, and for no other of the own file', async () => {
  stage = await openStage()
  other = await openStage({ keychain: false })
  const home = stage.place.env.COPILOT_HOME ?? ''
  await mkdir(home, { recursive: true })
  const server = (url: string) => ({ type: 'http', url, tools: ['*'] })
  const mcpServers = {
    more: server(other.world.mcp.url),
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
  expect(other.world.authorizationServer.requests).toEqual([])
  expect(other.world.mcp.requests).toEqual([])
})
