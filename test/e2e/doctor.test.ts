import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { temporaryFolder } from '../support/folder.ts'
import { aged, changeKept } from '../support/kept.ts'
import { more } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const FILE = ['--token-store', 'file']
const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]

interface Found {
  check: string
  state: string
  text: string
  help?: string
}

async function examined(args: readonly string[], env: Record<string, string | undefined> = {}) {
  const { code, stdout, stderr } = await stage.run(['doctor', '--json', ...args], { env })
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Found[] }
  const of = (check: string) => findings.find(found => found.check === check)
  return { code, stderr, ok, findings, of }
}

test('each thing in one line, side by side; nothing is left behind', async () => {
  stage = await openStage()
  const { code, stdout, stderr } = await stage.run(['doctor', ...notes()], {
    env: { BROWSER: stage.browser() },
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n').filter(line => !line.startsWith('    '))
  expect(lines).toEqual([
    expect.stringMatching(/^✓ node: Node\.js \d+/),
    expect.stringMatching(/^✓ runtime: Copilot runtime \d\S+ {2}\S+ m?s$/),
    expect.stringContaining('✓ model: practice-model of 127.0.0.1'),
    expect.stringContaining(stage.keychain ? '✓ keychain: writes, reads and forgets' : '· keychain: '),
    expect.stringContaining('✓ browser: BROWSER: '),
    '· terminal: there is none here',
    '✓ proxy: none',
    expect.stringMatching(/^· server notes: \S+ wants a sign-in {2}\S+ m?s$/),
    '',
  ])
  // A name that only this command line gives means nothing to another one.
  expect(stdout).toContain(`copilot-host auth login ${stage.world.mcp.url}`)
})

test('signed in, and what the server makes of it', async () => {
  stage = await openStage({ keychain: false })
  const login = ['auth', 'login', stage.world.mcp.url, '--sign-in', 'browser', ...FILE]
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  const good = await examined([...notes(), ...FILE])
  expect(good.of('server notes')).toMatchObject({ state: 'ok', text: expect.stringContaining('signed in') })
  stage.world.mcp.rejectTokens(() => true)
  const refused = await examined([...notes(), ...FILE])
  expect(refused).toMatchObject({ code: 0, ok: true })
  expect(refused.of('server notes')).toMatchObject({
    state: 'warning',
    text: expect.stringContaining('no longer'),
  })
})

more('a sign-in that is over, one that is renewed, and the account that is used here', async () => {
  stage = await openStage({ keychain: false })
  const { url } = stage.world.mcp
  const signIn = ['auth', 'login', url, '--sign-in', 'browser', ...FILE]
  expect(await stage.run(signIn, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  const found = async () => (await examined([...notes(), ...FILE])).of('server notes')
  const day = 86_400_000
  await changeKept(stage, aged(day))
  const renewed = await found()
  expect(renewed).toMatchObject({ state: 'note', text: expect.stringContaining('renewed when it is needed') })
  expect(renewed?.help).toBeUndefined()
  await changeKept(stage, grant => ({ ...grant, refresh: undefined }))
  expect(await found()).toMatchObject({
    state: 'warning',
    text: expect.stringMatching(/: the sign-in is over$/),
    help: `copilot-host auth login ${url} --token-store file`,
  })
  const other = await stage.run([...signIn, '--account', 'work'], { env: { BROWSER: stage.browser() } })
  expect(other).toMatchObject({ code: 0 })
  expect(await stage.run(['auth', 'account', url, 'work', ...FILE])).toMatchObject({ code: 0 })
  expect(await found()).toMatchObject({ state: 'ok', text: expect.stringContaining('signed in') })
})

more(
  'a program is looked for where the runtime does: in the folder and on the PATH of its entry',
  async () => {
    stage = await openStage({ keychain: false })
    const tools = join(stage.world.work, 'tools')
    await mkdir(tools)
    await writeFile(join(tools, 'serve'), '#!/bin/sh\n', { mode: 0o700 })
    const config = join(stage.world.folder, 'mcp.json')
    const mcpServers = {
      inFolder: { command: './serve', cwd: tools },
      relative: { command: './serve', cwd: 'tools' },
      onPath: { command: 'serve', env: { PATH: tools } },
      variable: { command: `\${HOME}/bin/serve` },
      elsewhere: { command: './serve' },
    }
    await writeFile(config, JSON.stringify({ mcpServers }))
    const { of } = await examined(['--mcp-config', config, ...FILE])
    const states = Object.keys(mcpServers).map(name => [name, of(`server ${name}`)?.state])
    expect(Object.fromEntries(states)).toEqual({
      ...{ inFolder: 'ok', onPath: 'ok', relative: 'note', variable: 'note', elsewhere: 'fail' },
    })
  },
)

test('what was asked for and cannot work: exit 1, and which', async () => {
  stage = await openStage({ keychain: false })
  const config = join(stage.world.folder, 'mcp.json')
  const mcpServers = {
    gone: { command: 'no-such-program' },
    bad: { url: 'nope' },
    here: { command: process.execPath },
  }
  await writeFile(config, JSON.stringify({ mcpServers }))
  const args = ['--mcp-config', config, '--mcp', 'off=http://127.0.0.1:1/mcp', '--token-store', 'keychain']
  const found = await examined(args, {
    BROWSER: 'no-such-browser %s',
    HTTPS_PROXY: 'socks5://localhost:1',
    NODE_EXTRA_CA_CERTS: undefined,
  })
  expect(found).toMatchObject({ code: 1, ok: false, stderr: '' })
  for (const check of ['server gone', 'server off', 'servers', 'browser', 'proxy', 'keychain'])
    expect(found.of(check)).toMatchObject({ check, state: 'fail' })
  expect(found.of('server here')).toMatchObject({ state: 'ok' })
})

more('no runtime, no model, no configuration that can be read', async () => {
  stage = await openStage({ keychain: false })
  const runtime = await examined(FILE, { COPILOT_CLI_PATH: '/nowhere/copilot' })
  expect(runtime).toMatchObject({ code: 1 })
  expect(runtime.of('runtime')).toMatchObject({
    state: 'fail',
    text: expect.stringContaining('/nowhere/copilot'),
  })
  const model = await examined(FILE, { COPILOT_PROVIDER_BASE_URL: undefined })
  expect(model.of('model')).toMatchObject({ state: 'fail' })
  const wrong = await examined([...FILE, '--mcp-config', '/nowhere/mcp.json'])
  expect(wrong).toMatchObject({ code: 1 })
  expect(wrong.of('configuration')).toMatchObject({
    state: 'fail',
    text: expect.stringContaining('/nowhere'),
  })
  await mkdir(stage.place.state, { recursive: true, mode: 0o700 })
  await writeFile(join(stage.place.state, 'config.json'), '{"model": ')
  const damaged = await examined(FILE)
  expect(damaged).toMatchObject({ code: 1, stderr: '' })
  expect(damaged.of('configuration')).toMatchObject({
    state: 'fail',
    text: expect.stringContaining('config.json is not valid JSON'),
  })
  expect(damaged.of('node')).toMatchObject({ state: 'ok' })
})

more('certificates that are no certificates', async () => {
  stage = await openStage({ keychain: false })
  const file = join(await temporaryFolder(), 'ca.pem')
  await writeFile(file, 'nothing')
  const empty = await examined(FILE, { NODE_EXTRA_CA_CERTS: file })
  expect(empty.of('certificates')).toMatchObject({ state: 'fail' })
  const unset = await examined(FILE, { NODE_EXTRA_CA_CERTS: '' })
  expect(unset.of('certificates')).toBeUndefined()
})

test('in a terminal it is asked what it can do, and given back', async () => {
  stage = await openStage({ keychain: false })
  // It asks the terminal, as nothing else of the program may.
  const terminal = stage.open(['doctor', ...FILE], { within: ['env'] })
  const { code } = await terminal.exit
  expect(code).toBe(0)
  expect(terminal.screen()).toMatch(/✓ terminal: xterm-256color, 80 x 24/)
  expect(terminal.screen()).toMatch(/[✓·] synchronized output: /)
  expect(terminal.screen()).not.toContain('does not answer')
})

test.each([
  ['✓', 40, 8],
  ['!', 40, 7],
  ['!', 39, 8],
])('%s for a terminal of %d x %d: what docs/chat.md promises is enough', async (mark, cols, rows) => {
  stage = await openStage({ keychain: false })
  const terminal = stage.open(['doctor', ...FILE], { within: ['env'], cols, rows })
  await terminal.exit
  const lines = terminal.lines().join(' ').replaceAll(/\s+/g, ' ')
  expect(lines).toContain(`${mark} terminal: xterm-256color, ${cols} x ${rows}`)
  expect(lines.includes('40 x 8 is the least')).toBe(mark === '!')
})

test('--bundle: a report for others, without tokens, people and the home folder; never over a file', async () => {
  stage = await openStage({ keychain: false })
  const { url } = stage.world.mcp
  const login = ['auth', 'login', url, '--sign-in', 'browser', '--account', 'work', ...FILE]
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  const args = ['doctor', ...notes(), ...FILE, '--bundle']
  const key = 'sk-very-secret-key-of-mine-1234567890'
  const first = await stage.run(args, { env: { COPILOT_PROVIDER_API_KEY: key } })
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('copilot-host-report.json') })
  const path = join(stage.world.work, 'copilot-host-report.json')
  const report = await readFile(path, 'utf8')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(JSON.parse(report)).toMatchObject({
    signIns: [{ outcome: 'signed-in' }],
    findings: expect.any(Array),
  })
  expect(report).toContain('COPILOT_PROVIDER_API_KEY is set')
  expect(report).not.toContain(key)
  expect(report).not.toMatch(/eyJ|ada@example\.com|Ada/)
  const again = await stage.run(args)
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is there already') })
  const other = await stage.run([...args, 'other.json'])
  expect(other.code).toBe(0)
  await mkdir(join(stage.world.work, 'folder'))
  expect(await stage.run([...args, 'folder'])).toMatchObject({ code: 1 })
})
