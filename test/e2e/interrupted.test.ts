import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { composer, leave, say, unwrapped } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const CTRL_S = '\u0013'

let stage: Stage
afterEach(() => stage.close())

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))
/** What the model was asked, of what the person has said. */
const asked = () => stage.world.model.requests.map(({ prompt }) => prompt)

async function open(...args: readonly string[]): Promise<TestTerminal> {
  stage = await openStage({ keychain: false })
  return stage.open(['chat', ...args])
}

describe('an interrupt gives back what the model has not read, in front of what is typed', () => {
  test('a running tool, a steered and two queued messages, a text in the composer', async () => {
    const chat = await open('--allow-all-tools')
    await say(chat, 'STREAM n=100000 r=20 id=a')
    await sees(chat, 'wa-3 ')
    await chat.keys('SAY steered', CTRL_S)
    await chat.until(() => chat.screen().includes('next step'))
    for (const text of ['SAY one', 'SAY two']) {
      await say(chat, text)
      await chat.until(() => chat.screen().includes(`› ${text}  queued`))
    }
    await chat.keys('half a tho')
    await chat.until(() => composer(chat) === 'half a tho')
    await chat.keys(KEY.escape)
    await sees(chat, '○ interrupted')
    await chat.until(() => chat.screen().includes('› SAY steered\n  SAY one\n  SAY two\n  half a tho'))
    expect(chat.screen()).not.toMatch(/queued|next step/)
    expect(asked().filter(prompt => prompt.startsWith('SAY'))).toEqual([])
    await chat.keys(KEY.enter)
    await sees(chat, '\nsteered')
    await leave(chat)
  })
})
