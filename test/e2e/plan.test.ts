import { createServer } from 'node:net'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { type Fault, json, raw, startFaultyServer } from '../support/faulty-server.ts'
import { aged, changeKept, filesOf } from '../support/kept.ts'
import { describeWithKeychain } from '../support/keychain.ts'
import { more } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const plan = (url: string, ...args: string[]) => stage.run(['auth', 'plan', url, ...args])
const planned = async (url: string, ...args: string[]) => {
  const { code, stdout, stderr } = await plan(url, '--json', ...args)
  return { code, stderr, plan: JSON.parse(stdout) }
}
const entry = (url: string, more: object) => [
  '--mcp-config',
  JSON.stringify({ mcpServers: { notes: { url, ...more } } }),
]

test('what would happen, with the rights of the challenge; nothing is opened, registered or kept', async () => {
  stage = await openStage({ keychain: false })
  const { authorizationServer: as, mcp } = stage.world
  const { code, stdout, stderr } = await plan(mcp.url, '--token-store', 'file')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const issuer = new URL(as.issuer)
  expect(stdout.split('\n').slice(1)).toEqual([
    `  sign-in page  ${issuer.host}`,
    `  issuer        ${issuer.origin}`,
    '  client        would be registered',
    '  rights        notes.read, offline_access',
    expect.stringMatching(/^ {2}ways {10}device, paste, browser$/),
    '  kept in       file',
    '  signed in     no',
    'A sign-in would work. Without a person (CI) it would end with exit 4.',
    expect.stringMatching(
      /^ {2}- nobody is signed in: run copilot-host auth login http:\S+ --token-store file ahead/,
    ),
    '',
  ])
  expect(as.requests).toEqual([])
  expect(mcp.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(['initialize 401'])
  expect(await filesOf(stage)).toEqual({})
})

test('signed in: works without a person here, and says so when it will end', async () => {
  stage = await openStage({ keychain: false, authorizationServer: { refreshTokens: false } })
  const { authorizationServer: as, mcp } = stage.world
  const file = ['--token-store', 'file']
  const login = ['auth', 'login', mcp.url, '--sign-in', 'browser', ...file]
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  await changeKept(stage, grant => ({ ...grant, expiresAt: grant.receivedAt + 7_200_000 }))
  const before = await filesOf(stage)
  const requests = as.requests.length
  expect(await planned(mcp.url, ...file)).toMatchObject({
    code: 0,
    plan: { signedIn: true, unattended: true, client: 'registered', fixes: [], endsAt: expect.any(String) },
  })
  await changeKept(stage, aged(5_400_000))
  const ending = await plan(mcp.url, ...file)
  expect(ending.stdout).toMatch(
    /You are signed in\. Without a person \(CI\) it would end with exit 4\.\n {2}- the sign-in ends at/,
  )
  await changeKept(stage, aged(-5_400_000))
  expect(Object.keys(await filesOf(stage))).toEqual(Object.keys(before))
  expect(as.requests.length).toBe(requests)
})

async function faulty(fault: Fault, metadata: Record<string, unknown> = {}) {
  stage = await openStage({ keychain: false })
  const server = await startFaultyServer({ '/mcp': fault }, metadata)
  onTestFinished(server.close)
  return server
}
const refuse: Fault = raw('', { 'www-authenticate': 'Bearer scope="notes.write"' }, 401)

more('a server that asks for no sign-in', async () => {
  const server = await faulty(json({ jsonrpc: '2.0', id: 1, result: {} }))
  const { code, stdout } = await plan(server.mcp)
  expect(code).toBe(0)
  expect(stdout.split('\n')[1]).toBe(
    'It asks for no sign-in (single tools may still do). A run without a person works.',
  )
  expect(server.requests.map(({ path }) => path)).toEqual(['/mcp'])
  expect((await planned(server.mcp)).plan).toMatchObject({ asks: false, unattended: true, fixes: [] })
})

test.each<[string, Fault, RegExp]>([
  ['cannot be reached', raw('', {}, 404), /no MCP server at this address/],
  ['refuses whoever comes', raw('', {}, 403), /refuses without asking for a sign-in \(status 403\)/],
  [
    'leads to another scheme',
    raw('', { 'www-authenticate': 'Bearer resource_metadata="file:///etc/passwd"' }, 401),
    /unsafe address: the address of the resource metadata has the scheme file:/,
  ],
])('a server that %s: the verdict says why, exit 4', async (_what, fault, why) => {
  const server = await faulty(fault)
  const { code, plan } = await planned(server.mcp)
  expect({ code, trouble: plan.trouble }).toEqual({ code: 4, trouble: expect.stringMatching(why) })
})

more('the issuer is shown as it is asked, not as the server wrote it', async () => {
  const server = await faulty(refuse)
  const { host } = new URL(server.origin)
  const issuer = `http://${host}\\.github.com`
  const resource = { resource: server.mcp, authorization_servers: [issuer] }
  server.break('/.well-known/oauth-protected-resource/mcp', json(resource))
  const document = { issuer, token_endpoint: `${server.origin}/token`, device_authorization_endpoint: issuer }
  server.break('/.well-known/oauth-authorization-server/.github.com', json(document))
  const { code, stdout } = await plan(server.mcp)
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining(`  issuer        http://${host}/.github.com\n`),
  })
})

test('no listener stays, and a fixed port that is taken is told', async () => {
  const server = await faulty(refuse)
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => taken.once('listening', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const fixed = entry(server.mcp, { auth: { redirectPort: port } })
  const moved = await planned('notes', ...fixed)
  expect(moved).toMatchObject({
    ...{
      code: 0,
      plan: { portTrouble: expect.stringContaining(`port ${port} is taken`), scopes: ['notes.write'] },
    },
  })
  const named = await planned('notes', ...fixed, '--token-store', 'memory')
  expect(named.plan.storeTrouble).toBe('sign-ins are kept in memory only')
  await new Promise(resolve => taken.close(resolve))
  expect((await planned('notes', ...fixed)).plan).toMatchObject({ redirect: `http://127.0.0.1:${port}/` })
  const free = createServer().listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => free.once('listening', resolve).once('error', reject))
  await new Promise(resolve => free.close(resolve))
  expect(server.requests.filter(({ path }) => path === '/register')).toEqual([])
})

test('an app that nobody registers, and a client that acts for itself', async () => {
  const server = await faulty(refuse, { registration_endpoint: undefined })
  const asked = await plan(server.mcp)
  expect(asked).toMatchObject({ code: 0 })
  expect(asked.stdout).toMatch(/- the sign-in server registers no apps: copilot-host auth client set/)
  // The name of --mcp means nothing to the next command.
  const flag = await stage.run(['auth', 'plan', 'notes', '--mcp', `notes=${server.mcp}`])
  expect(flag.stdout).toContain(`copilot-host auth client set ${server.mcp} --client-id <id>`)
  const machine = entry(server.mcp, { oauthClientId: 'app', oauthGrantType: 'client_credentials' })
  const store = ['--token-store', 'file']
  const without = await planned('notes', ...machine, ...store)
  expect(without).toMatchObject({
    code: 4,
    plan: { trouble: expect.stringContaining('only with the secret') },
  })
  const set = ['auth', 'client', 'set', 'notes', ...machine, ...store]
  expect(await stage.run(set, { stdin: 'secret\n' })).toMatchObject({ code: 0 })
  expect(await planned('notes', ...machine, ...store)).toMatchObject({
    code: 0,
    plan: { unattended: true, routes: ['credentials'], client: 'configured', fixes: [] },
  })
})

test('a keychain that is not there is told', async () => {
  stage = await openStage({ keychain: false })
  const { plan: found, code } = await planned(stage.world.mcp.url)
  expect(code).toBe(0)
  expect(found.storeTrouble).toContain('no system keychain was found')
  expect(found.fixes.at(-1)).toContain('--token-store file keeps sign-ins in a file of your own')
})

describeWithKeychain('a keychain that is locked', () => {
  test('is told, and nothing is left in it', async () => {
    stage = await openStage()
    await stage.keychain?.lock()
    const { stdout } = await plan(stage.world.mcp.url)
    expect(stdout).toMatch(/kept in +nothing: the system keychain is locked/)
    await stage.keychain?.unlock()
    expect((await plan(stage.world.mcp.url)).stdout).toMatch(/kept in +keychain/)
  })
})
