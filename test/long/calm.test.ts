import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { composer, leave, panel, prompted, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

async function openChat(...args: string[]): Promise<TestTerminal> {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', ...args])
  await prompted(chat)
  return chat
}

const working = (chat: TestTerminal) => chat.screen().includes('working…')

/** What is written within so many milliseconds: bytes, and frames for each second. */
async function writtenIn(chat: TestTerminal, ms: number): Promise<{ bytes: number; rate: number }> {
  const [frames, bytes, since] = [chat.frames(), chat.raw().length, performance.now()]
  await chat.until(() => performance.now() - since > ms)
  const seconds = (performance.now() - since) / 1000
  return { bytes: chat.raw().length - bytes, rate: (chat.frames() - frames) / seconds }
}

/** A command of the model that runs until it is let go. */
async function runs(chat: TestTerminal): Promise<void> {
  await prompted(chat)
  chat.paste('CALL bash {"command":"until [ -e gate ]; do sleep .05; done","description":"wait"}')
  await chat.until(() => composer(chat) !== '')
  await chat.keys(KEY.enter)
}

test('at rest not one byte is written, also with a draft, and while a question is open', async () => {
  const chat = await openChat()
  await say(chat, 'SAY hello')
  await chat.until(() => chat.screen().includes('\nhello') && !working(chat))
  await chat.keys('a draft')
  await chat.until(() => composer(chat) === 'a draft')
  expect(await writtenIn(chat, 1200)).toEqual({ bytes: 0, rate: 0 })
  await chat.keys('\u0015')
  await chat.until(() => composer(chat) === '')
  await runs(chat)
  await panel(chat, 'y once')
  expect(await writtenIn(chat, 1200)).toEqual({ bytes: 0, rate: 0 })
  await leave(chat)
})

test('while a tool runs, four frames a second, and one more for each time it says something', async () => {
  const chat = await openChat('--allow-tool', 'shell')
  await runs(chat)
  await chat.until(() => /^○ bash .* 1\.\ds$/m.test(chat.screen()))
  const { rate } = await writtenIn(chat, 2000)
  expect(rate).toBeGreaterThan(0)
  expect(rate).toBeLessThanOrEqual(6)
  await writeFile(join(stage.world.work, 'gate'), '')
  await chat.until(() => !working(chat))
  await leave(chat)
})

test('a thousand words a second are twenty frames a second; keys that come at once are few', async () => {
  const chat = await openChat()
  await say(chat, 'STREAM n=4000 r=1000 id=x')
  await chat.until(() => chat.screen().includes('wx-1'))
  const { rate } = await writtenIn(chat, 1500)
  expect(rate).toBeGreaterThan(5)
  // The text every 50 ms, and the spinner.
  expect(rate).toBeLessThanOrEqual(26)
  await chat.keys(KEY.escape)
  await chat.until(() => !working(chat))

  const [frames, since] = [chat.frames(), performance.now()]
  await chat.keys(...'abcdefghijklmnopqrstuvwxy'.repeat(2))
  await chat.until(() => composer(chat) === 'abcdefghijklmnopqrstuvwxy'.repeat(2))
  const seconds = (performance.now() - since) / 1000
  expect(chat.frames() - frames).toBeLessThanOrEqual(60 * seconds + 5)
  await leave(chat)
})

test('each frame is one synchronized update, in which the cursor comes back to the caret', async () => {
  const chat = await openChat()
  await say(chat, 'STREAM n=60 r=200 id=x')
  await chat.until(() => chat.screen().includes('wx-60') && !working(chat))
  await leave(chat)
  const outside = chat.raw().split(/\u001b\[\?2026h.*?\u001b\[\?2026l/s)
  expect(outside.length).toBeGreaterThan(10)
  // Between them stand the title, what the terminal is asked once, and the first and the last line.
  for (const bytes of outside) expect(bytes).not.toMatch(/\u001b\[\d*[ABCDJK]|wx-/)
})

const DRAWS_TEXT = ['linux', 'vt100']

test.each([
  ...['xterm-256color', 'screen', 'linux', 'vt100'].map(term => ({ term, cols: 80 })),
  ...[40, 60, 200].map(cols => ({ term: 'screen', cols })),
])(
  'TERM=$term, $cols columns: the reply once and in order, nothing that this terminal would print',
  async options => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat'], options)
    await say(chat, 'STREAM n=150 r=1000 id=x')
    await chat.until(() => chat.screen().includes('wx-150') && !working(chat))
    const words = chat
      .lines()
      .join('\n')
      .match(/wx-\d+/g)
    expect(words).toEqual(Array.from({ length: 150 }, (_, at) => `wx-${at + 1}`))
    await say(chat, 'SAY [a](https://b.example/x)')
    await chat.until(() => chat.screen().includes('\na (') && !working(chat))
    await say(chat, '/copy')
    await chat.until(() => /copied \d+ characters|clipboard cannot be reached/.test(chat.screen()))
    await leave(chat)
    if (DRAWS_TEXT.includes(options.term)) expect(chat.raw()).not.toContain('\u001b]')
    if (options.term === 'vt100') expect(chat.raw()).not.toMatch(/\u001b\[(?:3[1-7]|9\d)m/)
  },
)
