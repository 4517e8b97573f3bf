import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'
import { allow, composer, count, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
import { KEY } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]

/** A chat in which the person has signed in to notes. */
async function signedIn(options: Parameters<typeof openStage>[0] = {}, args: string[] = []) {
  stage = await openStage(options)
  const env = { BROWSER: stage.browser() }
  const chat = stage.open(['chat', ...notes(), ...args], { env })
  await panel(chat, 'Sign in to notes')
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'))
  return { chat, env }
}

test('a reply streams, Esc interrupts it, and what was received stays', async () => {
  stage = await openStage()
  const chat = stage.open(['chat'])
  await say(chat, 'STREAM n=400 r=40 id=x')
  await chat.until(() => chat.screen().includes('wx-12'))
  await chat.keys(KEY.escape)
  await chat.until(() => /interrupted/i.test(chat.screen()))
  expect(chat.lines().join('\n')).toContain('wx-3')
  await say(chat, 'SAY still here')
  await chat.until(() => count(chat.lines().join('\n'), 'still here') > 1)
  await leave(chat)
  expect(chat.lines().join('\n')).toMatch(/to continue: copilot-host resume [0-9a-f]{8}/)
})

test('resume in a new process: history, provider and servers are there again; by prefix, and without an id', async () => {
  const { chat, env } = await signedIn()
  await say(chat, 'SAY the first answer')
  await chat.until(() => count(chat.lines().join('\n'), 'the first answer') > 1)
  // Nobody has to do anything, and is told so.
  await say(chat, '/login notes')
  await chat.until(() => chat.screen().includes('○ notes is signed in; it connects anew'))
  await leave(chat)
  const id = /resume ([0-9a-f]{8})/.exec(chat.lines().join('\n'))?.[1] ?? 'none'

  for (const args of [['resume', id], ['resume']]) {
    const again = stage.open([...args, ...notes()], { env })
    await prompted(again)
    await again.until(() => again.screen().includes('the first answer'))
    await again.keys(KEY.up)
    await again.until(() => composer(again) !== '')
    await again.keys(KEY.ctrlC)
    await again.until(() => composer(again) === '')
    await say(again, 'who am i?')
    await allow(again)
    await again.until(() => again.screen().includes('You are signed in as Ada'))
    await leave(again)
  }
  expect(stage.world.authorizationServer.count('token', 'authorization_code')).toBe(1)
})

test('refresh: a token refused in the middle of a turn is renewed silently, and the tool goes on', async () => {
  const { chat } = await signedIn({}, ['--allow-tool', 'notes'])
  await say(chat, 'who am i?')
  await chat.until(() => chat.screen().includes('You are signed in as Ada'))
  stage.world.authorizationServer.expireAccessTokens()
  await say(chat, 'CALL whoami {"again":true}')
  await chat.until(() => stage.world.mcp.calls('whoami') === 2)
  expect(stage.world.authorizationServer.count('token', 'refresh_token')).toBe(1)
  expect(stage.world.authorizationServer.count('token', 'authorization_code')).toBe(1)
  await leave(chat)
})

test('upscope: a tool that needs more asks for that right only, and the tool goes on', async () => {
  const { chat } = await signedIn({}, ['--allow-tool', 'notes'])
  await say(chat, 'delete my newest note')
  await panel(chat, 'asks for more rights')
  expect(chat.screen()).toContain('notes.write')
  expect(chat.screen()).toContain('Already given')
  await chat.keys('b')
  await chat.until(() => /deleted/i.test(chat.screen()))
  expect(stage.world.mcp.calls('delete_note')).toBe(1)
  await leave(chat)
})

test('reauth: when renewal is refused too, the person is asked; Esc fails only the tool', async () => {
  const { chat } = await signedIn({}, ['--allow-tool', 'notes'])
  await say(chat, 'CALL whoami {}')
  await chat.until(() => stage.world.mcp.calls('whoami') === 1)
  stage.world.authorizationServer.revokeAll()
  await say(chat, 'CALL whoami {}')
  await panel(chat, 'Sign in to notes')
  await chat.keys(KEY.escape)
  await chat.until(() => chat.screen().includes('sign-in cancelled'))
  // The `reauth` that follows a refused `refresh` of the same call is not shown.
  await say(chat, 'SAY goes on')
  await chat.until(() => count(chat.lines().join('\n'), 'goes on') > 1)
  expect(count(chat.lines().join('\n'), 'sign-in cancelled')).toBe(1)

  await say(chat, 'CALL whoami {"again":true}')
  await panel(chat, 'Sign in to notes')
  await chat.keys('b')
  await chat.until(() => stage.world.mcp.calls('whoami') === 2)
  await leave(chat)
})

more(
  'later: the tool fails, the status line says what waits, and after /login the call is offered again',
  async () => {
    const { chat } = await signedIn({}, ['--allow-tool', 'notes'])
    await say(chat, 'CALL whoami {}')
    await chat.until(() => stage.world.mcp.calls('whoami') === 1)
    stage.world.authorizationServer.revokeAll()
    await say(chat, 'CALL whoami {"again":true}')
    await panel(chat, 'Sign in to notes')
    await chat.keys('l')
    await chat.until(() => chat.screen().includes('notes: sign-in later (/login notes)'))
    await chat.until(() => /whoami.* failed/.test(chat.screen()))
    await say(chat, '/login notes')
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await chat.until(() => composer(chat)?.includes('Please try whoami again.') === true)
    expect(stage.world.mcp.calls('whoami')).toBe(1)
    await leave(chat)
  },
)

more('permission: no with a reason reaches the model; once lets the tool run', async () => {
  const { chat } = await signedIn()
  await say(chat, 'CALL whoami {}')
  await panel(chat, 'y once')
  await chat.keys('N')
  await chat.until(() => !chat.screen().includes('y once'))
  await chat.keys('not today')
  await chat.until(() => chat.screen().includes('not today'))
  await chat.keys(KEY.enter)
  await chat.until(() =>
    stage.world.model.requests.some(({ messages }) => JSON.stringify(messages).includes('not today')),
  )
  await leave(chat)
})

more('permission: a long command can be read whole before it is allowed', async () => {
  stage = await openStage()
  const chat = stage.open(['chat'], { rows: 14 })
  const command = Array.from({ length: 30 }, (_, at) => `touch step-${at}-of-it`).join('; ')
  await prompted(chat)
  chat.paste(`CALL bash ${JSON.stringify({ command, description: 'many steps' })}`)
  await chat.until(() => chat.screen().includes('many steps'))
  await chat.keys(KEY.enter)
  await panel(chat, 'y once')
  const above = () =>
    chat
      .lines()
      .slice(chat.lines().findLastIndex(line => line.startsWith('Run a command?')))
      .join('\n')
  // Printed above the panel as soon as that has the keys.
  await chat.until(() => above().includes('touch step-29-of-it'))
  for (let at = 0; at < 30; at++) expect(above()).toContain(`touch step-${at}-of-it`)
  await chat.keys('n')
  await prompted(chat)
  await leave(chat)
})

more('hostile text in a server name and in its answers never reaches the terminal', async () => {
  stage = await openStage()
  const hostile = 'no\u001b]52;c;aGk=\u0007tes\u202e\u001b[2J'
  const config = JSON.stringify({ mcpServers: { [hostile]: { type: 'http', url: stage.world.mcp.url } } })
  const chat = stage.open(['chat', '--mcp-config', config])
  await prompted(chat)
  await chat.until(() => unwrapped(chat).includes('its name holds characters that cannot be shown safely'))
  await say(chat, String.raw`SAY \u001b]0;owned\u0007safe \u001b[2J\u009b31mtext\u202e`)
  await chat.until(() => chat.lines().includes('safe text'))
  for (const evil of ['\u001b]52', '\u001b]0;owned', '\u202e', '\u009b'])
    expect(chat.raw()).not.toContain(evil)
  await leave(chat)
})
