import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'
import { composer, leave, panel, prompted, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const signIns = () => stage.world.authorizationServer.count('token', 'authorization_code')

test('later: the turn goes on, and a sign-in in another terminal brings the server back by itself', async () => {
  stage = await openStage()
  const env = { BROWSER: stage.browser() }
  const chat = stage.open(['chat', ...notes(), '--allow-all-tools'], { env })
  await panel(chat, 'Sign in to notes')
  await chat.keys('l')
  await chat.until(() => chat.screen().includes('sign-in waiting: notes'))
  await say(chat, 'who am i?')
  await chat.until(() => chat.screen().includes('notes is not connected'))

  const login = await stage.run(['auth', 'login', ...notes(), 'notes', '--sign-in', 'browser'], { env })
  expect(login.code).toBe(0)
  await chat.until(() => chat.screen().includes('notes: signed in from another terminal'))
  await chat.until(() => !chat.screen().includes('sign-in waiting'))
  // The model has seen that the server was not there: the next message tells it.
  await say(chat, 'who am i?')
  await chat.until(() => chat.screen().includes('› notes is signed in now. who am i?'))
  await chat.until(() => chat.screen().includes('You are signed in as Ada'))
  await leave(chat)
  expect(signIns()).toBe(1)
})

/** A chat that is signed in, and in which more rights were put off. */
async function postponed(): Promise<TestTerminal> {
  stage = await openStage()
  const chat = stage.open(['chat', ...notes(), '--allow-all-tools'], { env: { BROWSER: stage.browser() } })
  await panel(chat, 'Sign in to notes')
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'))
  await say(chat, 'delete my newest note')
  await panel(chat, 'more rights')
  await chat.keys('l')
  await chat.until(() => chat.screen().includes('sign-in waiting: notes'))
  return chat
}

test('more rights later: /login asks for them, and the call that failed is offered again', async () => {
  const chat = await postponed()
  await prompted(chat)
  await say(chat, '/login notes')
  await panel(chat, 'delete_note needs a right that you have not given yet')
  await chat.keys(KEY.escape)
  // Declined is not later; and who has declined more rights is signed in all the same.
  await chat.until(() => chat.screen().includes('sign-in cancelled. /login notes asks again'))
  await chat.until(() => !/sign-in waiting|not signed in/.test(chat.screen()))
  await prompted(chat)
  await say(chat, '/login notes')
  await panel(chat, 'more rights')
  await chat.keys('b')
  const offer = 'notes is signed in now. Please try delete_note again.'
  await chat.until(() => composer(chat) === offer)
  await chat.keys(KEY.enter)
  await chat.until(() => chat.screen().includes('The newest note of Ada is deleted.'))
  await leave(chat)
})

more(
  'more rights later, given to the next call that needs them: that call goes on, and nothing is offered to be done twice',
  async () => {
    const chat = await postponed()
    await say(chat, 'delete my newest note')
    await panel(chat, 'more rights')
    await chat.keys('b')
    await chat.until(() => chat.screen().includes('The newest note of Ada is deleted.'))
    await chat.until(() => !chat.screen().includes('working'))
    expect(composer(chat)).toBe('')
    await leave(chat)
  },
)

test('two terminals, one sign-in: the panel of the other one goes away', async () => {
  stage = await openStage()
  const env = { BROWSER: stage.browser() }
  const first = stage.open(['chat', ...notes(), '--allow-all-tools'], { env })
  const second = stage.open(['chat', ...notes(), '--allow-all-tools'], { env })
  await panel(second, 'Sign in to notes')
  await panel(first, 'Sign in to notes')
  await first.keys('b')
  await first.until(() => first.screen().includes('signed in to notes'))
  await second.until(() => second.screen().includes('notes: signed in from another terminal'))
  await say(second, 'who am i?')
  await second.until(() => second.screen().includes('You are signed in as Ada'))
  expect(signIns()).toBe(1)
  await leave(second)
  await leave(first)
})
