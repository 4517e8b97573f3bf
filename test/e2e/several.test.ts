import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { visit } from '../../demo/visit.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { count, leave, panel } from '../support/person.ts'
import { type PracticeServer, startPracticeServer } from '../support/practice-server.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const RECORDER = fileURLToPath(new URL('../support/record-address.js', import.meta.url))

let stage: Stage
let servers: Record<string, PracticeServer>
beforeEach(async () => {
  const [billing, linear, docs] = await Promise.all([
    startPracticeServer(),
    startPracticeServer(),
    startPracticeServer(),
  ])
  servers = { billing, linear, docs }
  stage = await openStage()
})
afterEach(async () => {
  await stage.close()
  await Promise.all(Object.values(servers).map(server => server.close()))
})

/** What the program has opened so far. */
async function opened(): Promise<string[]> {
  const text = await readFile(join(stage.world.folder, 'opened'), 'utf8').catch(() => '')
  return text.split('\n').filter(line => line !== '')
}

async function start(size: { cols: number; rows: number }): Promise<TestTerminal> {
  const env = { BROWSER: `${process.execPath} ${RECORDER} ${join(stage.world.folder, 'opened')} %s` }
  const flags = Object.entries(servers).flatMap(([name, { mcp }]) => ['--mcp', `${name}=${mcp.url}`])
  const chat = stage.open(['chat', ...flags], { env, ...size })
  await panel(chat, '1 of 3')
  return chat
}

/** The server whose panel is in front. */
const front = (chat: TestTerminal) => /── Sign in to (\w+)/.exec(chat.screen())?.[1]

test('one list, do all: nothing opens unasked, one tab serves three, the last page says so', async () => {
  const chat = await start({ cols: 80, rows: 24 })
  for (const [name, { host }] of Object.entries(servers))
    expect(chat.screen()).toMatch(new RegExp(`^[› ] ${name} +${host} +asking$`, 'm'))
  for (const { authorizationServer } of Object.values(servers))
    expect(authorizationServer.requests).toEqual([])
  expect(await opened()).toEqual([])

  await chat.keys('a')
  await chat.until(() => count(chat.screen(), 'follows in the same tab') === 2)
  expect(count(chat.screen(), 'in the browser')).toBe(1)
  await expect.poll(opened).toHaveLength(1)
  for (const { authorizationServer } of Object.values(servers))
    await expect.poll(() => authorizationServer.count('registration')).toBe(1)

  let [address = ''] = await opened()
  for (const left of [2, 1, 0]) {
    const page = await visit(address)
    const name = Object.keys(servers).find(name => page.title === `You are signed in to ${name}`)
    expect(name).toBeDefined()
    await chat.until(() => chat.lines().join('\n').includes(`signed in to ${name}`))
    expect(page.link !== undefined).toBe(left > 0)
    address = page.link ?? ''
  }
  await chat.until(() => front(chat) === undefined)
  expect(await opened()).toHaveLength(1)
  await leave(chat)
})

test.each(
  some(
    [
      { cols: 40, rows: 12 },
      { cols: 200, rows: 50 },
    ],
    2,
  ),
)('n skips, nothing is answered, Esc cancels the one in front: $cols x $rows', async size => {
  const chat = await start(size)
  const seen = new Set<string | undefined>()
  for (const _ of [1, 2, 3]) {
    const before = front(chat)
    seen.add(before)
    await chat.keys('n')
    await chat.until(() => front(chat) !== before)
  }
  expect(seen).toEqual(new Set(Object.keys(servers)))
  expect(chat.screen()).toContain('1 of 3')
  expect(chat.screen().split('\n').length).toBeLessThanOrEqual(size.rows)
  const first = front(chat)
  await chat.keys(KEY.escape)
  await chat.until(() => chat.lines().join('\n').includes(`${first}: sign-in cancelled`))
  await panel(chat, '2 of 3')
  // One that follows is opened by hand as well.
  await chat.keys('a')
  await expect.poll(opened).toHaveLength(1)
  await chat.keys('n')
  await chat.until(() => chat.screen().includes('Follows in the same tab'))
  await chat.keys(KEY.enter)
  await expect.poll(opened).toHaveLength(2)
  await chat.until(() => chat.screen().includes('Waiting for the browser'))
  await leave(chat)
})
