import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { keysLive } from '../support/fake-chat.ts'
import { MOST_MEMORY } from '../support/leaks.ts'
import { some } from '../support/more.ts'
import { composer, count, leave, prompted, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

async function openChat(...args: string[]): Promise<TestTerminal> {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', ...args], { cols: 200, rows: 30, env: { SHELL: '/bin/sh' } })
  await prompted(chat)
  return chat
}

/** Gives the model its orders, which may be longer than a row. */
async function order(chat: TestTerminal, text: string): Promise<void> {
  await prompted(chat)
  chat.paste(text)
  await chat.until(() => composer(chat) !== '')
  await chat.keys(KEY.enter)
}

const works = (chat: TestTerminal) => /working…/.test(chat.screen())

/** Types while something floods the screen, and sees it soon and before the flood is over. */
async function typeMeanwhile(chat: TestTerminal, running: () => boolean): Promise<void> {
  await chat.keys('k')
  await chat.until(() => composer(chat) === 'k')
  expect(running()).toBe(true)
  await chat.keys(KEY.backspace)
  await chat.until(() => composer(chat) === '')
  await keysLive(chat)
}

test.each([
  { what: '10 MB on one line', text: 'word', times: 2_600_000 },
  { what: '100,000 lines', text: 'word\\n', times: 100_000 },
  {
    what: '8,000 lines below a long one',
    text: `${'long '.repeat(200)}\\n${'word\\n'.repeat(400)}`,
    times: 20,
  },
])(
  'X-06 $what: all of it can be read, keys are taken meanwhile, and memory has a bound',
  async ({ text, times }) => {
    const chat = await openChat()
    await order(chat, `REPEAT ${times} ${text}`)
    await chat.until(() => /wordword|word\nword/.test(chat.screen()))
    if (times > 20) await typeMeanwhile(chat, () => works(chat))
    await chat.until(() => !works(chat), 120_000)
    expect(chat.peak()).toBeLessThan(MOST_MEMORY)
    await leave(chat)
    const prompt = count(text, 'word')
    const reply = chat.lines().join('')
    expect(count(reply, 'word') - prompt).toBe(prompt * times)
  },
  150_000,
)

const ENDLESS = 'while :; do echo never; echo ends; done'

test.each([
  { what: 'of a tool', line: `CALL bash {"command":"${ENDLESS}","description":"endless"}` },
  { what: "of the person's own command", line: `!${ENDLESS}` },
])('output without end $what: keys are taken, memory has a bound, and Esc ends it', async ({ line }) => {
  const chat = await openChat('--allow-tool', 'shell')
  await order(chat, line)
  await chat.until(() => /^○ .*(never|ends)$/m.test(chat.screen()))
  await typeMeanwhile(chat, () => /^○ .*(never|ends)$/m.test(chat.screen()))
  expect(chat.peak()).toBeLessThan(MOST_MEMORY)
  await chat.keys(KEY.escape)
  await chat.until(() => /cancelled|stopped/.test(chat.lines().join('\n')))
  await chat.until(() => !works(chat))
  expect(chat.lines().join('\n')).toMatch(/\n {2}(never|ends)\n/)
  await leave(chat)
})

test('malformed Markdown: every word is there once, in order, and the chat goes on', async () => {
  const chat = await openChat()
  let words = 0
  const word = () => {
    words += 1
    return `w${words}x`
  }
  const row = (cells: number) => `|${Array.from({ length: cells }, () => ` ${word()} |`).join('')}`
  const lines = [
    ...Array.from({ length: 200 }, (_, at) => `${' '.repeat(at * 2)}- ${word()}`),
    '',
    `${'> '.repeat(100)}${word()}`,
    '',
    row(500),
    `|${'---|'.repeat(500)}`,
    row(500),
    '',
    `**${word()} [${word()}](<${word()} \`${word()}`,
    `${'*'.repeat(500)}${word()}`,
    '```ts',
    `const ${word()} = \`never closed ${word()}`,
  ]
  chat.paste(`SAY ${lines.join('\\n')}`)
  await chat.until(() => composer(chat)?.includes('[paste #1'))
  await chat.keys(KEY.enter)
  const told = (): string[] => chat.lines().join('\n').match(/w\d+x/g) ?? []
  await chat.until(() => told().includes(`w${words}x`) && !works(chat), 60_000)
  await say(chat, 'SAY all is well')
  await chat.until(() => count(chat.lines().join('\n'), 'all is well') > 1)
  // What was asked comes first, in part; a row of a table that is a list says the title of each column again.
  const reply = [...new Set(told().slice(told().lastIndexOf('w1x')))]
  const shown = new Set(reply)
  expect(Array.from({ length: words }, (_, at) => `w${at + 1}x`).filter(each => !shown.has(each))).toEqual([])
  await leave(chat)
})

test('X-07: control characters and broken UTF-8 that are typed or pasted: shown as signs, and the keys stay alive', async () => {
  const chat = await openChat()
  // Halves of characters, a character cut in two reads, bytes that are in no character.
  await chat.write([
    Buffer.from('a'),
    Buffer.from([0xe6, 0xbc]),
    Buffer.from([0xa2]),
    Buffer.from([0xff, 0xc3]),
  ])
  await chat.keys('b')
  await chat.until(() => /^a漢\ufffd+b$/.test(composer(chat) ?? ''))
  await chat.keys('\u0015')
  await chat.until(() => composer(chat) === '')
  chat.paste('x\u001b[2J\u0007\u0000\u009b3J\u202ey')
  await chat.until(() => /^x␛\[2J␇␀.*y$/.test(composer(chat) ?? ''))
  await chat.keys(KEY.enter)
  await chat.until(() => stage.world.model.requests.length > 0)
  await say(chat, 'SAY all is well')
  await chat.until(() => count(chat.lines().join('\n'), 'all is well') > 1)
  expect(chat.raw()).not.toMatch(/\u202e|\u009b|\u001b\[3J/)
  await leave(chat)
})

test.each(some([9, 23, 64, 4096], 2))(
  'a megabyte pasted in reads of %i reaches the model byte for byte',
  async size => {
    const chat = await openChat()
    const row = 'Ünïcode 日本 👨‍👩‍👧 \t rm -rf x\r'
    const text = row.repeat(Math.ceil((1024 * 1024) / Buffer.byteLength(row)))
    const bytes = Buffer.from(`\u001b[200~${text}\u001b[201~`)
    await chat.keys('SAY ok', KEY.ctrlJ)
    await chat.until(() => chat.screen().includes('› SAY ok\n'))
    await chat.write(
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      ),
    )
    await chat.until(() => chat.screen().includes('[paste #1, '))
    await chat.keys('!')
    await chat.until(() => chat.screen().includes(' lines]!'))
    expect(stage.world.model.requests).toEqual([])
    await chat.keys(KEY.enter)
    await chat.until(() => stage.world.model.requests.length > 0)
    const [request] = stage.world.model.requests
    const sent = request?.messages.findLast(message => message.role === 'user')?.text
    expect(sent?.includes(`SAY ok\n${text.replaceAll('\r', '\n')}!`)).toBe(true)
    await leave(chat)
  },
  90_000,
)
