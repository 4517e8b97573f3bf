import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { composer, count, leave, panel, prompted, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const FORMS = fileURLToPath(new URL('../support/forms-server.ts', import.meta.url))
const CTRL_O = '\u000f'

let stage: Stage
afterEach(() => stage.close())

async function openChat(size: { cols: number; rows: number }, ...args: string[]): Promise<TestTerminal> {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', ...args], { ...size, env: { TERM_PROGRAM: undefined } })
  await prompted(chat)
  return chat
}

/** Gives the model its orders, as many lines as they are. */
async function order(chat: TestTerminal, ...lines: string[]): Promise<void> {
  await prompted(chat)
  chat.paste(lines.join('\n'))
  await chat.until(() => composer(chat) !== '')
  await chat.keys(KEY.enter)
}

/** The person's last message and what was said since. */
const said = (chat: TestTerminal) => chat.lines().join('\n').split('\n› ').at(-1)?.split('\n›')[0] ?? ''
const idle = (chat: TestTerminal) =>
  chat.until(() => composer(chat) === '' && !/working…|thinking…/.test(chat.screen()))
const SIZES = [
  { cols: 40, rows: 16 },
  { cols: 80, rows: 24 },
  { cols: 200, rows: 50 },
]

const WORDS = Array.from({ length: 500 }, (_, at) => `wx-${at + 1}`)
const wordsIn = (chat: TestTerminal): string[] =>
  chat
    .lines()
    .join('\n')
    .match(/wx-\d+/g) ?? []

/** Gives the window one size after the other while a reply of these words comes, and waits for its end. */
async function resize(chat: TestTerminal, sizes: readonly { cols: number; rows: number }[]): Promise<void> {
  for (const [at, { cols, rows }] of sizes.entries()) {
    await chat.until(() => wordsIn(chat).includes(`wx-${(at + 1) * 60}`))
    chat.resize(cols, rows)
  }
  await chat.until(() => wordsIn(chat).includes('wx-500'))
  await idle(chat)
}

describe.each(some(SIZES, 3, 1))('at $cols x $rows', size => {
  test('a long paragraph comes in rows that end with a word, each word once and in order', async () => {
    const chat = await openChat(size)
    await say(chat, 'STREAM n=500 r=2000 id=x')
    await chat.until(() => wordsIn(chat).includes('wx-500'))
    await idle(chat)
    expect(chat.rows().flatMap(row => row.match(/wx-\d+/g) ?? [])).toEqual(WORDS)
    expect(Math.max(...chat.rows().map(row => row.length))).toBeLessThanOrEqual(Math.min(size.cols, 100))
    await leave(chat)
  })

  test('a window that changes in the middle of a stream: each word once and in order', async () => {
    const chat = await openChat(size)
    await say(chat, 'STREAM n=500 r=400 id=x')
    await resize(chat, [...SIZES, { cols: 45, rows: 20 }, { cols: 80, rows: 24 }, { cols: 40, rows: 12 }])
    expect(wordsIn(chat)).toEqual(WORDS)
    await leave(chat)
  })
})

test('Markdown: looks, links with their true host, a table that fits, code in colour; nothing hostile gets out', async () => {
  const chat = await openChat({ cols: 60, rows: 30 })
  const reply = [
    '## Two *words*',
    'A [paper](https://user:pw@example.com/a?b) and [good.example](https://evil.example/), \u001b[2J\u202esafe.',
    '- an item that is a little longer than this window is wide',
    '> a quote',
    '| id | what happens |',
    '|---|---|',
    '| 1 | a sentence that is far too long for the rest of the window |',
    '```ts',
    'const a = "b" // one line of code that is longer than the window and stays one line',
    '```',
    `[run](javascript:alert) ![cat](data:image/png;base64,${'A'.repeat(400)})`,
  ]
  await order(
    chat,
    `SAY ${reply.map(line => line.replaceAll('\u001b', '\\u001b').replaceAll('\u202e', '\\u202e')).join('\\n')}`,
  )
  await chat.until(() => said(chat).includes('run (javascript:alert)'))
  await idle(chat)
  expect(said(chat).split('\n\n')[1]?.trimEnd().split('\n')).toEqual([
    'Two words',
    'A paper (example.com) and good.example (evil.example),',
    'safe.',
    '• an item that is a little longer than this window is wide',
    '│ a quote',
    'id  what happens',
    `──  ${'─'.repeat(55)}`,
    '1   a sentence that is far too long for the rest of the',
    '    window',
    '```ts',
    'const a = "b" // one line of code that is longer than the window and stays one line',
    '```',
    'run (javascript:alert) cat (image/png, 300 B, not shown)',
  ])
  const raw = chat.raw()
  expect(raw).toContain('\u001b]8;;https://example.com/a?b\u001b\\paper\u001b]8;;\u001b\\')
  expect(raw).toContain('\u001b[35mconst\u001b[39m')
  expect(raw).toContain('\u001b[32m"b"\u001b[39m')
  for (const evil of ['\u202e', 'user:pw@example.com\u001b', ';javascript:']) expect(raw).not.toContain(evil)
  await leave(chat)
})

test('NO_COLOR: the same without colours', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat'], { env: { NO_COLOR: '1' } })
  await order(chat, 'SAY ```ts\\nconst a = "b"\\n```')
  await chat.until(() => said(chat).includes('const a = "b"'))
  await leave(chat)
  expect(chat.raw()).not.toMatch(/\u001b\[[349]\dm/)
})

test('thoughts are one line; Ctrl+O prints all of them', async () => {
  const chat = await openChat({ cols: 80, rows: 24 })
  await order(chat, 'THINK **A plan**\\n\\nFirst the cart, then the mail.', 'SAY done')
  await chat.until(() => said(chat).endsWith('\n\ndone\n'))
  expect(said(chat)).toMatch(/\n\n○ thought(?: for \S+)?: A plan \(Ctrl\+O\)\n\ndone\n$/)
  await chat.keys(CTRL_O)
  await chat.until(() => chat.screen().includes('○ all of its thoughts'))
  expect(chat.screen()).toContain(
    '○ all of its thoughts:\n  **A plan**\n\n  First the cart, then the mail.\n',
  )
  await chat.keys(CTRL_O)
  await leave(chat)
  expect(count(chat.lines().join('\n'), '○ all of its thoughts')).toBe(1)
})

test('output of a tool: folded to a line, opened by Ctrl+O, at the end its beginning and on request all of it', async () => {
  const chat = await openChat({ cols: 80, rows: 30 }, '--allow-tool', 'shell')
  const gate = join(stage.world.work, 'gate')
  const command = `for i in $(seq 1 10); do echo row $i; done; while [ ! -e ${gate} ]; do sleep 0.05; done; echo over`
  await order(chat, `CALL bash ${JSON.stringify({ command, description: 'count' })}`, 'SAY counted')
  await chat.until(() => /^○ bash .* row 10$/m.test(chat.screen()))
  await chat.keys(CTRL_O)
  await chat.until(() => /^ {2}row 9\n {2}row 10$/m.test(chat.screen()))
  await chat.keys(CTRL_O)
  await chat.until(() => !/^ {2}row 9$/m.test(chat.screen()))
  await writeFile(gate, '')
  await chat.until(() => said(chat).includes('counted\n'))
  await idle(chat)
  expect(said(chat)).toMatch(
    /\n {2}row 1\n {2}row 2\n {2}row 3\n {2}row 4\n {2}row 5\n {2}… \d more lines \(Ctrl\+O\)\n/,
  )
  await chat.keys(CTRL_O)
  await chat.until(() => /^ {2}row 10\n {2}over$/m.test(chat.screen()))
  expect(chat.screen()).toContain('○ all of the output of bash:\n  row 1\n')
  await leave(chat)
})

test('a tool that is cut off is marked, and keeps what it gave', async () => {
  const chat = await openChat({ cols: 80, rows: 24 }, '--allow-tool', 'shell')
  await order(chat, 'CALL bash {"command":"echo begun; sleep 60","description":"wait"}')
  await chat.until(() => /^○ bash .* begun$/m.test(chat.screen()))
  await chat.keys(KEY.escape)
  await chat.until(() => chat.screen().includes('○ interrupted'))
  expect(said(chat)).toMatch(/\n○ bash [^○]*cancelled[^○]*\n {2}begun\n\n○ interrupted/)
  await leave(chat)
})

test('an edit: the question and the call show a diff in colour', async () => {
  const chat = await openChat({ cols: 80, rows: 30 })
  const path = join(stage.world.work, 'a.txt')
  await writeFile(path, 'one\ntwo\nthree\n')
  await order(chat, `CALL edit ${JSON.stringify({ path, old_str: 'two', new_str: 'zwei' })}`, 'SAY edited')
  await panel(chat, 'y once')
  expect(chat.screen()).toContain('\n   one\n  -two\n  +zwei\n   three\n')
  const asked = chat.raw().length
  for (const line of ['\u001b[31m-two\u001b[39m', '\u001b[32m+zwei\u001b[39m'])
    expect(chat.raw()).toContain(line)
  await chat.keys('y')
  await chat.until(() => said(chat).includes('\nedited\n'))
  expect(said(chat)).toContain('\n   one\n  -two\n  +zwei\n   three\n')
  expect(chat.raw().slice(asked)).toContain('\u001b[31m-two\u001b[39m')
  expect(await readFile(path, 'utf8')).toBe('one\nzwei\nthree\n')
  await leave(chat)
})

test('the calls of a sub-agent stand below the call that started it', async () => {
  const chat = await openChat({ cols: 80, rows: 30 }, '--allow-all-tools')
  const gate = join(stage.world.work, 'gate')
  const command = `while [ ! -e ${gate} ]; do sleep 0.05; done; echo inner`
  const prompt = `CALL bash ${JSON.stringify({ command, description: 'wait' })}\nSAY agent done`
  const task = { agent_type: 'general-purpose', name: 'helper', description: 'look', mode: 'sync', prompt }
  await order(chat, `CALL task ${JSON.stringify(task)}`, 'SAY all done')
  await chat.until(() => /^○ task .*\n {2}○ ↳ bash /m.test(chat.screen()))
  await writeFile(gate, '')
  await chat.until(() => said(chat).includes('\nall done\n'))
  expect(said(chat)).toMatch(/\n● task [^●]*\n {2}● ↳ bash [^●]*\n {2}agent done\n\nall done\n/)
  await leave(chat)
})

test('images and other data of a tool are named', async () => {
  stage = await openStage({ keychain: false })
  const config = join(stage.world.work, 'forms.json')
  const server = { type: 'stdio', command: process.execPath, args: [FORMS], tools: ['*'] }
  await writeFile(config, JSON.stringify({ mcpServers: { forms: server } }))
  const chat = stage.open(['chat', '--mcp-config', config, '--allow-all-tools'])
  await order(chat, 'CALL draw {}', 'SAY drawn')
  await chat.until(() => said(chat).includes('\ndrawn\n'))
  expect(said(chat)).toContain(
    '  Here it is:\n  (image/png, 69 B, not shown)\n  (application/pdf, 3 kB, not shown)\n',
  )
  await leave(chat)
})
