import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { visit } from '../../demo/visit.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { type Container, containerMissing, startContainer } from '../support/container.ts'
import { allow, leave, panel, prompted, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const missing = containerMissing()
if (missing !== undefined) process.stderr.write(`containers: not run, no namespaces here: ${missing}\n`)

// The program runs in the container with a server that asks for a fixed port; the browser and all servers are outside.
describe.skipIf(missing !== undefined)('in a container', () => {
  let stage: Stage
  let container: Container
  afterEach(async () => {
    await stage.close()
    await container.close()
  })

  async function start(way?: 'published' | 'forwarded'): Promise<void> {
    stage = await openStage({ keychain: false })
    const { authorizationServer, mcp, model } = stage.world
    const outside = [authorizationServer.issuer, mcp.url, model.url]
    container = await startContainer(outside, way)
    const home = stage.place.env.COPILOT_HOME ?? ''
    await mkdir(home, { recursive: true })
    const notes = { type: 'http', url: mcp.url, tools: ['*'], auth: { redirectPort: container.port } }
    await writeFile(join(home, 'mcp-config.json'), JSON.stringify({ mcpServers: { notes } }))
  }

  const inside = () => ({ within: container.within, cols: 200 })
  const status = () =>
    stage.run(['auth', 'status', 'notes', '--token-store', 'file'], { within: container.within })

  /** Asks for the browser in the panel, and gives the address that is shown: nothing opens in a container. */
  async function addressIn(chat: TestTerminal): Promise<string> {
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    return chat.until(() => chat.lines().find(line => /^http\S+state=\S+$/.test(line)))
  }

  test('a code: approved in the browser outside; no keychain is one line, and a file keeps the sign-in', async () => {
    await start()
    const chat = stage.open(['chat'], inside())
    await panel(chat, 'Sign in to notes')
    await chat.keys(KEY.enter)
    const code = await chat.until(() => /\b[A-Z]{4}-[A-Z]{4}\b/.exec(chat.screen())?.[0])
    await visit(stage.world.authorizationServer.devicePage, { code })
    await chat.until(() => chat.screen().includes('signed in to notes'))
    expect(chat.lines().filter(line => line.includes('--token-store file'))).toHaveLength(1)
    expect(stage.world.authorizationServer.count('token', 'device_code')).toBe(1)
    await leave(chat)
    expect(await status()).toMatchObject({ code: 4 })
  })

  test('a pasted address: the browser outside ends on a page that it cannot reach', async () => {
    await start()
    const chat = stage.open(['chat', '--token-store', 'file'], inside())
    await panel(chat, 'Sign in to notes')
    await chat.keys('p')
    const address = await chat.until(() => chat.lines().find(line => /^http\S+state=\S+$/.test(line)))
    const redirect = new URL(address).searchParams.get('redirect_uri') ?? ''
    const { url } = await visit(address, { beyond: new URL(redirect).origin })
    chat.paste(url)
    await chat.keys(KEY.enter)
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await leave(chat)

    // Another container with the same volume: nothing is asked.
    const first = container
    container = await startContainer([
      stage.world.authorizationServer.issuer,
      stage.world.mcp.url,
      stage.world.model.url,
    ])
    await first.close()
    expect(await status()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the server accepts it'),
    })
  })

  test('a published port and its address: the browser outside comes back by itself, and tools work', async () => {
    await start('published')
    const callback = `http://localhost:${container.port}/`
    const chat = stage.open(['chat', '--token-store', 'file', '--callback-url', callback], inside())
    const { url, title } = await visit(await addressIn(chat))
    expect(url.startsWith(`${callback}?code=`)).toBe(true)
    expect(title).toContain('signed in')
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await prompted(chat)
    await say(chat, 'who am i?')
    await allow(chat)
    await chat.until(() => chat.screen().includes('You are signed in as Ada'))
    await leave(chat)
  })

  test('a public address in front of the port: it leads back, and says so to the sign-in server', async () => {
    await start('published')
    const chat = stage.open(['chat', '--token-store', 'file'], {
      ...inside(),
      env: { COPILOT_HOST_CALLBACK_URL: 'https://box.example.com/' },
    })
    const { url } = await visit(await addressIn(chat), { beyond: 'https://box.example.com' })
    // What the proxy behind that name does.
    const page = await fetch(`http://127.0.0.1:${container.port}/${new URL(url).search}`)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('signed in')])
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await leave(chat)
  })

  test('an editor that forwards the fixed port: it needs no address', async () => {
    await start('forwarded')
    const chat = stage.open(['chat', '--token-store', 'file'], {
      ...inside(),
      env: { REMOTE_CONTAINERS: 'true' },
    })
    const { url } = await visit(await addressIn(chat))
    expect(url.startsWith(`http://127.0.0.1:${container.port}/?code=`)).toBe(true)
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await leave(chat)
  })
})
