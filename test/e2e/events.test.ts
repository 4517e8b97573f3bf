import { afterEach, expect, onTestFinished, test } from 'vitest'
import { startBreakingModel } from '../support/breaking-model.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { leaveLines, linePerson } from '../support/lines.ts'
import { more } from '../support/more.ts'
import { count, leave, prompted, say, unwrapped } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))

async function withBreakingModel(): Promise<{ env: Record<string, string> }> {
  stage = await openStage({ keychain: false })
  const texts = { half: 'a finished line\n\nan unfinished one', whole: 'the whole answer' }
  const model = await startBreakingModel(1, texts)
  onTestFinished(() => model.close())
  return { env: { COPILOT_PROVIDER_BASE_URL: model.url } }
}

test('a reply that breaks off: what was printed is marked, the rest goes, the next attempt is the answer', async () => {
  const chat = stageOpen(await withBreakingModel())
  await say(chat, 'hello')
  await sees(chat, 'an unfinished one')
  await sees(chat, '\nthe whole answer')
  const text = chat.lines().join('\n')
  expect(text).toContain('a finished line\n\n○ the reply broke off here and begins anew\n\nthe whole answer')
  expect(text).not.toContain('an unfinished one')
  await leave(chat)
})

const stageOpen = (run: { env: Record<string, string> }) => stage.open(['chat'], run)

more('... in plain lines, and in one prompt, whose output is the answer alone', async () => {
  const run = await withBreakingModel()
  const chat = stage.open(['chat', '--plain'], run)
  const { hear, say: type } = linePerson(chat)
  await hear('twice it leaves.')
  await type('hello')
  await hear('a finished line')
  await hear('the reply broke off here and begins anew')
  await hear('trying again')
  await hear('the whole answer')
  await hear('ready')
  expect(chat.raw()).not.toContain('an unfinished one')
  await leaveLines(chat)

  await stage.close()
  const once = await withBreakingModel()
  expect(await stage.run(['chat', '-p', 'hello'], once)).toEqual({
    code: 0,
    stdout: 'the whole answer\n',
    stderr: 'the model did not answer (streaming error), trying again\n',
  })

  await stage.close()
  const json = await withBreakingModel()
  const { stdout } = await stage.run(['chat', '-p', 'hello', '--output', 'stream-json'], json)
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const [half, discarded] = ['text', 'discarded'].map(type => events.find(event => event.type === type))
  expect(half.text).toContain('a finished line')
  expect(discarded).toEqual({ type: 'discarded', message: half.message })
  expect(events.at(-1)).toMatchObject({ type: 'result', answer: 'the whole answer\n' })
})

test('an agent in the background: told in words when it is done, and never as part of the talk', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', '--allow-all-tools'])
  const agent = {
    ...{ name: 'helper', agent_type: 'general-purpose', description: 'look around' },
    ...{ prompt: 'SAY found it', mode: 'background' },
  }
  await prompted(chat)
  chat.paste(`CALL task ${JSON.stringify(agent)}`)
  await chat.until(() => chat.screen().includes('background'))
  await chat.keys(KEY.enter)
  await sees(chat, '● helper')
  expect(unwrapped(chat)).not.toContain('system_notification')
  expect(unwrapped(chat)).not.toContain('› SAY found it')
  await leave(chat)
})

test('a session that is open elsewhere: one line warns', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat'])
  await say(chat, 'SAY hello')
  await sees(chat, '\nhello')
  const other = stage.open(['resume'])
  await sees(other, '! this session is open in another program as well')
  await leave(other)
  expect(count(unwrapped(chat), 'another program')).toBe(0)
  await leave(chat)
})
