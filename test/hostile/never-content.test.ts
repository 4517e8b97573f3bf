import { afterEach, expect, test } from 'vitest'
import { count, leave, panel, say, unwrapped } from '../support/person.ts'
import { type Meeting, meet } from '../support/strangers.ts'

let meeting: Meeting
afterEach(() => meeting.close())

test('C-06 a server that is never content: two step-ups for the same rights, then a line, and the chat goes on', async () => {
  // It gives every token that is asked for, and none is enough for this tool.
  meeting = await meet([{ name: 'greedy' }])
  const chat = meeting.chat(undefined, ['--allow-all-tools'])
  const pages = () => meeting.at('greedy').requests.filter(({ path }) => path === '/authorize').length
  const signedIn = (times: number) =>
    chat.until(() => count(unwrapped(chat), '✓ signed in to greedy') === times)
  const failed = (times: number) =>
    chat.until(() => count(unwrapped(chat), '✗ greedy · delete_note') === times)
  await panel(chat, 'Sign in to greedy')
  await chat.keys('b')
  await signedIn(1)

  await say(chat, 'CALL delete_note {}')
  for (const times of [2, 3]) {
    await panel(chat, 'greedy asks for more rights')
    await chat.keys('b')
    await signedIn(times)
  }
  await failed(1)
  for (const times of [2, 3]) {
    await say(chat, `CALL delete_note {"again":${times}}`)
    await failed(times)
  }
  const line = '! greedy keeps asking for rights that you were already asked about. /login greedy tries again'
  expect(count(unwrapped(chat), line)).toBe(2)
  expect(pages()).toBe(3)
  const answers = (await meeting.wire.signIns()).map(({ answers }) => answers.join())
  expect(answers).toEqual(['token', 'token', 'token', 'cancelled', 'cancelled'])

  await say(chat, 'CALL whoami {}')
  await chat.until(() => unwrapped(chat).includes('You are signed in as Ada'))
  await leave(chat)
})
