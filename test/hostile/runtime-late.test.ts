import { describe, expect, type TestContext, test } from 'vitest'
import { type FakeChats, keysLive, openFakeChats } from '../support/fake-chat.ts'
import { SOON } from '../support/patience.ts'
import { composer, count, leave, say, unwrapped } from '../support/person.ts'
import { KEY } from '../support/terminal.ts'

async function open({ onTestFinished }: TestContext): Promise<FakeChats> {
  const chats = await openFakeChats()
  onTestFinished(() => chats.close())
  return chats
}

// Side by side: all that they do is wait.
describe.concurrent('J-13 late answers', () => {
  test('J-13 mute: told after 30 s, exit 3, and what was typed is not lost', async context => {
    const chats = await open(context)
    const chat = chats.open('mute')
    await say(chat, 'early')
    await keysLive(chat)
    expect((await chat.exit).code).toBe(3)
    expect(unwrapped(chat)).toMatch(/did not answer in 30 s.*not sent: early/s)
  })

  test.for(['connect', 'session.create', 'session.eventLog.registerInterest'])(
    '%s comes after 15 s: told, keys and Esc live, and the message goes then',
    async (method, context) => {
      const chats = await open(context)
      const chat = chats.open('fine', { late: { [method]: 15_000 } })
      await say(chat, 'early')
      await chat.until(() => chat.screen().includes('› early  queued'))
      await chat.until(() => chat.screen().includes('waiting for the Copilot runtime…'))
      await keysLive(chat)
      const since = performance.now()
      await chat.keys(KEY.escape)
      await chat.until(() => composer(chat) === 'early')
      expect(performance.now() - since).toBeLessThan(SOON)
      expect(chat.screen()).not.toContain('waiting for')
      await chat.keys(KEY.enter)
      await chat.until(() => unwrapped(chat).includes('\nfake reply'))
      expect(chat.screen()).not.toContain('waiting for')
      expect(chats.heard().filter(({ method }) => method === 'session.send')).toHaveLength(1)
      await leave(chat)
    },
  )

  test('a message that is never taken: told after its deadline, and given back', async context => {
    const chats = await open(context)
    const chat = chats.open('fine', { late: { 'session.send': 75_000 } })
    await say(chat, 'slow')
    await chat.until(
      () => unwrapped(chat).includes('! the Copilot runtime stopped answering (session.send'),
      70_000,
    )
    await chat.until(() => composer(chat) === 'slow')
    // Its answer comes now, and is taken for nothing.
    await chat.until(() => count(unwrapped(chat), 'fake reply') === 1)
    await leave(chat)
  }, 150_000)

  test('a run whose prompt is refused ends so, and not as if it had been answered', async context => {
    const chats = await open(context)
    const answers = { 'session.send': { error: 'no' } }
    const run = await chats.stage.run(['chat', '-p', 'hello'], { env: chats.env('fine', { answers }) })
    expect(run).toMatchObject({ code: 1, stdout: '', stderr: 'the Copilot runtime refused: no\n' })
  })

  test('--timeout bounds a run whose runtime has stopped to answer', async context => {
    const chats = await open(context)
    const answers = {
      'session.send': { result: { messageId: 'message' } },
      ...{ 'session.abort': 'none', 'session.destroy': 'none' },
    }
    const since = performance.now()
    const run = await chats.stage.run(['chat', '-p', 'hello', '--timeout', '1s'], {
      env: chats.env('fine', { answers }),
    })
    expect(run).toMatchObject({ code: 1, stderr: 'the time is over (--timeout)\n' })
    expect(performance.now() - since).toBeLessThan(2 * SOON)
  })
})
