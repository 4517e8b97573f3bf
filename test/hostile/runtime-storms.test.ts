import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeChats, goesOn, keysLive, openFakeChats } from '../support/fake-chat.ts'
import { MOST_MEMORY } from '../support/leaks.ts'
import { count, leave, panel, prompted, unwrapped } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let chats: FakeChats
beforeEach(async () => {
  chats = await openFakeChats()
})
afterEach(() => chats.close())

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))

describe('on the wire', () => {
  test.each([
    ['J-05 J-07', 'odd-headers'],
    ['J-05 J-09', 'odd-messages'],
    ['J-05', 'single-bytes'],
    ['J-09', 'early-flood'],
  ])('%s %s: what follows is understood', async (_id, scenario) => {
    const chat = chats.open(scenario)
    await goesOn(chat)
    await goesOn(chat, 2)
    expect(unwrapped(chat)).not.toMatch(/✗|TypeError|RangeError/)
    await leave(chat)
  })

  test.each([
    ['unknown events, ten thousand in a second', 'unknown-flood'],
    ['null events', 'null-flood'],
    ['requests of unknown methods', 'request-flood'],
    ['answers to what was never asked', 'answer-flood'],
  ])('J-09 %s, for ten seconds: the keys stay alive', async (_what, scenario) => {
    const chat = chats.open(scenario, { for: 10_000 })
    await prompted(chat)
    await keysLive(chat)
    await goesOn(chat)
    await keysLive(chat)
    await leave(chat)
  })

  test('J-09 a runtime that asks without end and reads no answer: ended, memory stays', async () => {
    const chat = chats.open('deaf-flood')
    await chat.until(() => unwrapped(chat).includes('the Copilot runtime stopped'))
    expect(chat.peak()).toBeLessThan(MOST_MEMORY)
    chat.kill('SIGTERM')
    await chat.exit
  })

  test('J-07 a length that never comes: told after the deadline, memory stays', async () => {
    const chat = chats.open('swallow')
    await sees(chat, 'stopped answering')
    expect((await chat.exit).code).toBe(3)
    expect(chat.peak()).toBeLessThan(MOST_MEMORY)
  })

  test('J-08 an answer beyond 32 MiB: its command says so', async () => {
    const { stage, env } = chats
    expect(await stage.run(['sessions'], { env: env('oversize-answer') })).toMatchObject({
      code: 1,
      stderr: 'the Copilot runtime refused: the answer is too large\n',
    })
  })

  test('J-08 an event of 64 MiB: one line says that something was left out', async () => {
    const chat = chats.open('oversize-event', { count: 64 })
    await sees(chat, '! something of 64 MiB that the runtime sent was left out: it is too large')
    await keysLive(chat)
    await goesOn(chat)
    await leave(chat)
  })
})

describe('J-14 fifty sign-ins at once', () => {
  const requests = (
    of: (at: number) => { requestId: string; serverName: string },
    path = (at: number) => at,
  ) => {
    const { world } = chats.stage
    return Array.from({ length: 50 }, (_, at) => {
      const serverUrl = `${world.mcp.url}/${path(at)}`
      const resource = { resource: serverUrl, authorization_servers: [world.authorizationServer.issuer] }
      return { ...of(at), serverUrl, reason: 'initial', resourceMetadata: JSON.stringify(resource) }
    })
  }

  test('of one name for fifty addresses: each is answered once', async () => {
    const chat = chats.open('auth', {
      requests: requests(at => ({ requestId: `r${at}`, serverName: 'same' })),
    })
    await panel(chat, '1 of 50')
    await chat.keys(KEY.escape)
    await panel(chat, '2 of 50')
    await chat.keys('X')
    await chat.until(() => chats.answers().length === 50)
    await goesOn(chat)
    expect(new Set(chats.answers()).size).toBe(50)
    await leave(chat)
  })

  test('for one server: one panel, and one no is for all', async () => {
    const chat = chats.open('auth', {
      requests: requests(
        at => ({ requestId: `r${at}`, serverName: 'same' }),
        () => 0,
      ),
    })
    await panel(chat, 'Sign in to same')
    expect(chat.screen()).not.toContain(' of 50')
    await chat.keys(KEY.escape)
    await chat.until(() => chats.answers().length === 50)
    await goesOn(chat)
    expect(new Set(chats.answers()).size).toBe(50)
    await leave(chat)
  })

  test('of one id for fifty servers: the first is asked about, the others get nothing', async () => {
    const chat = chats.open('auth', {
      requests: requests(at => ({ requestId: 'same', serverName: `s${at}` })),
    })
    await panel(chat, 'Sign in to s0')
    await chat.keys(KEY.escape)
    await goesOn(chat)
    expect(chats.answers()).toEqual(['same cancelled'])
    expect(count(unwrapped(chat), 's1')).toBe(0)
    await leave(chat)
  })
})

test('C-01: two requests for one server at once: one sign-in, and both get its token', async () => {
  const { mcp, authorizationServer } = chats.stage.world
  const [scopes_supported, authorization_servers] = [['notes.read'], [authorizationServer.issuer]]
  const resource = { resource: mcp.url, authorization_servers, scopes_supported }
  const request = { serverName: 'same', serverUrl: mcp.url, reason: 'initial' }
  const chat = chats.open('auth', {
    requests: ['r0', 'r1'].map(requestId => ({
      ...{ requestId, ...request, resourceMetadata: JSON.stringify(resource) },
    })),
  })
  await panel(chat, 'Sign in to same')
  await chat.keys('b')
  await chat.until(() => chats.answers().length === 2)
  expect(chats.answers().toSorted(), unwrapped(chat)).toEqual(['r0 token', 'r1 token'])
  const answered = chats.heard().flatMap(({ params: { result } }) => Object(result).accessToken ?? [])
  expect(answered).toHaveLength(2)
  expect(new Set(answered).size).toBe(1)
  expect(authorizationServer.count('authorization')).toBe(1)
  await goesOn(chat)
  await leave(chat)
})
