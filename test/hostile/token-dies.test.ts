import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { count, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
import type { TestTerminal } from '../support/terminal.ts'

const RESULT = '● notes · whoami'

let stage: Stage
let chat: TestTerminal
beforeEach(async () => {
  stage = await openStage({ keychain: false })
  const args = ['chat', '--mcp', `notes=${stage.world.mcp.url}`, '--allow-all-tools']
  chat = stage.open(args, { env: { BROWSER: stage.browser() } })
  await signIn()
})
afterEach(() => stage.close())

async function signIn(times = 1): Promise<void> {
  await panel(chat, 'Sign in to notes')
  await chat.keys('b')
  await chat.until(() => count(unwrapped(chat), '✓ signed in to notes') === times)
  await prompted(chat)
}

/** The tool works, for the nth time. */
async function works(times: number): Promise<void> {
  await chat.until(() => count(unwrapped(chat), RESULT) === times)
  await prompted(chat)
}

const call = () => say(chat, 'CALL whoami {}')

/** Every token is good for one call of a tool, and nothing after it; `also` happens when it ends. */
function endAfterOneCall(also: () => void): void {
  const used = new Set<string | undefined>()
  stage.world.mcp.rejectTokens(({ method, tokenHash }) => {
    if (used.has(tokenHash)) return true
    if (method === 'tools/call') {
      used.add(tokenHash)
      also()
    }
    return false
  })
}

test('C-03: a sign-in that worked and is withdrawn again and again is asked for each time, without limit', async () => {
  await call()
  await works(1)
  for (const times of [2, 3, 4, 5]) {
    // Behind a turn the server is asked for its tools once more; withdrawn in that very moment, the model would have none.
    await say(chat, `SAY settled ${times}`)
    await chat.until(() => unwrapped(chat).includes(`\nsettled ${times}`))
    stage.world.authorizationServer.revokeAll()
    await call()
    await signIn(times)
    await works(times)
  }
  expect(unwrapped(chat)).not.toContain('does not accept')
  await leave(chat)
})

test('C-03: the list of tools is refused behind each call, where the runtime asks nobody: renewed each time', async () => {
  const { authorizationServer } = stage.world
  const renewed = () => authorizationServer.count('token', 'refresh_token')
  endAfterOneCall(() => {})
  for (const times of [1, 2, 3, 4]) {
    const before = renewed()
    await call()
    await works(times)
    await chat.until(() => renewed() > before)
  }
  expect(unwrapped(chat)).not.toMatch(/I have no tool|does not accept/)
  await leave(chat)
})

test('a token that ends before the first message is renewed before that goes to the model', async () => {
  const since = performance.now()
  stage.world.authorizationServer.expireAccessTokens()
  // So long does it count what the server has said of it.
  await chat.until(() => performance.now() - since > 11_000 || undefined, 12_000).catch(() => {})
  await call()
  await works(1)
  expect(unwrapped(chat)).not.toContain('I have no tool')
  await leave(chat)
})

test('C-03: a server that lets in but refuses every call: two sign-ins, one line, and the chat goes on', async () => {
  const { mcp, authorizationServer } = stage.world
  mcp.rejectTokens(({ method }) => {
    if (method !== 'tools/call') return false
    authorizationServer.revokeAll()
    return true
  })
  await call()
  await signIn(2)
  await chat.until(() => unwrapped(chat).includes('notes: the server does not accept the token it was given'))
  await chat.until(() => unwrapped(chat).includes('✗ notes · whoami'))
  expect(authorizationServer.count('token', 'authorization_code')).toBe(2)
  await say(chat, 'SAY alive')
  await chat.until(() => unwrapped(chat).includes('\nalive'))
  await leave(chat)
})
