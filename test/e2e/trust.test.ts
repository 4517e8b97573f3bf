import { access, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const QUESTION = 'Use it from now on, until it changes? [y/N]'

let stage: Stage
afterEach(() => stage.close())

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
const mark = (name: string) => join(stage.world.folder, name)
/** A server whose command leaves a mark, so that it is seen whether it was started. */
const touching = (name: string) => ({
  command: process.execPath,
  args: ['-e', `require('fs').writeFileSync(${JSON.stringify(mark(name))}, '')`],
})
const bring = (mcpServers: object, path = '.mcp.json') =>
  writeFile(join(stage.world.work, path), JSON.stringify({ mcpServers }))
const file = ['--token-store', 'file']

async function leave(chat: TestTerminal): Promise<void> {
  await chat.keys(KEY.ctrlC)
  await chat.until(() => chat.screen().includes('again to leave'))
  await chat.keys(KEY.ctrlC)
  await chat.exit
}

test('-p starts nothing that nobody has agreed to, and names it; --trust-project does, in that run only', async () => {
  stage = await openStage({ keychain: false })
  await mkdir(join(stage.world.work, '.github'))
  await bring({ here: touching('here') })
  await bring({ shared: touching('shared'), here: { command: 'never' } }, '.github/mcp.json')
  const setting = { tokenStore: 'keychain', signIn: 'browser' }
  await writeFile(join(stage.world.work, '.copilot-host.json'), JSON.stringify(setting))
  const held = {
    code: 0,
    stdout: 'x\n',
    stderr:
      'this project also brings tokenStore, signIn, the MCP server shared and 2 more: not used before you agree (copilot-host trust shows it)\n',
  }
  expect(await stage.run(['chat', '-p', 'SAY x', ...file])).toEqual(held)
  expect([await exists(mark('here')), await exists(mark('shared'))]).toEqual([false, false])
  expect((await stage.run(['chat', '-p', 'SAY x', '--trust-project', ...file])).code).toBe(0)
  expect([await exists(mark('here')), await exists(mark('shared'))]).toEqual([true, true])
  expect(await stage.run(['chat', '-p', 'SAY x', ...file])).toEqual(held)
  expect(await exists(join(stage.place.state, 'trusted.json'))).toBe(false)
})

test('a chat shows all of it and asks; no is a no, yes is kept for exactly this content', async () => {
  stage = await openStage({ keychain: false })
  const hidden = { ...touching('one'), env: { KEY: 'a\u202eb', LONG: 'x'.repeat(300) } }
  await bring({ one: hidden })
  const open = () => stage.open(['chat', ...file], { cols: 120, rows: 50 })

  const first = open()
  await first.until(() => first.screen().includes(QUESTION))
  const shown = first.screen().replaceAll('\n', '')
  expect(shown).toContain('.mcp.json: MCP server "one"')
  expect(shown).toContain('a\\u202eb')
  expect(shown).toContain('x'.repeat(300))
  expect(await exists(mark('one'))).toBe(false)
  await first.keys('\r')
  await first.until(() => first.screen().includes('Not used in this run.'))
  await first.until(() => /^›/m.test(first.screen()))
  await leave(first)
  expect(await exists(mark('one'))).toBe(false)

  const second = open()
  await second.until(() => second.screen().includes(QUESTION))
  await second.keys('y', '\r')
  await second.until(() => second.screen().includes('one is not available'))
  await leave(second)
  expect(await exists(mark('one'))).toBe(true)
  const kept = join(stage.place.state, 'trusted.json')
  expect((await stat(kept)).mode & 0o777).toBe(0o600)
  expect(await readFile(kept, 'utf8')).not.toContain('KEY')

  const third = open()
  await third.until(() => third.screen().includes('one is not available'))
  expect(third.screen()).not.toContain(QUESTION)
  await leave(third)

  await bring({ one: { ...hidden, env: { KEY: 'changed' } }, two: touching('two') })
  const fourth = open()
  await fourth.until(() => fourth.screen().includes(QUESTION))
  expect(fourth.screen()).toContain('"KEY": "changed"')
  await fourth.keys(KEY.ctrlC)
  expect((await fourth.exit).code).not.toBe(0)
  expect(await exists(mark('two'))).toBe(false)
  expect((await stage.run(['chat', '-p', 'SAY x', ...file])).stderr).toMatch(
    /MCP server one, the MCP server two/,
  )
})

more(
  'a file of the project that nests without end is left out and told; no command of that folder fails',
  async () => {
    stage = await openStage({ keychain: false })
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const text = `{"mcpServers":{"one":{"url":"https://mcp.example.com/mcp","x":${deep}}}}`
    await writeFile(join(stage.world.work, '.mcp.json'), text)
    const told = '.mcp.json nests too deep to be used; no MCP server is taken from it\n'
    expect(await stage.run(['trust'])).toMatchObject({ code: 0, stderr: '' })
    expect(await stage.run(['auth', 'list', ...file])).toMatchObject({ code: 0, stderr: '' })
    expect(await stage.run(['mcp', 'list'])).toMatchObject({ code: 0, stderr: told })
    expect(await stage.run(['chat', '-p', 'SAY x', ...file])).toMatchObject({ code: 0, stderr: told })
  },
)

test('trust shows, asks, lists and takes back', async () => {
  stage = await openStage({ keychain: false })
  const root = stage.world.work
  expect((await stage.run(['trust'])).stdout).toContain('bring nothing to agree to')
  await bring({ one: touching('one') })
  expect(await stage.run(['trust'])).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('"one"'),
    stderr: 'nobody is there to agree; --trust-project uses it in one run\n',
  })
  const chat = stage.open(['trust'])
  await chat.until(() => chat.screen().includes(QUESTION))
  await chat.keys('n', '\r')
  expect((await chat.exit).code).toBe(5)
  const again = stage.open(['trust'])
  await again.until(() => again.screen().includes(QUESTION))
  await again.keys('y', '\r')
  expect((await again.exit).code).toBe(0)
  expect(JSON.parse((await stage.run(['trust', '--json'])).stdout)).toEqual({
    folder: root,
    brought: [{ file: '.mcp.json', kind: 'server', key: 'one', value: touching('one'), trusted: true }],
  })
  expect((await stage.run(['trust', 'list'])).stdout).toBe(`${root}\n`)
  expect(await stage.run(['trust', 'revoke'])).toMatchObject({ code: 0 })
  expect(await stage.run(['trust', 'revoke'])).toMatchObject({ code: 1 })
  expect((await stage.run(['chat', '-p', 'SAY x', ...file])).stderr).toContain('not used before you agree')
  expect(await exists(mark('one'))).toBe(false)
})

more(
  'trust revoke takes a folder however it is written: a slash behind it, relative, by a link, inside, gone',
  async () => {
    stage = await openStage({ keychain: false })
    const { work } = stage.world
    const site = join(work, 'site')
    const inside = join(site, 'pages')
    await mkdir(inside, { recursive: true })
    await mkdir(join(site, '.git'))
    await symlink(site, join(work, 'link'))
    const gone = join(work, 'gone')
    const revoke = async (root: string, folder: string, cwd = work) => {
      const folders = { [root]: { at: '2026-01-01T00:00:00.000Z', content: [] } }
      await mkdir(stage.place.state, { recursive: true, mode: 0o700 })
      await writeFile(join(stage.place.state, 'trusted.json'), JSON.stringify({ version: 1, folders }))
      return stage.run(['trust', 'revoke', folder], { cwd })
    }
    const done = { code: 0, stdout: `${site}: what it brings is no longer used\n`, stderr: '' }
    expect(await revoke(site, `${site}/`)).toEqual(done)
    expect(await revoke(site, 'site')).toEqual(done)
    expect(await revoke(site, '.', site)).toEqual(done)
    expect(await revoke(site, 'link/')).toEqual(done)
    expect(await revoke(site, '.', inside)).toEqual(done)
    expect(await revoke(gone, './gone/')).toMatchObject({ code: 0 })
    expect(await revoke(site, '..', site)).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: `nothing was agreed to in ${work} (copilot-host trust list)\n`,
    })
  },
)

more('auth login names what it leaves out, before it says that there is no such server', async () => {
  stage = await openStage({ keychain: false })
  await bring({ notes: { type: 'http', url: stage.world.mcp.url } })
  const { code, stderr } = await stage.run(['auth', 'login', 'notes', '--sign-in', 'browser', ...file])
  expect(code).toBe(2)
  expect(stderr).toMatch(
    /^this project also brings the MCP server notes: not used .+\nthere is no server "notes"/,
  )
  expect(stage.world.mcp.requests).toEqual([])
  const env = { BROWSER: stage.browser() }
  const login = ['auth', 'login', 'notes', '--sign-in', 'browser', '--trust-project', ...file]
  expect(await stage.run(login, { env })).toMatchObject({ code: 0, stdout: 'notes is ready\n' })
})

test('-p --sign-in browser opens no page for a server that only the project names', async () => {
  stage = await openStage({ keychain: false })
  await bring({ notes: { type: 'http', url: stage.world.mcp.url } })
  const env = { BROWSER: stage.browser() }
  const ask = ['chat', '-p', 'who am i?', '--allow-tool', 'notes', '--sign-in', 'browser', ...file]
  expect(await stage.run([...ask, '--trust-project'], { env })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('Run: copilot-host auth login'),
  })
  expect(stage.world.authorizationServer.count('authorization')).toBe(0)
  const own = await stage.run([...ask, '--mcp', `notes=${stage.world.mcp.url}`], { env })
  expect(own).toMatchObject({ code: 0, stdout: expect.stringContaining('You are signed in as Ada') })
})
