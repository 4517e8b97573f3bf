import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeChats, openFakeChats } from '../support/fake-chat.ts'
import { composer, prompted, restored, say, unwrapped } from '../support/person.ts'

let chats: FakeChats
beforeEach(async () => {
  chats = await openFakeChats()
})
afterEach(() => chats.close())

test('a chat whose session cannot be opened tells what waited, and what was being written', async () => {
  const args = { late: { 'session.create': 2500 }, answers: { 'session.create': { error: 'no' } } }
  const chat = chats.open('fine', args)
  await say(chat, 'a message that waits')
  await chat.until(() => composer(chat) === '')
  await chat.keys('half a thought')
  expect((await chat.exit).code).toBe(1)
  expect(unwrapped(chat)).toContain('not sent: a message that waits\nnot sent: half a thought')
  restored(chat)
})

test('a signal: what was being written is told', async () => {
  const chat = chats.open('fine')
  await prompted(chat)
  await chat.keys('half a thought')
  await chat.until(() => composer(chat) === 'half a thought')
  process.kill(chat.pid, 'SIGTERM')
  expect((await chat.exit).code).toBe(143)
  expect(unwrapped(chat)).toContain('not sent: half a thought')
  restored(chat)
})
