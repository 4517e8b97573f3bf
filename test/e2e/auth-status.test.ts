import { afterEach, expect, onTestFinished, test } from 'vitest'
import { webUrl } from '../../src/auth/url.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { html, raw, startFaultyServer } from '../support/faulty-server.ts'
import { filesOf, inTokenFile } from '../support/kept.ts'
import { more } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const auth = (...args: string[]) => stage.run(['auth', ...args, ...notes()])

async function signedIn() {
  stage = await openStage()
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
}

test('list and status: who, where, which rights, kept where, how long; never a token', async () => {
  await signedIn()
  const { authorizationServer: as, mcp } = stage.world
  const issuer = new URL(as.issuer).host
  const list = await auth('list')
  expect(list).toMatchObject({ code: 0, stderr: '' })
  expect(list.stdout).toMatch(
    new RegExp(`^notes {2}signed in at ${issuer} since \\d{4}-\\d\\d-\\d\\d, kept in .*\\n$`),
  )
  const status = await auth('status', 'notes')
  expect(status).toMatchObject({ code: 0, stderr: '' })
  expect(status.stdout.split('\n')).toEqual([
    `notes  ${mcp.url}`,
    expect.stringMatching(new RegExp(`^ {2}signed in.* at ${issuer} since \\d{4}-\\d\\d-\\d\\d$`)),
    '  rights: notes.read',
    expect.stringMatching(/^ {2}kept in .*; good for (59|60) min, then renewed by itself$/),
    '  the server accepts it',
    '',
  ])
  expect(await auth('status', '--for', '8h')).toMatchObject({ code: 0 })
  expect(await auth('status', '--for', 'long')).toMatchObject({ code: 2 })
  const json = await auth('status', '--json')
  expect(JSON.parse(json.stdout)).toEqual([
    expect.objectContaining({
      server: 'notes',
      url: mcp.url,
      issuer: as.issuer,
      state: 'good',
      scopes: ['notes.read'],
      renewable: true,
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
    }),
  ])
  expect(`${json.stdout}${status.stdout}${list.stdout}`).not.toMatch(/eyJ|[A-Za-z0-9_-]{60}/)
})

more('nobody signed in: one line and the next step, exit 4 for a server that was named', async () => {
  stage = await openStage()
  expect(await auth('list')).toMatchObject({ code: 0, stdout: 'nobody is signed in to any server\n' })
  expect(await auth('status')).toMatchObject({ code: 0, stdout: 'nobody is signed in to any server\n' })
  expect(await auth('list', '--json')).toMatchObject({ code: 0, stdout: '[]\n' })
  const named = await auth('status', 'notes')
  expect(named).toEqual({
    code: 4,
    stdout: '',
    stderr: expect.stringContaining(
      `nobody is signed in to notes. Run: copilot-host auth login ${stage.world.mcp.url}`,
    ),
  })
  expect(await auth('status', 'linear')).toMatchObject({ code: 2 })
})

test('reset: signed out, and the client is registered anew the next time', async () => {
  await signedIn()
  const at = new URL(stage.world.authorizationServer.issuer).host
  const forgotten = `forgot the client of notes at ${at}\nforgot that notes signs in at ${at}\n`
  expect(await auth('reset', 'notes')).toEqual({
    code: 0,
    stdout: `signed out of notes\n${forgotten}`,
    stderr: '',
  })
  expect(await auth('reset', 'notes')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'nothing is kept about notes\n',
  })
  expect(await auth('client', 'show', 'notes')).toMatchObject({ code: 1 })
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  expect(stage.world.authorizationServer.count('registration')).toBe(2)

  // Signed out before: the client and the sign-in server are forgotten all the same.
  expect(await auth('logout', 'notes')).toMatchObject({ code: 0 })
  expect(await auth('reset', 'notes')).toEqual({ code: 0, stdout: forgotten, stderr: '' })
  expect(await auth('client', 'show', 'notes')).toMatchObject({ code: 1 })
})

test('log: what became of each sign-in and renewal, without anything secret', async () => {
  await signedIn()
  const { authorizationServer: as } = stage.world
  as.setAccessTokenTtl(1)
  as.expireAccessTokens()
  await stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools'])
  as.revokeAll()
  await stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools'])
  const log = (...args: string[]) => stage.run(['auth', 'log', ...args])
  const { code, stdout } = await log()
  expect(code).toBe(0)
  const lines = stdout.trim().split('\n')
  const host = new URL(as.issuer).host
  expect(lines[0]).toMatch(
    new RegExp(`^\\d{4}-.* {2}notes {2}signed-in .*at ${host} {2}by browser {2}\\(initial`),
  )
  expect(lines.filter(line => line.includes('  renewed  '))).not.toEqual([])
  expect(lines.at(-1)).toMatch(/notes {2}sign-in-needed {2}\(\w+\)/)
  const json = await log('--json', '--limit', '1')
  expect(JSON.parse(json.stdout)).toEqual([expect.objectContaining({ outcome: 'sign-in-needed' })])
  expect(`${stdout}${json.stdout}`).not.toMatch(/eyJ|[A-Za-z0-9_-]{60}/)
  expect(await log('--limit', 'many')).toMatchObject({ code: 2 })
})

test('plan: what would happen, and nothing does', async () => {
  stage = await openStage()
  const { authorizationServer: as, mcp } = stage.world
  const plan = await auth('plan', 'notes')
  expect(plan).toMatchObject({ code: 0, stderr: '' })
  expect(plan.stdout).toMatch(/client +would be registered/)
  expect(plan.stdout).toMatch(/rights +notes\.read, offline_access/)
  expect(plan.stdout).toMatch(/signed in +no/)
  expect(plan.stdout).toContain('Without a person (CI) it would end with exit 4')
  expect(as.requests).toEqual([])

  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  const again = JSON.parse((await auth('plan', 'notes', '--json')).stdout)
  expect(again).toMatchObject({
    ...{ server: 'notes', url: mcp.url, issuer: as.issuer, client: 'registered', signedIn: true },
    unattended: true,
  })
  await as.close()
  const away = await auth('plan', 'notes')
  expect(away).toMatchObject({ code: 4 })
  expect(away.stdout).toMatch(/A sign-in would not work: .* cannot be reached/)
})

more('status --for: a sign-in that cannot be renewed and is too short is told, with exit 4', async () => {
  stage = await openStage({ authorizationServer: { refreshTokens: false } })
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  expect(await auth('status', '--for', '30m')).toMatchObject({ code: 0 })
  const short = await auth('status', '--for', '8h')
  expect(short).toMatchObject({ code: 4 })
  expect(short.stdout).toMatch(/good for (59|60) min: too short\. Run: copilot-host auth login http:/)
})

more(
  'status asks the servers passively: what each makes of its token, and nothing changes by it',
  async () => {
    stage = await openStage({ keychain: false })
    const { authorizationServer: as, mcp } = stage.world
    const file = ['--token-store', 'file']
    const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser', ...file]
    expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
    const servers = await Promise.all(
      [
        raw('', { 'www-authenticate': 'Bearer error="insufficient_scope", scope="notes.write"' }, 403),
        html(),
        raw('', {}, 401),
      ].map(fault => startFaultyServer({ '/mcp': fault })),
    )
    onTestFinished(async () => {
      for (const server of servers) await server.close()
    })
    await inTokenFile(stage, async store => {
      const issuer = as.issuer
      const grant = await store.read({ server: webUrl(mcp.url, 'the test'), issuer })
      if (grant === undefined) throw new Error('nobody is signed in')
      for (const server of servers) {
        const url = webUrl(server.mcp, 'the test')
        await store.write({ server: url, issuer }, { ...grant, resource: url, refresh: undefined })
      }
    })
    const before = await filesOf(stage)
    const requests = as.requests.length
    const status = (...args: string[]) => auth('status', ...args, ...file)

    const all = await status()
    expect(all).toMatchObject({ code: 0, stderr: '' })
    const [rights, page, refused] = servers.map(({ mcp }) => mcp)
    expect(all.stdout.split('\n').filter(line => /^ {2}the server/.test(line))).toEqual([
      '  the server accepts it',
      `  the server wants more rights: notes.write. Run: copilot-host auth login ${rights} --token-store file`,
      `  the server could not be asked: ${new URL(page ?? '').host} gave a web page: is there a proxy or a login page in between?`,
      `  the server REFUSES it (status 401). Run: copilot-host auth login ${refused} --token-store file`,
    ])
    as.expireAccessTokens()
    const named = await status('notes')
    expect(named).toMatchObject({ code: 4 })
    expect(named.stdout).toMatch(
      /the server REFUSES it \(invalid_token: .*\)\. The next run tries to renew it\./,
    )
    expect(await status(page ?? '')).toMatchObject({ code: 0 })
    expect(await status(rights ?? '')).toMatchObject({ code: 4 })

    const asked = mcp.requests.length
    expect((await status('--offline')).stdout).not.toContain('the server')
    expect(mcp.requests.length).toBe(asked)
    expect(await filesOf(stage)).toEqual(before)
    expect(as.requests.length).toBe(requests)
  },
)
