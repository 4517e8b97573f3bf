import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { describeWithKeychain } from '../support/keychain.ts'
import { more } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const logout = (...args: string[]) => stage.run(['auth', 'logout', ...args, ...notes()])
const ask = () => stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools'])

async function signedIn(options: Parameters<typeof openStage>[0] = {}) {
  stage = await openStage(options)
  const env = { BROWSER: stage.browser() }
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env })).toMatchObject({ code: 0 })
}

test('tells the sign-in server, forgets here, and the next run needs a sign-in again', async () => {
  await signedIn()
  expect(await ask()).toMatchObject({ code: 0 })
  expect(await logout('notes')).toEqual({ code: 0, stdout: 'signed out of notes\n', stderr: '' })
  const revoked = stage.world.authorizationServer.requests.filter(({ endpoint }) => endpoint === 'revocation')
  expect(revoked.map(({ parameters }) => parameters.token_type_hint)).toEqual([
    'refresh_token',
    'access_token',
  ])
  const again = await ask()
  expect(again).toMatchObject({ code: 4, stdout: '' })
  expect(again.stderr).toContain('notes needs a sign-in (first use)')

  expect(await logout('notes')).toEqual({ code: 0, stdout: '', stderr: 'nobody is signed in to notes\n' })
  expect(await logout('--all')).toEqual({
    code: 0,
    stdout: 'nobody is signed in to any server\n',
    stderr: '',
  })
})

more('--all, by address, and the registration of the app is used again', async () => {
  await signedIn()
  expect(await stage.run(['auth', 'logout', stage.world.mcp.url])).toMatchObject({ code: 0, stderr: '' })
  const env = { BROWSER: stage.browser() }
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  expect(await stage.run(login, { env })).toMatchObject({ code: 0 })
  expect(stage.world.authorizationServer.count('registration')).toBe(1)
  expect(await logout('--all')).toMatchObject({ code: 0, stdout: 'signed out of notes\n' })
})

more('names and --all: one of them is a mistake, and nothing is ended', async () => {
  await signedIn()
  expect(await logout('notes', '--all')).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: 'name the servers to sign out of or say --all, not both\n',
  })
  expect(await ask()).toMatchObject({ code: 0 })
})

more('a sign-in server that is away is no reason to stay signed in, and is said', async () => {
  await signedIn()
  await stage.world.authorizationServer.close()
  const { code, stdout, stderr } = await logout('notes')
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'signed out of notes\n' })
  expect(stderr).toMatch(
    /^127\.0\.0\.1:\d+ was not told \(.* cannot be reached\): end the access of copilot-host/,
  )
  expect(await ask()).toMatchObject({ code: 4 })
})

describeWithKeychain('a keychain that is locked by now', () => {
  test('is said, exit 1; what it still holds is void when it is open again', async () => {
    await signedIn()
    await stage.keychain?.lock()
    const { code, stdout, stderr } = await logout('notes')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^notes: the token store cannot be used: .*locked/),
      'signed out of notes here; the copy in the keychain is deleted when it can be reached again',
      expect.stringMatching(
        /^127\.0\.0\.1:\d+ was not told \(.*\): end the access of copilot-host in your account/,
      ),
    ])
    expect(await logout('notes')).toMatchObject({ code: 0, stderr: 'nobody is signed in to notes\n' })
    await stage.keychain?.unlock()
    const again = await ask()
    expect(again).toMatchObject({ code: 4, stdout: '' })
    expect(again.stderr).toContain('notes needs a sign-in')
  })
})

more('a server that nobody knows is answered with those there are to sign out of', async () => {
  await signedIn()
  const { code, stderr } = await stage.run(['auth', 'logout', 'linear'])
  expect(code).toBe(2)
  expect(stderr).toContain(`there is no server "linear" (servers: ${stage.world.mcp.url})`)
  // Nor is there a server to add, but there is one that is kept.
  expect(await stage.run(['auth', 'account'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${stage.world.mcp.url}: default, in use`),
  })
  const nobody = await logout('notes', '--account', 'nope')
  expect(nobody).toMatchObject({ code: 2, stdout: '' })
  expect(nobody.stderr).toMatch(/^notes has no account "nope" \(accounts: [^;]*\)\n$/)
})

test.each([
  ['no server', [], 'name the servers to sign out of, or say --all'],
  ['a server that is not configured', ['linear'], 'there is no server "linear" (servers: notes)'],
  ['another scheme', ['ftp://example.com/mcp'], 'the address of a server must be https'],
  ['no address', ['http://example.com/mcp'], 'is not https'],
])('wrong usage: %s', async (_what, args, text) => {
  stage = await openStage({ keychain: false })
  const { code, stdout, stderr } = await logout(...args)
  expect({ code, stdout }).toEqual({ code: text === 'is not https' ? 4 : 2, stdout: '' })
  expect(stderr).toContain(text)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
