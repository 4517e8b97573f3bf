import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { leaveLines, linePerson } from '../support/lines.ts'
import { KEY } from '../support/terminal.ts'

const FORMS = fileURLToPath(new URL('../support/forms-server.ts', import.meta.url))

let stage: Stage
afterEach(() => stage.close())

async function open(...args: readonly string[]) {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', '--plain', ...args])
  const person = linePerson(chat)
  await person.hear('twice it leaves.')
  return { chat, ...person }
}

test('another session, by name and by its number in a list', async () => {
  const { chat, hear, say, answer } = await open()
  await say('SAY the first one')
  await hear('ready')
  await say('/rename first talk')
  await hear('this session is called "first talk" now')
  await say('/clear')
  await hear('a new session; /resume')
  await say('SAY the second one')
  await hear('ready')
  await say('/sessions')
  await hear('SAY the second one  (this one)')
  await say('/resume first talk')
  expect(await hear('Now:')).toContain('you: SAY the first one\r\nthe first one')
  await hear(/^session \w+; \/resume \w+ goes back/m)
  await say('/resume')
  await hear('Which session?')
  await answer('Choice (a number, or /later):', '1')
  await hear('you: SAY the second one')
  await hear(/^session \w+/m)
  await leaveLines(chat)
})

test('while a turn runs: what waits, what steers, and what an interrupt gives back', async () => {
  const { chat, hear, say } = await open()
  await say('STREAM n=100000 r=50 id=a')
  await chat.until(() => stage.world.model.requests.some(({ prompt }) => prompt.startsWith('STREAM')))
  await say('SAY one')
  await hear('queued: SAY one')
  await say('SAY two')
  await hear('queued: SAY two')
  await say('/queue')
  await hear('2: SAY two')
  await say('/queue edit 1')
  await hear('not sent: SAY one')
  await say('/now SAY steer')
  await hear('for the next step: SAY steer')
  await chat.keys(KEY.ctrlC)
  await hear('not sent: SAY two')
  await hear('not sent: SAY steer')
  await hear('ready')
  await say('/send')
  await hear('you: SAY steer')
  await hear('ready')
  await leaveLines(chat)
})

test('a message into the running turn', async () => {
  const { chat, hear, say } = await open('--allow-all-tools')
  await hear('warning: every tool runs without asking')
  await say('CALL bash {"command":"sleep 60","description":"wait"}')
  await hear('tool bash starts')
  await say('/now SAY steered')
  await hear('you: SAY steered')
  await hear('steered')
  await leaveLines(chat)
})

test('modes, and that they are taken back at resume', async () => {
  const { chat, hear, say } = await open()
  await say('/permissions allow-all')
  await hear('warning: every tool runs without asking')
  await say('CALL bash {"command":"echo free","description":"run"}')
  await hear(/tool bash is done.*: free/)
  await hear('ready')
  await say('/mode plan')
  await hear('mode: plan')
  await say('/mode planned')
  await hear('warning: /mode takes one of interactive, plan, autopilot')
  await say('/model other high')
  await hear('model: other (high)')
  await say('/model')
  await hear('model: other (high) (this provider lists none')
  await leaveLines(chat)
  const [, id = ''] = /resume (\w+)/.exec(chat.raw()) ?? []
  const again = stage.open(['resume', '--plain', id])
  await again.until(() => again.raw().includes('from now on you are asked again'))
  expect(again.raw()).toContain('mode: plan')
  await leaveLines(again)
})

test('numbers, files, help and what there is not', async () => {
  const { chat, hear, say } = await open()
  await say('SAY some words')
  await hear('ready')
  await say('/context')
  await hear(/context: \S+ tokens of 128k/)
  await say('/usage')
  await hear('practice-model: 1 request')
  await say('/compact')
  await hear('the model goes on with a summary')
  await say('/copy')
  await hear('warning: plain lines cannot reach the clipboard')
  await say('/export talk.txt')
  await hear('wrote talk.txt')
  expect(await readFile(join(stage.world.work, 'talk.txt'), 'utf8')).toContain('› SAY some words')
  await say('/diff')
  await hear('nothing differs')
  await say('/nwe')
  await hear('there is no command /nwe (did you mean /new?)')
  await say('/help')
  await hear('/security-review')
  await say('/quit')
  expect((await chat.exit).code).toBe(0)
})

test('servers and their tools', async () => {
  stage = await openStage({ keychain: false })
  const config = join(stage.world.work, 'forms.json')
  const server = { type: 'stdio', command: process.execPath, args: [FORMS], tools: ['*'] }
  await writeFile(config, JSON.stringify({ mcpServers: { forms: server } }))
  const chat = stage.open(['chat', '--plain', '--mcp-config', config])
  const { hear, say } = linePerson(chat)
  await hear('forms: connected')
  await say('/mcp')
  await hear('forms: connected')
  await say('/mcp forms')
  await hear('forms: 3 tools')
  await say('/mcp reload')
  await hear('the servers connect anew')
  await leaveLines(chat)
})
