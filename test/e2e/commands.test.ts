import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { composer, count, leave, panel, prompted, restored, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const FORMS = fileURLToPath(new URL('../support/forms-server.ts', import.meta.url))
const CTRL_S = '\u0013'
const TAB = '\t'

let stage: Stage
afterEach(() => stage.close())

async function open(...args: readonly string[]): Promise<TestTerminal> {
  stage = await openStage({ keychain: false })
  return stage.open(['chat', ...args])
}

const sees = (chat: TestTerminal, text: string) => chat.until(() => chat.lines().join('\n').includes(text))
/** The row below the composer. */
const status = (chat: TestTerminal) => chat.screen().trimEnd().split('\n').at(-1) ?? ''
/** What was said and is still in the rows above the composer. */
const waits = (chat: TestTerminal, text: string, state: string) =>
  chat.until(() =>
    chat
      .screen()
      .split('\n')
      .some(row => row.startsWith(`› ${text}`) && row.endsWith(state)),
  )

/** A reply may be there before its turn is over. */
const working = (chat: TestTerminal) => chat.screen().includes('working…')

test('another session in the same chat, by name and from a list; nothing on the screen is lost', async () => {
  const chat = await open()
  await say(chat, 'SAY the first one')
  await sees(chat, '\nthe first one')
  await chat.until(() => !working(chat))
  await say(chat, '/rename first talk')
  await sees(chat, 'this session is called "first talk" now')
  await say(chat, '/new')
  await sees(chat, 'a new session; /resume')
  await say(chat, 'SAY the second one')
  await sees(chat, '\nthe second one')
  await chat.until(() => !working(chat))
  await say(chat, '/sessions')
  await sees(chat, 'first talk')
  await sees(chat, 'SAY the second one  (this one)')

  await say(chat, '/resume first talk')
  await sees(chat, '○ session ')
  expect(count(chat.lines().join('\n'), '› SAY the first one')).toBe(2)
  await say(chat, 'SAY what did I say first?')
  await sees(chat, '\nwhat did I say first?')
  await chat.until(() => !working(chat))
  const asked = stage.world.model.requests
    .at(-1)
    ?.messages.map(({ text }) => text)
    .join('\n')
  expect(asked).toContain('the first one')
  expect(asked).not.toContain('the second one')

  await say(chat, '/resume first talk')
  await sees(chat, '! this is that session')
  await say(chat, '/resume nonsense')
  await sees(chat, '! no session is called "nonsense"')
  await say(chat, '/resume')
  await panel(chat, 'Which session?')
  await chat.keys(KEY.enter)
  await chat.until(() => count(chat.lines().join('\n'), '○ session ') === 2)
  await say(chat, '/copy')
  await sees(chat, 'copied 14 characters')
  expect(chat.raw()).toContain(Buffer.from('the second one').toString('base64'))
  await leave(chat)
})

test('while a turn runs: queue, take back, drop, steer; an interrupt gives back what was not read', async () => {
  const chat = await open()
  await say(chat, 'STREAM n=100000 r=20 id=a')
  await sees(chat, 'wa-3 ')
  await say(chat, '/new')
  await sees(chat, '! a turn is running')
  for (const text of ['one', 'two', 'three']) {
    await say(chat, `SAY ${text}`)
    await waits(chat, `SAY ${text}`, 'queued')
  }
  await say(chat, '/queue')
  await sees(chat, '3: SAY three')
  await chat.keys(KEY.up)
  await chat.until(() => composer(chat) === 'SAY three')
  await chat.keys(' edited', KEY.enter)
  await waits(chat, 'SAY three edited', 'queued')
  await say(chat, '/queue drop 2')
  await sees(chat, 'dropped: SAY two')
  await say(chat, '/queue drop 9')
  await sees(chat, 'have the numbers 1 to 2')
  await prompted(chat)
  await chat.keys('SAY steer', CTRL_S)
  await waits(chat, 'SAY steer', 'next step')
  await chat.keys(KEY.escape)
  await sees(chat, '○ interrupted')
  await chat.until(() => chat.screen().includes('› SAY steer\n  SAY one\n  SAY three edited'))
  expect(stage.world.model.requests.some(({ prompt }) => /SAY (steer|one|two|three)/.test(prompt))).toBe(
    false,
  )
  await leave(chat)
  expect(chat.lines().join('\n')).toContain('not sent: SAY steer\nSAY one\nSAY three edited')
})

test('a message into the running turn is read at its next step, and then what waits', async () => {
  const chat = await open('--allow-all-tools')
  await say(chat, 'CALL bash {"command":"sleep 60","description":"wait"}')
  await sees(chat, 'command=sleep 60')
  await say(chat, 'SAY waits')
  await waits(chat, 'SAY waits', 'queued')
  await say(chat, '/now SAY steered')
  await sees(chat, '\nsteered\n')
  expect(count(chat.lines().join('\n'), '› SAY steered')).toBe(1)
  await chat.keys(KEY.escape)
  await chat.until(() => composer(chat) === 'SAY waits')
  await leave(chat)
})

test('modes are set, shown, and taken back at resume', async () => {
  const chat = await open()
  await say(chat, '/permissions allow-all')
  await sees(chat, '! every tool runs without asking')
  await chat.until(() => status(chat).includes('allow all'))
  const row = chat.terminal.buffer.active.viewportY + chat.screen().trimEnd().split('\n').length - 1
  const column = status(chat).indexOf('allow all')
  const cell = chat.terminal.buffer.active.getLine(row)?.getCell(column)
  expect(cell?.getFgColor()).toBe(3)
  await say(chat, 'CALL bash {"command":"echo free","description":"run"}')
  await sees(chat, '  free')
  await say(chat, '/mode plan')
  await chat.until(() => status(chat).includes('plan'))
  await say(chat, '/model other high')
  await chat.until(() => status(chat).includes('other (high)'))
  await say(chat, '/permissions assisted')
  await sees(chat, '! the runtime does not offer assisted here: it is still allow-all')
  await say(chat, '/model other extreme')
  await sees(chat, '! the effort of other takes one of none, minimal, low')
  await leave(chat)
  const [, id = ''] = /resume (\w+)/.exec(chat.lines().join('\n')) ?? []

  const again = stage.open(['resume', id])
  await sees(again, 'from now on you are asked again')
  await again.until(() => status(again).includes('plan'))
  expect(status(again)).not.toContain('allow all')
  await say(again, '/mode interactive')
  await again.until(() => !status(again).includes('plan'))
  await say(again, 'CALL bash {"command":"touch x","description":"touch"}')
  await panel(again, 'Run a command?')
  await again.keys(KEY.escape)
  await prompted(again)
  await leave(again)
})

test('context, usage and room for more', async () => {
  const chat = await open()
  await say(chat, '/context')
  await sees(chat, 'the model has not been given anything yet')
  await say(chat, '/compact')
  await sees(chat, '! the conversation could not be shortened')
  await say(chat, 'SAY many words and more')
  await sees(chat, '\nmany words')
  await say(chat, '/context')
  await sees(chat, 'tokens of 128k')
  await sees(chat, '  conversation  ')
  await say(chat, '/usage')
  await sees(chat, 'practice-model: 1 request, ')
  await say(chat, '/compact the words')
  await sees(chat, 'the model goes on with a summary of')
  await leave(chat)
})

test('the conversation as a file, and what has changed in the folder', async () => {
  const chat = await open()
  const { work } = stage.world
  execFileSync('git', ['init', '-q', '-b', 'trunk'], { cwd: work })
  await writeFile(join(work, 'new.txt'), 'fresh\u001b[2Jwords\n')
  await say(chat, '/export')
  await sees(chat, '! nothing has been said yet')
  await say(chat, 'SAY exported\\n\\n**words**')
  await sees(chat, '\nexported')
  await chat.until(() => status(chat).includes('(trunk)'))
  await say(chat, '/export talk.md')
  await sees(chat, '○ wrote talk.md')
  expect(await readFile(join(work, 'talk.md'), 'utf8')).toContain('## Copilot\n\nexported\n\n**words**')
  await say(chat, '/export talk.md')
  await sees(chat, '! talk.md is there already')
  await say(chat, '/export --redact talk.json')
  await sees(chat, '○ wrote talk.json')
  expect(JSON.parse(await readFile(join(work, 'talk.json'), 'utf8'))).toMatchObject({
    v: 1,
    said: [{ who: 'you' }, { who: 'model', text: 'exported\n\n**words**' }],
  })
  await say(chat, '/export nowhere/talk.md')
  await sees(chat, '! nowhere/talk.md lies in a folder that is not there')
  await say(chat, '/diff')
  await sees(chat, '+freshwords')
  await leave(chat)
})

test('servers: their state, their tools, all anew', async () => {
  stage = await openStage({ keychain: false })
  const config = join(stage.world.work, 'forms.json')
  const server = { type: 'stdio', command: process.execPath, args: [FORMS], tools: ['*'] }
  await writeFile(config, JSON.stringify({ mcpServers: { forms: server } }))
  const chat = stage.open(['chat', '--mcp-config', config])
  await chat.until(() => composer(chat) !== undefined)
  await say(chat, 'SAY up')
  await sees(chat, '\nup')
  await say(chat, '/mcp')
  await sees(chat, '○ forms: connected')
  await say(chat, '/mcp forms')
  await sees(chat, 'forms: 3 tools')
  await say(chat, '/mcp forums')
  await sees(chat, '! there is no server "forums" here (servers: forms)')
  await say(chat, '/mcp stop')
  await sees(chat, '! /mcp stop takes the name of a server')
  await say(chat, '/mcp login notes')
  await sees(chat, '! there is no server "notes" here (servers: forms)')
  await say(chat, '/mcp auth forms')
  await sees(chat, '○ forms has asked for no sign-in; it connects anew')
  await say(chat, '/login')
  await sees(chat, '○ nobody has to sign in: every server is connected; they connect anew')
  await say(chat, '/mcp reload')
  await sees(chat, '○ the servers connect anew')
  await say(chat, 'SAY still up')
  await sees(chat, '\nstill up')
  await leave(chat)
})

test('completion, help, the nearest name, commands of the runtime, the title', async () => {
  const chat = await open()
  await prompted(chat)
  await chat.keys('/pe')
  await chat.until(() => chat.screen().includes('❯ permissions'))
  await chat.keys(TAB, 'al', TAB)
  await chat.until(() => chat.screen().includes('› /permissions allow-all'))
  await chat.keys(KEY.enter)
  await sees(chat, 'every tool runs without asking')
  await say(chat, '/hepl')
  await sees(chat, '! there is no command /hepl (did you mean /help?)')
  await say(chat, '/help')
  await sees(chat, '/security-review')
  for (const name of ['/login', '/mcp', '/model', '/queue', '/export', '/quit']) await sees(chat, name)
  await say(chat, '/list-dirs')
  await sees(chat, 'installed-plugins')
  await say(chat, '/review only the tests')
  await sees(chat, '› Review: only the tests')
  await chat.until(() => stage.world.model.requests.length > 0)
  expect(stage.world.model.requests[0]?.messages.at(-1)?.text).toContain('only the tests')
  await say(chat, '/quit')
  expect((await chat.exit).code).toBe(0)
  restored(chat)
  const titles = [...chat.raw().matchAll(/\u001b\]2;([^\u0007]*)\u0007/g)].map(([, title]) => title)
  expect(titles[0]).toMatch(/^copilot-host \S+$/)
  expect(titles).toContain(`… ${titles[0]}`)
  expect(titles.at(-1)).toBe('')
  expect(chat.raw()).toContain('\u001b[23;2t')
})

test('the files of a session: changed, read, attached; what failed is none', async () => {
  const chat = await open('--allow-all-tools')
  const { work } = stage.world
  await writeFile(join(work, 'a.txt'), 'one\n')
  await writeFile(join(work, 'b.txt'), 'two\n')
  await say(chat, '/files')
  await sees(chat, '○ no file was changed, read or attached yet')
  await say(chat, 'CALL view {"path":"none.txt"}')
  await sees(chat, 'does not exist')
  const call = (tool: string, more: object) => `CALL ${tool} ${JSON.stringify(more)}`
  const send = async (text: string, seen: string) => {
    await prompted(chat)
    await chat.keys(text)
    await chat.keys(KEY.enter)
    await sees(chat, seen)
    await chat.until(() => !chat.screen().includes('working…'))
  }
  await send(call('view', { path: join(work, 'b.txt') }), '\ntwo')
  await send(call('create', { path: join(work, 'c.txt'), file_text: 'x' }), 'Created file')
  await send(call('view', { path: join(work, 'c.txt') }), '\nx')
  await send('SAY look at @a.txt', '\nlook at')
  await say(chat, '/files')
  await sees(chat, '\na.txt  attached\nb.txt  read\nc.txt  changed, read\n')
  await leave(chat)
})

test('the editor by its name, with a text, and when it fails', async () => {
  stage = await openStage({ keychain: false })
  const editor = join(stage.world.work, 'editor.mjs')
  await writeFile(
    editor,
    `import { appendFileSync, readFileSync } from 'node:fs'
if (readFileSync(process.argv[2], 'utf8') === 'fail') process.exit(3)
appendFileSync(process.argv[2], ' and more')\n`,
  )
  const env = { VISUAL: `${process.execPath} ${editor}` }
  const chat = stage.open(['chat'], { env })
  await say(chat, '/editor first words')
  await chat.until(() => composer(chat) === 'first words and more')
  await chat.keys('\u0015')
  await say(chat, '/editor')
  await chat.until(() => composer(chat) === ' and more')
  await chat.keys('\u0015')
  await say(chat, '/editor fail')
  await sees(chat, 'failed (exit code 3)')
  await leave(chat)
})

test('colours as the person wants them, at once and in the next chat', async () => {
  const chat = await open()
  await prompted(chat)
  const prompt = (one: TestTerminal) => {
    const { buffer } = one.terminal
    const row = one.screen().trimEnd().split('\n').length - 2
    return buffer.active
      .getLine(buffer.active.viewportY + row)
      ?.getCell(0)
      ?.getFgColor()
  }
  expect(prompt(chat)).toBe(6)
  await say(chat, '/theme')
  await sees(chat, '○ theme: auto (there are auto, light, dark, none)')
  await say(chat, '/theme light')
  await sees(chat, '○ theme: light')
  await chat.until(() => prompt(chat) === 4)
  await say(chat, '/theme pink')
  await sees(chat, '! /theme takes one of auto, light, dark, none')
  await leave(chat)
  const again = stage.open(['chat'])
  await prompted(again)
  expect(prompt(again)).toBe(4)
  await say(again, '/theme none')
  await sees(again, '○ theme: none')
  await again.until(() => prompt(again) === -1)
  await leave(again)
  const bare = stage.open(['chat'], { env: { NO_COLOR: '1', COPILOT_HOST_THEME: 'dark' } })
  await say(bare, '/theme')
  await sees(bare, '○ theme: dark; NO_COLOR is set: there are none')
  await leave(bare)
})

test('a new session keeps the model that was chosen', async () => {
  const chat = await open()
  await say(chat, '/model other high')
  await chat.until(() => status(chat).includes('other (high)'))
  await say(chat, '/new')
  await sees(chat, 'a new session')
  await chat.until(() => count(chat.lines().join('\n'), 'model: other (high)') === 2)
  expect(status(chat)).toContain('other (high)')
  await leave(chat)
})

test('what may stand behind a command is offered: models and efforts, names of sessions, servers', async () => {
  stage = await openStage({ keychain: false })
  const config = join(stage.world.work, 'forms.json')
  const server = { type: 'stdio', command: process.execPath, args: [FORMS], tools: ['*'] }
  const absent = { ...server, command: join(stage.world.work, 'not-there') }
  await writeFile(config, JSON.stringify({ mcpServers: { 'b-forms': absent, 'a-forms': server } }))
  const chat = stage.open(['chat', '--mcp-config', config])
  const offers = async (typed: string, ...rows: string[]) => {
    await prompted(chat)
    await chat.keys(typed)
    await chat.until(() => rows.every(row => chat.screen().includes(row)))
  }
  await say(chat, 'SAY an old talk')
  await sees(chat, '\nan old talk')
  await say(chat, '/mcp')
  await sees(chat, '○ a-forms: connected')
  const printed = chat.lines().join('\n')
  expect(printed.indexOf('○ b-forms: failed')).toBeGreaterThan(0)
  expect(printed.indexOf('○ b-forms: failed')).toBeLessThan(printed.indexOf('○ a-forms: connected'))
  await offers('/model p', '❯ practice-model')
  expect(chat.screen()).not.toContain('practice-model low')
  await chat.keys(TAB, 'h')
  await chat.until(() => chat.screen().includes('❯ practice-model high'))
  await chat.keys(TAB)
  await chat.until(() => composer(chat)?.trim() === '/model practice-model high')
  await chat.keys(KEY.enter)
  await chat.until(() => status(chat).includes('practice-model (high)'))
  await offers('/mcp ', '❯ reload', '  b-forms', '  a-forms')
  await chat.keys('a', TAB, KEY.enter)
  await sees(chat, 'a-forms: 3 tools')
  await say(chat, '/new')
  await sees(chat, 'a new session')
  await offers('/resume say an', '❯ SAY an old talk')
  await chat.keys(TAB, KEY.enter)
  await sees(chat, '○ session ')
  await leave(chat)
})
