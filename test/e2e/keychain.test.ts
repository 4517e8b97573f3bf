import { expect, onTestFinished, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { describeWithKeychain } from '../support/keychain.ts'
import { more } from '../support/more.ts'
import { count, leave, panel, prompted, say } from '../support/person.ts'
import { descendants } from '../support/processes.ts'

async function stageOf(options: Parameters<typeof openStage>[0] = {}): Promise<Stage> {
  const stage = await openStage(options)
  onTestFinished(() => stage.close())
  return stage
}

/** Signs in, in a chat that is left again; gives what was on its lines. */
async function signIn(stage: Stage): Promise<string> {
  const chat = stage.open(['chat', '--mcp', `notes=${stage.world.mcp.url}`], {
    env: { BROWSER: stage.browser() },
  })
  await panel(chat, 'Sign in to notes')
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'))
  await prompted(chat)
  const began = performance.now()
  await leave(chat)
  expect(performance.now() - began).toBeLessThan(2900)
  return chat.lines().join('\n')
}

test('K-02 absent: the sign-in works from memory, one line says so and how to change it', async () => {
  const stage = await stageOf({ keychain: false })
  const first = await signIn(stage)
  expect(count(first, '--token-store file')).toBe(1)
  expect(first).toContain('memory')
  // Nothing was kept, so the next chat asks again.
  await signIn(stage)
  expect(stage.world.authorizationServer.count('token', 'authorization_code')).toBe(2)
})

more(
  'a chat without a server to sign in to starts nothing of a keychain; one with a server has it ready',
  async () => {
    const stage = await stageOf({ keychain: false })
    const child = (pid: number) =>
      descendants(pid).filter(({ command }) => command.includes('keychain-child'))
    const alone = stage.open(['chat'])
    await say(alone, 'SAY nothing to sign in to')
    await alone.until(() => count(alone.screen(), 'nothing to sign in to') > 1)
    expect(child(alone.pid)).toEqual([])
    await leave(alone)
    const chat = stage.open(['chat', '--mcp', `notes=${stage.world.mcp.url}`])
    await chat.until(() => child(chat.pid).length === 1)
    await panel(chat, 'Sign in to notes')
    await leave(chat)
  },
)

describeWithKeychain('with a real keychain', () => {
  test('K-01 locked: told apart from empty, nothing is lost, unlocking it brings the sign-in back', async () => {
    const stage = await stageOf()
    await signIn(stage)
    await stage.keychain?.lock()
    const locked = await signIn(stage)
    expect(locked).toContain('locked')
    expect(count(locked, '--token-store file')).toBe(1)
    await stage.keychain?.unlock()
    const chat = stage.open(['chat', '--mcp', `notes=${stage.world.mcp.url}`, '--allow-all-tools'])
    await prompted(chat)
    await chat.until(() =>
      stage.world.mcp.requests.some(({ status, scopes }) => status === 200 && scopes !== undefined),
    )
    expect(stage.world.authorizationServer.count('token', 'authorization_code')).toBe(2)
    await leave(chat)
  })

  test('K-01 hanging: the chat starts, signs in from memory and ends at once', async () => {
    const stage = await stageOf()
    stage.keychain?.stopDaemon()
    onTestFinished(() => stage.keychain?.continueDaemon())
    const hanging = await signIn(stage)
    expect(count(hanging, '--token-store file')).toBe(1)
  })
})
