import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { approveAll, CopilotClient, type CopilotSession, RuntimeConnection } from '@github/copilot-sdk'
import { expect, onTestFinished, test } from 'vitest'
import { startWorld, type World } from '../../demo/world.ts'
import type { McpAuthHandler, McpAuthOptions } from '../../src/library/types.ts'
import { createMcpAuthHandler } from '../../src/library.ts'
import { scriptedBrowser } from '../support/browser.ts'
import { BROWSER, CANCEL } from '../support/engine.ts'
import { watchProcesses } from '../support/leaks.ts'
import { descendants } from '../support/processes.ts'
import { type ScriptedPrompt, scriptedPrompt } from '../support/prompt.ts'
import { closed } from '../support/shown.ts'
import { testStore } from '../support/token-store.ts'
import { waitFor } from '../support/wait-for.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/sdk-host/main.ts', import.meta.url))
const VISITOR = fileURLToPath(new URL('../../dist/demo-browser.js', import.meta.url))

/** A world of which nothing secret may be told: to a file, to another process, by what a program printed. */
async function openWorld(printed: readonly string[] = []): Promise<World> {
  const world = await startWorld()
  const watched = watchProcesses(process.pid)
  onTestFinished(async () => {
    watched.stop()
    const { secrets } = world.authorizationServer
    const ended = await closed([], { secrets, folders: [world.folder], seen: watched.seen(), printed })
    await world.close()
    ended.judge()
  })
  return world
}

interface SdkHost {
  session: CopilotSession
  auth: McpAuthHandler
  prompt: ScriptedPrompt
  ask(prompt: string): Promise<string | undefined>
  close(): Promise<void>
}

/** A program with the published SDK and the real runtime. */
async function openHost(
  world: World,
  options: McpAuthOptions & { first?: typeof BROWSER },
): Promise<SdkHost> {
  const { env, state } = world.place('sdk')
  const prompt = scriptedPrompt(options.first)
  const auth = createMcpAuthHandler({
    ...{ prompt, store: 'file', stateFolder: state, browser: scriptedBrowser() },
    ...options,
  })
  const client = new CopilotClient({
    connection: RuntimeConnection.forStdio({
      env: { PATH: process.env.PATH ?? '', HOME: world.folder, ...env },
    }),
    workingDirectory: world.work,
  })
  const session = await client.createSession({
    model: 'practice-model',
    provider: { type: 'openai', baseUrl: world.model.url, apiKey: 'practice' },
    mcpServers: { notes: { type: 'http', url: world.mcp.url, tools: ['*'] } },
    onPermissionRequest: approveAll,
    onMcpAuthRequest: auth,
  })
  const close = async () => {
    await auth.close()
    await client.stop()
  }
  onTestFinished(close)
  return {
    ...{ session, auth, prompt, close },
    ask: async text => (await session.sendAndWait({ prompt: text }))?.data.content,
  }
}

test('a sign-in, a renewal and a right more; the next program asks nobody', async () => {
  const world = await openWorld()
  const { session, auth, prompt, ask, close } = await openHost(world, { first: BROWSER })
  await auth.follow(session).ready
  expect(await ask('who am i?')).toContain('You are signed in as Ada')

  world.mcp.rejectOnce()
  expect(await ask('who am i?')).toContain('You are signed in as Ada')
  expect(world.authorizationServer.count('token', 'refresh_token')).toBe(1)
  expect(prompt.panels).toHaveLength(1)

  await ask('delete my newest note')
  expect(world.mcp.calls('delete_note')).toBe(1)
  expect(prompt.panels.map(({ view }) => view.reason)).toEqual(['initial', 'upscope'])
  expect(prompt.panels.map(({ result }) => result?.kind)).toEqual(['signed-in', 'signed-in'])
  await close()

  const next = await openHost(world, { first: CANCEL })
  await next.auth.follow(next.session).ready
  expect(await next.ask('who am i?')).toContain('notes.write')
  expect(next.prompt.panels).toEqual([])
})

test('a kept token that the server no longer accepts is renewed before the first prompt', async () => {
  const world = await openWorld()
  const first = await openHost(world, { first: BROWSER })
  await first.auth.follow(first.session).ready
  await first.close()
  world.authorizationServer.expireAccessTokens()

  const { session, auth, prompt, ask } = await openHost(world, { first: CANCEL })
  await auth.follow(session).ready
  expect(await ask('who am i?')).toContain('You are signed in as Ada')
  expect(prompt.panels).toEqual([])
})

test('a sign-in that worked and is withdrawn again and again is asked for each time', async () => {
  const world = await openWorld()
  const { session, auth, prompt, ask } = await openHost(world, { first: BROWSER })
  await auth.follow(session).ready
  for (const panels of [1, 2, 3, 4]) {
    expect(await ask('who am i?')).toContain('You are signed in as Ada')
    expect(prompt.panels).toHaveLength(panels)
    world.authorizationServer.revokeAll()
  }
})

test('who says no is asked once, and the turn goes on', async () => {
  const world = await openWorld()
  const { session, auth, prompt, ask } = await openHost(world, { first: CANCEL })
  await auth.follow(session).ready
  expect(await ask('SAY hello')).toBe('hello')
  expect(prompt.panels.map(({ result }) => result?.kind)).toEqual(['cancelled'])
})

test('a stopped turn closes the question that was asked for it', async () => {
  const world = await openWorld()
  const { session, auth, prompt } = await openHost(world, {})
  const { ready } = auth.follow(session)
  ;(await prompt.panel()).choose(BROWSER)
  await ready
  const idle = new Promise<void>(resolve => session.on('session.idle', () => resolve()))
  await session.send({ prompt: 'delete my newest note' })
  const panel = await prompt.panel(2)
  await session.abort()
  await waitFor(() => expect(panel.result).toEqual({ kind: 'withdrawn' }))
  await idle
})

test('closed while a question is open: nothing is left behind', async () => {
  const world = await openWorld()
  const { prompt, close } = await openHost(world, { store: 'auto' })
  const panel = await prompt.panel()
  await close()
  expect(panel.result).toEqual({ kind: 'withdrawn' })
  await waitFor(() => {
    const left = descendants(process.pid).filter(({ command }) =>
      /keychain-child|copilot-runtime/.test(command),
    )
    expect(left).toEqual([])
  })
})

test('nothing secret but the access token gets to the runtime', async () => {
  const world = await openWorld()
  const store = testStore()
  const { session, auth, ask } = await openHost(world, { first: BROWSER, store })
  await auth.follow(session).ready
  await ask('who am i?')
  const [grant] = store.grants.values()
  const refresh = grant?.refresh?.reveal() ?? ''
  expect(refresh).not.toBe('')
  const { COPILOT_HOME = '' } = world.place('sdk').env
  const files = await readdir(COPILOT_HOME, { recursive: true, withFileTypes: true })
  const texts = files
    .filter(each => each.isFile())
    .map(each => readFile(join(each.parentPath, each.name), 'latin1'))
  expect(texts.length).toBeGreaterThan(0)
  expect((await Promise.all(texts)).join('\n')).not.toContain(refresh)
})

test('the example answers with a sign-in by browser, and says what is needed without one', async () => {
  const printed: string[] = []
  const world = await openWorld(printed)
  const { env } = world.place('example')
  const run = (more: Record<string, string>) =>
    new Promise<{ code: number; stdout: string; stderr: string }>(resolve => {
      const child = execFile(
        process.execPath,
        [EXAMPLE, world.mcp.url, 'who am i?'],
        {
          cwd: world.work,
          env: { PATH: process.env.PATH, HOME: world.folder, ...env, ...more },
          timeout: 60_000,
        },
        (error, stdout, stderr) => {
          printed.push(stdout, stderr)
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr })
        },
      )
      child.stdin?.end()
    })
  const alone = await run({})
  expect(alone.stderr).toContain('server needs a sign-in (first use): a terminal is needed')
  expect(alone).toMatchObject({ code: 0 })
  const signedIn = await run({ SIGN_IN: 'browser', BROWSER: `${process.execPath} ${VISITOR}` })
  expect(signedIn).toMatchObject({ code: 0 })
  expect(signedIn.stdout).toContain('You are signed in as Ada')
  expect(signedIn.stderr).toContain('signed in to server')
})
