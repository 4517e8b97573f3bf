import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeChats, openFakeChats } from '../support/fake-chat.ts'
import { linePerson } from '../support/lines.ts'
import { more } from '../support/more.ts'
import { composer, leave, prompted, say, unwrapped } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let chats: FakeChats
beforeEach(async () => {
  chats = await openFakeChats()
})
afterEach(() => chats.close())

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))
const calls = (method: string) => chats.heard().filter(each => each.method === method)
const hears = (chat: TestTerminal, method: string, times = 1) =>
  chat.until(() => calls(method).length === times)

/** A chat whose first session is there. */
async function begun(args: object, options: readonly string[] = []): Promise<TestTerminal> {
  const chat = chats.open('fine', args, options)
  await prompted(chat)
  await chat.until(() => chat.screen().includes('\nfake · '))
  return chat
}

/** Says it while another session is being opened. */
async function sayMeanwhile(chat: TestTerminal, text: string): Promise<void> {
  await say(chat, '/resume older')
  await hears(chat, 'session.resume')
  await say(chat, text)
  await chat.until(() => chat.screen().includes(`› ${text}  queued`))
}

test('what is sent while another session is being opened waits for that one, and is answered there', async () => {
  const chat = await begun({ late: { 'session.resume': 1500 } })
  await sayMeanwhile(chat, 'hello')
  await sees(chat, 'session older')
  await sees(chat, '\nfake reply')
  expect(calls('session.send').map(({ params }) => params.sessionId)).toEqual(['older'])
  await chat.until(() => !chat.screen().includes('working…'))
  await leave(chat)
})

test('it is given back when the other session cannot be opened, and by Esc', async () => {
  const resume = { late: { 'session.resume': 1500 }, answers: { 'session.resume': { error: 'no' } } }
  const chat = await begun(resume)
  await sayMeanwhile(chat, 'first')
  await chat.keys(KEY.escape)
  await chat.until(() => composer(chat) === 'first')
  await chat.keys(KEY.enter)
  await chat.until(() => chat.screen().includes('› first  queued'))
  await sees(chat, '! the log of session older cannot be read')
  await chat.until(() => composer(chat) === 'first' && !chat.screen().includes('queued'))
  expect(calls('session.send')).toEqual([])
  // The session that it was is still there.
  await chat.keys(KEY.enter)
  await sees(chat, '\nfake reply')
  await leave(chat)
})

more('one whose past cannot be read is closed again', async () => {
  const chat = await begun({ answers: { 'session.eventLog.read': { error: 'no' } } })
  await say(chat, '/resume older')
  await sees(chat, '! the Copilot runtime refused: no')
  expect(calls('session.destroy').map(({ params }) => params.sessionId)).toEqual(['older'])
  await leave(chat)
})

more('two at once are one, and a line', async () => {
  const chat = chats.open('fine', { late: { 'session.create': 1000 } }, ['--plain'])
  const person = linePerson(chat)
  await person.hear('twice it leaves.')
  await person.say('hello')
  await person.hear('ready')
  await chat.keys('/new\n/new\n')
  await person.hear('warning: a session is being opened already')
  await person.say('/model other')
  await person.hear('a new session; /resume')
  await person.hear('refused: Unhandled method session.model.list')
  await person.say('hello')
  await person.hear('ready')
  const [first, second, ...more] = calls('session.create').map(({ params }) => params.sessionId)
  expect(more).toEqual([])
  expect(calls('session.model.list').map(({ params }) => params.sessionId)).toEqual([second])
  expect(calls('session.destroy').map(({ params }) => params.sessionId)).toEqual([first])
  await person.say('/quit')
  expect((await chat.exit).code).toBe(0)
})

more('leaving meanwhile: what waits is told as not sent, and never is', async () => {
  const chat = await begun({ late: { 'session.resume': 1000 } })
  await sayMeanwhile(chat, 'hello')
  await leave(chat)
  expect(unwrapped(chat)).toContain('not sent: hello')
  expect(calls('session.send')).toEqual([])
})

more(
  'while servers still come up, what waits for them says so; they are known before they have said a word',
  async () => {
    // The first answer that names them comes late.
    const args = { late: { 'session.create': 1500 } }
    const chat = chats.open('slow-server', args, ['--mcp', `notes=${chats.stage.world.mcp.url}`])
    await say(chat, '/mcp')
    await say(chat, '/login nots')
    await sees(chat, '! there is no server "nots" here (servers: notes)')
    await sees(chat, '○ notes: connecting')
    await say(chat, '/compact')
    await sees(chat, '○ this happens when the servers are there')
    expect(unwrapped(chat)).not.toContain('no MCP server is configured')
    await leave(chat)
  },
)
