import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { count, leave, panel, prompted, say } from '../support/person.ts'

/** What the runtime does not ask about: a token that is refused where it raises no request. */
let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const renewals = () => stage.world.authorizationServer.count('token', 'refresh_token')
const signIns = () => stage.world.authorizationServer.count('token', 'authorization_code')

/** A person who has signed in once; the hash of the token that the server has seen since. */
async function signedIn() {
  stage = await openStage()
  const env = { BROWSER: stage.browser() }
  const login = await stage.run(['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser'], { env })
  expect(login).toMatchObject({ code: 0 })
  return { env, token: stage.world.mcp.requests.findLast(({ status }) => status === 200)?.tokenHash }
}

test.each([
  ['its list of tools', 'tools/list'],
  ['its start', 'server/discover'],
])('a token that the server refuses at %s is renewed, and nobody is asked', async (_where, method) => {
  const { token } = await signedIn()
  stage.world.mcp.rejectTokens(request => request.method === method && request.tokenHash === token)
  const answered = await stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools'])
  expect(answered).toMatchObject({ code: 0, stderr: '' })
  expect(answered.stdout).toContain('You are signed in as Ada')
  expect([renewals(), signIns()]).toEqual([1, 1])
})

test('C-03: a server that refuses every token at its list of tools: one renewal, one line, exit 4', async () => {
  await signedIn()
  stage.world.mcp.rejectTokens(request => request.method === 'tools/list')
  const refused = await stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools'])
  expect(refused).toMatchObject({ code: 4, stdout: '' })
  expect(refused.stderr).toBe('notes does not accept the token that it was given\n')
  expect([renewals(), signIns()]).toEqual([1, 1])
})

test('C-03: the same for auth login: two sign-ins at most, exit 4', async () => {
  stage = await openStage()
  stage.world.mcp.rejectTokens(request => request.method === 'tools/list')
  const env = { BROWSER: stage.browser() }
  const login = await stage.run(['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser'], { env })
  expect(login).toMatchObject({ code: 4 })
  expect(login.stderr).toContain('notes does not accept the token that it was given')
  expect(signIns()).toBeLessThanOrEqual(2)
})

test('in a chat: the person is told, the chat goes on, and /login signs in anew', async () => {
  const { env } = await signedIn()
  stage.world.mcp.rejectTokens(request => request.method === 'tools/list')
  const chat = stage.open(['chat', ...notes(), '--allow-tool', 'notes'], { env })
  await chat.until(() => chat.screen().includes('notes does not accept the token that it was given'))
  await prompted(chat)
  stage.world.mcp.rejectTokens(undefined)
  await say(chat, '/login notes')
  await panel(chat, 'Sign in to notes')
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'))
  await say(chat, 'who am i?')
  await chat.until(() => chat.screen().includes('You are signed in as Ada'))
  await leave(chat)
})

test('a reload for one server says nothing about the healthy ones', async () => {
  const { env, token } = await signedIn()
  stage.world.mcp.rejectTokens(request => request.method === 'tools/list' && request.tokenHash === token)
  const other = await openStage()
  try {
    const two = [...notes(), '--mcp', `other=${other.world.mcp.url}`]
    const login = ['auth', 'login', 'other', ...two, '--sign-in', 'browser']
    expect(await stage.run(login, { env })).toMatchObject({ code: 0 })
    const chat = stage.open(['chat', ...two, '--allow-tool', 'notes'], { env })
    await say(chat, 'CALL notes-whoami {}')
    await chat.until(() => chat.screen().includes('You are signed in as Ada'))
    expect(count(chat.lines().join('\n'), 'other')).toBe(0)
    expect(other.world.authorizationServer.count('token', 'authorization_code')).toBe(1)
    await leave(chat)
  } finally {
    await other.close()
  }
})

test('resume: tools that are known from last time ask for the sign-in when they are called', async () => {
  const { env } = await signedIn()
  const chat = stage.open(['chat', ...notes(), '--allow-tool', 'notes'], { env })
  await say(chat, 'who am i?')
  await chat.until(() => chat.screen().includes('You are signed in as Ada'))
  await leave(chat)
  stage.world.authorizationServer.revokeAll()
  const again = stage.open(['resume', ...notes(), '--allow-tool', 'notes'], { env })
  await panel(again, 'Sign in to notes')
  await again.keys('b')
  await again.until(() => again.screen().includes('signed in to notes'))
  await say(again, 'CALL whoami {"again":true}')
  await again.until(() => stage.world.mcp.calls('whoami') === 2)
  await leave(again)
})
