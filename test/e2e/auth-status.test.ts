import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'

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

test('nobody signed in: one line and the next step, exit 4 for a server that was named', async () => {
  stage = await openStage()
  expect(await auth('list')).toMatchObject({ code: 0, stdout: 'nobody is signed in to any server\n' })
  expect(await auth('status')).toMatchObject({ code: 0, stdout: 'nobody is signed in to any server\n' })
  expect(await auth('list', '--json')).toMatchObject({ code: 0, stdout: '[]\n' })
  const named = await auth('status', 'notes')
  expect(named).toEqual({
    code: 4,
    stdout: '',
    stderr: 'nobody is signed in to notes. Run: copilot-host auth login notes\n',
  })
  expect(await auth('status', 'linear')).toMatchObject({ code: 2 })
})

test('reset: signed out, and the client is registered anew the next time', async () => {
  await signedIn()
  expect(await auth('reset', 'notes')).toMatchObject({ code: 0, stdout: 'forgot everything about notes\n' })
  expect(await auth('client', 'show', 'notes')).toMatchObject({ code: 1 })
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  expect(stage.world.authorizationServer.count('registration')).toBe(2)
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
  expect(plan.stdout).toMatch(/rights +notes\.read, notes\.write, offline_access/)
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

test('status --for: a sign-in that cannot be renewed and is too short is told, with exit 4', async () => {
  stage = await openStage({ authorizationServer: { refreshTokens: false } })
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  expect(await auth('status', '--for', '30m')).toMatchObject({ code: 0 })
  const short = await auth('status', '--for', '8h')
  expect(short).toMatchObject({ code: 4 })
  expect(short.stdout).toMatch(/good for (59|60) min: too short\. Run: copilot-host auth login notes/)
})
