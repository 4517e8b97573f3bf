import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'
import { composer, leave, panel, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const FORMS = fileURLToPath(new URL('../support/forms-server.ts', import.meta.url))
const CTRL_L = '\u000c'
const RECORD = fileURLToPath(new URL('../support/record-address.js', import.meta.url))

let stage: Stage
afterEach(() => stage.close())

async function openChat(payAt?: string): Promise<{ chat: TestTerminal; opened: string }> {
  stage = await openStage({ keychain: false })
  const config = join(stage.world.work, 'forms.json')
  const opened = join(stage.world.work, 'opened')
  await writeFile(opened, '')
  const server = {
    command: process.execPath,
    args: [FORMS],
    tools: ['*'],
    env: payAt ? { PAY_AT: payAt } : {},
  }
  await writeFile(config, JSON.stringify({ mcpServers: { forms: { type: 'stdio', ...server } } }))
  const env = { BROWSER: `${process.execPath} ${RECORD} ${opened} %s` }
  return { chat: stage.open(['chat', '--mcp-config', config, '--allow-all-tools'], { env }), opened }
}

test('a question of the model: chosen from a list, in own words, or not answered', async () => {
  const { chat } = await openChat()
  const ask = 'CALL ask_user {"question":"?","choices":["red","blue"]}'
  await say(chat, ask)
  await panel(chat, 'A question for you')
  await chat.keys(KEY.down, KEY.enter)
  await chat.until(() => chat.screen().includes('User selected: blue'))

  await say(chat, ask)
  await panel(chat, 't type an answer')
  await chat.keys('t')
  await chat.until(() => chat.screen().includes('⏎ send'))
  await chat.keys('something green')
  await chat.until(() => chat.screen().includes('› something green'))
  await chat.keys(KEY.enter)
  await chat.until(() => chat.lines().some(line => /^User .*: something green$/.test(line)))

  await say(chat, ask)
  await panel(chat, 'Esc no answer')
  await chat.keys(KEY.escape)
  await chat.until(() => chat.screen().includes('The person does not want to answer this question.'))
  await leave(chat)
})

test('what was typed before a question appeared is no answer to it', async () => {
  const { chat } = await openChat()
  await say(chat, 'CALL ask_user {"question":"?","choices":["red","blue"]}')
  await chat.keys('1 and 2')
  await chat.until(() => chat.screen().includes('A question for you'))
  await chat.until(() => composer(chat) === '1 and 2')
  expect(chat.lines().join('\n')).not.toContain('User selected')
  await panel(chat, 'A question for you')
  await chat.keys('1')
  await chat.until(() => chat.screen().includes('User selected: red'))
  await leave(chat)
})

test('a form: filled in with what was wrong told, read once more, sent; declined; cancelled', async () => {
  const { chat } = await openChat()
  await say(chat, 'CALL order {}')
  await panel(chat, 'Your name (1 of 4)')
  await chat.keys('A', KEY.enter)
  await chat.until(() => chat.screen().includes('At least 2 characters, please.'))
  await chat.keys('da', KEY.enter)
  await chat.until(() => chat.screen().includes('size, if you like (2 of 4)'))
  await chat.keys(KEY.enter)
  await chat.until(() => chat.screen().includes('› 2 blue'))
  await chat.keys(KEY.enter)
  await chat.until(() => chat.screen().includes('As a gift, if you like (4 of 4)'))
  await chat.keys('n')
  await chat.until(() => chat.screen().includes('⏎ send'))
  await chat.keys(KEY.enter)
  const sent = '{"action":"accept","content":{"name":"Ada","colour":"blue","gift":false}}'
  await chat.until(() => chat.screen().includes(sent))

  await say(chat, 'CALL order {}')
  await panel(chat, 'Your name')
  await chat.keys(KEY.escape)
  await chat.until(() => chat.screen().includes('d decline'))
  await chat.keys('d')
  await chat.until(() => chat.screen().includes('{"action":"decline"}'))
  await leave(chat)
})

test('an address: opened only when the person agrees, and never one that may not be opened', async () => {
  const { chat, opened } = await openChat()
  await say(chat, 'CALL pay {}')
  await panel(chat, 'wants a page to be opened')
  expect(chat.screen()).toContain('pay.example')
  expect(await readFile(opened, 'utf8')).toBe('')
  await chat.keys(KEY.enter)
  await chat.until(() => chat.screen().includes('{"action":"accept"}'))
  await expect.poll(() => readFile(opened, 'utf8')).toBe('https://pay.example/1\n')
  await leave(chat)
})

more('an address that is none is declined in one line', async () => {
  const { chat, opened } = await openChat('javascript:alert(1)')
  await say(chat, 'CALL pay {}')
  await chat.until(() => chat.screen().includes('it was not opened'))
  await chat.until(() => chat.screen().includes('{"action":"decline"}'))
  expect(await readFile(opened, 'utf8')).toBe('')
  await leave(chat)
})

test('a question is put away to write meanwhile, and comes back; what was written stays in sight below it', async () => {
  const { chat } = await openChat()
  await say(chat, 'CALL order {}')
  await panel(chat, 'Your name (1 of 4)')
  await chat.keys('Ad')
  await chat.until(() => chat.screen().includes('› Ad'))
  await chat.keys(CTRL_L)
  await chat.until(() => chat.screen().includes('? 1 question waits · Ctrl+L · Which'))
  await chat.keys('/context', KEY.enter)
  await chat.until(() => chat.lines().join('\n').includes('context: '))
  await chat.keys('half a thought')
  await chat.until(() => composer(chat) === 'half a thought')
  await chat.keys(CTRL_L)
  await panel(chat, 'kept: half a thought')
  await chat.keys('a', KEY.enter)
  await chat.until(() => chat.screen().includes('size, if you like (2 of 4)'))
  await chat.keys(CTRL_L)
  await chat.until(() => composer(chat) === 'half a thought')
  await chat.keys(KEY.escape)
  await chat.until(() => chat.lines().join('\n').includes('○ interrupted'))
  await chat.until(() => !chat.screen().includes('question waits'))
  await leave(chat)
})
