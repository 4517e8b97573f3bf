import { afterEach, expect, test } from 'vitest'
import { visit } from '../../demo/visit.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { allow, composer, count, leave, panel, prompted, say } from '../support/person.ts'
import { KEY } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const signIns = () => stage.world.authorizationServer.count('token', 'authorization_code')

test('browser: the panel asks, the browser signs in, the answer names the person, the next chat asks nothing', async () => {
  stage = await openStage()
  const env = { BROWSER: stage.browser() }
  const first = stage.open(['chat', ...notes()], { env })
  await first.until(() => first.screen().includes('Sign in to notes'))
  expect(first.screen()).toContain('before its first use')
  expect(first.screen()).toContain(new URL(stage.world.authorizationServer.issuer).host)
  expect(first.screen()).toContain('notes.read')
  expect(stage.world.authorizationServer.count('authorization')).toBe(0)
  await panel(first, 'Sign in to notes')
  await first.keys('b')
  await first.until(() => first.screen().includes('signed in to notes'))
  expect(first.screen()).toContain(stage.keychain ? 'the system keychain' : 'a file of your own')
  await say(first, 'who am i?')
  await allow(first)
  await first.until(() => first.screen().includes('You are signed in as Ada'))
  await leave(first)

  const second = stage.open(['chat', ...notes()], { env })
  await prompted(second)
  await say(second, 'who am i?')
  await allow(second)
  await second.until(() => second.screen().includes('You are signed in as Ada'))
  expect(second.lines().join('\n')).not.toContain('Sign in to')
  expect(signIns()).toBe(1)
  await leave(second)
})

test('device: code and address on the screen, approved elsewhere', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', ...notes()], { env: { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' } })
  await panel(chat, 'Sign in to notes')
  await chat.keys(KEY.enter)
  const code = await chat.until(() => /\b[A-Z]{4}-[A-Z]{4}\b/.exec(chat.screen())?.[0])
  expect(chat.screen()).toContain(new URL(stage.world.authorizationServer.devicePage).host)
  expect(chat.screen()).toContain('Only if you started this yourself')
  await visit(stage.world.authorizationServer.devicePage, { code, as: 'grace@example.com' })
  await chat.until(() => chat.screen().includes('signed in to notes'))
  expect(stage.world.authorizationServer.count('token', 'device_code')).toBe(1)
  await leave(chat)
})

test('Esc: cancelled at once, the chat goes on, the repeated request is not shown again', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', ...notes()])
  await chat.until(() => chat.screen().includes('Sign in to notes'))
  await chat.keys(KEY.escape)
  await chat.until(() => chat.screen().includes('sign-in cancelled'))
  await say(chat, 'who am i?')
  await chat.until(() => chat.screen().includes('notes is not connected'))
  expect(count(chat.lines().join('\n'), 'sign-in cancelled')).toBe(1)
  expect(chat.screen()).not.toContain('Sign in to notes')
  expect(stage.world.authorizationServer.requests).toEqual([])

  await say(chat, '/login notes')
  await chat.until(() => chat.screen().includes('Sign in to notes'))
  await leave(chat)
})

test('keys that are typed while a panel appears stay in the composer', async () => {
  stage = await openStage()
  stage.world.mcp.setLatency(300)
  const chat = stage.open(['chat', ...notes()], { env: { BROWSER: stage.browser() } })
  await prompted(chat)
  // Typed before, while and after the panel comes up: none of it may be an answer.
  const text = 'browser dd pp bb'
  for (const letter of text) await chat.keys(letter)
  await chat.until(() => chat.screen().includes('Sign in to notes'))
  await chat.keys('b', 'd', 'p')
  await chat.until(() => composer(chat) === `${text}bdp`)
  await panel(chat, 'Sign in to notes')
  expect(stage.world.authorizationServer.requests).toEqual([])
  await chat.keys(KEY.escape)
  await chat.until(() => composer(chat) === `${text}bdp`)
  await leave(chat)
  expect(chat.lines()).toContain(`not sent: ${text}bdp`)
})

test('two servers: one panel at a time, the other waits its turn', async () => {
  stage = await openStage()
  const other = await openStage({ keychain: false })
  try {
    const chat = stage.open(['chat', ...notes(), '--mcp', `more=${other.world.mcp.url}`], {
      env: { BROWSER: stage.browser() },
    })
    await chat.until(() => chat.screen().includes('1 of 2'))
    expect(count(chat.screen(), 'Sign in to')).toBe(1)
    for (const _ of ['first', 'second']) {
      await panel(chat, 'Sign in to')
      const before = count(chat.lines().join('\n'), 'signed in to')
      await chat.keys('b')
      await chat.until(() => count(chat.lines().join('\n'), 'signed in to') > before)
    }
    expect(chat.lines().join('\n')).toContain('signed in to notes')
    expect(chat.lines().join('\n')).toContain('signed in to more')
    await leave(chat)
  } finally {
    await other.close()
  }
})
