import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { aged, changeKept } from '../support/kept.ts'
import { more } from '../support/more.ts'

const MINUTE = 60_000

let stage: Stage
afterEach(() => stage.close())

const FILE = ['--token-store', 'file']
const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`, ...FILE]
const ask = (...args: string[]) => ['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools', ...args]
const renewals = () => stage.world.authorizationServer.count('token', 'refresh_token')

async function signedIn(options: Parameters<typeof openStage>[0] = {}) {
  stage = await openStage({ keychain: false, ...options })
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
}

test('a run without a person renews first what ends within its time, and uses nothing older', async () => {
  await signedIn()
  expect(await stage.run(ask())).toMatchObject({ code: 0, stderr: '' })
  const [old] = stage.world.mcp.requests.flatMap(({ tokenHash = [] }) => tokenHash)
  expect(renewals()).toBe(0)

  await changeKept(stage, aged(40 * MINUTE))
  const before = stage.world.mcp.requests.length
  expect(await stage.run(ask('--for', '10m'))).toMatchObject({ code: 0, stderr: '' })
  expect(renewals()).toBe(0)
  expect(await stage.run(ask())).toMatchObject({ code: 0, stderr: '' })
  expect(renewals()).toBe(1)
  const used = new Set(stage.world.mcp.requests.slice(before).flatMap(({ tokenHash = [] }) => tokenHash))
  expect(used.has(old ?? '')).toBe(true)
  expect(used.size).toBe(2)
  expect(stage.world.mcp.requests.at(-1)?.tokenHash).not.toBe(old)
  const log = await stage.run(['auth', 'log', '--json'])
  expect(JSON.parse(log.stdout)).toEqual([
    expect.objectContaining({ outcome: 'signed-in' }),
    expect.objectContaining({ outcome: 'renewed', server: 'notes' }),
  ])
})

more('of several accounts only the one that the run uses is renewed first', async () => {
  await signedIn()
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser', '--account', 'work']
  const env = { BROWSER: stage.browser({ as: 'grace@example.com' }) }
  expect(await stage.run(login, { env })).toMatchObject({ code: 0 })
  await changeKept(stage, aged(40 * MINUTE))
  expect((await stage.run(ask())).stdout).toContain('You are signed in as Grace')
  expect(renewals()).toBe(0)
  const first = await stage.run(ask('--account', 'default'))
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toContain('You are signed in as Ada')
  expect(renewals()).toBe(1)
})

more('what cannot be renewed is told in one line with the next step, and the run goes on', async () => {
  await signedIn({ authorizationServer: { refreshTokens: false } })
  await changeKept(stage, aged(20 * MINUTE))
  const told = await stage.run(ask())
  expect(told).toMatchObject({ code: 0 })
  expect(told.stdout).toContain('You are signed in as Ada')
  expect(told.stderr).toMatch(
    /^notes: the sign-in ends in (39|40) minutes and cannot be renewed\. Run: copilot-host auth login http:\S+ --token-store file\n$/,
  )
  expect(await stage.run(ask('--for', '30m'))).toMatchObject({ code: 0, stderr: '' })

  await changeKept(stage, aged(60 * MINUTE))
  const ended = await stage.run(ask())
  expect(ended).toMatchObject({ code: 4, stdout: '' })
  expect(ended.stderr).toMatch(/^notes: the sign-in has ended and cannot be renewed\. Run: .*\n$/)
})

more('a sign-in server that is away is told, and the token that still lasts is used', async () => {
  await signedIn()
  await changeKept(stage, aged(50 * MINUTE))
  await stage.world.authorizationServer.close()
  const { code, stderr } = await stage.run(ask())
  expect(code).toBe(0)
  expect(stderr).toMatch(
    /^notes: the sign-in could not be renewed \(.*\), which is tried again when it is needed\n$/,
  )
})

more('a sign-in that was withdrawn is told once, with the next step', async () => {
  await signedIn()
  await changeKept(stage, aged(90 * MINUTE))
  stage.world.authorizationServer.revokeAll()
  const { code, stdout, stderr } = await stage.run(ask())
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  expect(stderr).toMatch(
    /^notes: the sign-in is over: it could not be renewed \(.*\)\. Run: copilot-host auth login .*\n$/,
  )
})

test('--unattended asks nobody, also in a terminal', async () => {
  stage = await openStage({ keychain: false })
  const terminal = stage.open(ask('--unattended'))
  expect(await terminal.exit).toMatchObject({ code: 4 })
  expect(terminal.lines().join('\n')).toContain(
    'notes needs a sign-in (first use). Run: copilot-host auth login',
  )
  expect(terminal.lines().join('\n')).not.toContain('Choice')
  expect(stage.world.authorizationServer.requests).toEqual([])

  const typing = stage.open(['chat', '--unattended'])
  expect(await typing.exit).toMatchObject({ code: 2 })
  expect(typing.screen()).toContain('give it with -p or on standard input')
  for (const mode of ['auto', 'paste']) {
    const { code, stderr } = await stage.run(ask('--unattended', '--sign-in', mode))
    expect(code).toBe(2)
    expect(stderr).toBe(`--sign-in ${mode} asks a person, and --unattended asks nobody\n`)
  }
})

test('auth status --for --renew renews first, and exits 4 only for what nobody can renew', async () => {
  await signedIn()
  const status = (...args: string[]) => stage.run(['auth', 'status', ...notes(), ...args])
  await changeKept(stage, aged(40 * MINUTE))
  expect(await status('--for', '8h')).toMatchObject({ code: 0 })
  expect(renewals()).toBe(0)
  const renewed = await status('--for', '8h', '--renew', '--json')
  expect(renewed).toMatchObject({ code: 0, stderr: '' })
  const [entry] = JSON.parse(renewed.stdout)
  expect(entry).toMatchObject({ renewed: true, lapses: false, state: 'good', live: { state: 'accepted' } })
  expect(Date.parse(entry.renewedAt)).toBeGreaterThan(Date.now() - MINUTE)
  expect(renewals()).toBe(1)
  expect((await status('--renew')).stdout).toContain('  last renewed 0 min ago\n')
  expect(renewals()).toBe(1)

  // A refresh token whose end is known: renewed by itself until then, and no longer.
  await changeKept(stage, grant => ({ ...grant, refreshExpiresAt: grant.receivedAt + 120 * MINUTE }))
  expect(await status('--for', '1h')).toMatchObject({ code: 0 })
  const lapsing = await status('--for', '8h')
  expect(lapsing).toMatchObject({ code: 4 })
  expect(lapsing.stdout).toContain('too short. Run: copilot-host auth login http')

  stage.world.authorizationServer.revokeAll()
  await changeKept(stage, aged(90 * MINUTE))
  const over = await status('--for', '8h', '--renew')
  expect(over).toMatchObject({ code: 4 })
  expect(over.stdout).toMatch(/it has ended[\s\S]*it could not be renewed: .* no longer accepts this sign-in/)
})

more('auth status --renew without --for says nothing of how long a sign-in has to last', async () => {
  await signedIn()
  stage.world.authorizationServer.revokeAll()
  await changeKept(stage, aged(90 * MINUTE))
  const over = await stage.run(['auth', 'status', ...notes(), '--renew', '--json'])
  expect(over).toMatchObject({ code: 0 })
  const [entry] = JSON.parse(over.stdout)
  expect(entry).toMatchObject({ state: 'ended', trouble: expect.any(String) })
  expect(entry).not.toHaveProperty('lapses')
})
