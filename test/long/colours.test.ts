import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { leaveLines, linePerson, onlyLines } from '../support/lines.ts'
import { composer, leave, panel, prompted, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage({ keychain: false })
})
afterEach(() => stage.close())

async function order(chat: TestTerminal, text: string): Promise<void> {
  await prompted(chat)
  chat.paste(text)
  await chat.until(() => composer(chat) !== '')
  await chat.keys(KEY.enter)
}

const working = (chat: TestTerminal) => chat.screen().includes('working…')
/** The colours that were used, by their SGR numbers. */
const used = (raw: string) =>
  new Set(Array.from(raw.matchAll(/\u001b\[((?:3|4|9|10)[0-8])m/g), found => found[1]))
const DARK = new Set(['31', '32', '33', '35', '36'])
const LIGHT = new Set(['31', '32', '34', '35'])

/** Code, a diff in a question, a failure, a warning: everything that has colours. */
async function colourful(env: Record<string, string>): Promise<string> {
  await writeFile(join(stage.world.work, 'a.txt'), 'one\ntwo\nthree\n')
  const chat = stage.open(['chat'], { env })
  await order(chat, 'SAY ```ts\\n// why\\nconst a = ["b", 1]\\n```\\n```diff\\n-old\\n+new\\n```')
  await chat.until(() => chat.screen().includes('+new') && !working(chat))
  const path = join(stage.world.work, 'a.txt')
  await order(chat, `CALL edit ${JSON.stringify({ path, old_str: 'two', new_str: 'zwei' })}`)
  await panel(chat, 'y once')
  await chat.keys('n')
  await chat.until(() => chat.screen().includes('denied') && !working(chat))
  await order(chat, 'CALL view {"path":"no-such-file"}')
  await panel(chat, 'y once')
  await chat.keys('y')
  await chat.until(() => chat.screen().includes('✗ view') && !working(chat))
  await say(chat, '/no-such-command')
  await prompted(chat)
  await leave(chat)
  return chat.raw()
}

test.each<[string, Record<string, string>, ReadonlySet<string>]>([
  ['as the terminal has them', {}, DARK],
  ['on a light background', { COLORFGBG: '0;15' }, LIGHT],
  ['NO_COLOR', { NO_COLOR: '1' }, new Set()],
  ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, new Set()],
  ['FORCE_COLOR=3 before NO_COLOR', { NO_COLOR: '1', FORCE_COLOR: '3', COLORTERM: 'truecolor' }, DARK],
])('colours: %s', async (_name, env, colours) => {
  const raw = await colourful(env)
  expect([...used(raw)].filter(colour => !colours.has(colour ?? ''))).toEqual([])
  for (const colour of colours) if (colour !== '33') expect(used(raw)).toContain(colour)
  // Node has a warning of its own about the two variables.
  expect(raw).not.toContain('Warning')
})

test.each(['--plain', 'COPILOT_HOST_PLAIN', 'TERM=dumb'])(
  '%s: only lines, whatever the variables say; choices have numbers, nothing changes with time',
  async way => {
    const env = { FORCE_COLOR: '3', ...(way === 'COPILOT_HOST_PLAIN' ? { [way]: '1' } : {}) }
    const args = ['chat', ...(way === '--plain' ? [way] : [])]
    const chat = stage.open(args, { env, term: way === 'TERM=dumb' ? 'dumb' : 'xterm-256color' })
    const { hear, say } = linePerson(chat)
    await hear('Type a message and press Enter.')
    await say('CALL bash {"command":"touch hello","description":"greet"}')
    await hear('1 allow once, 2 no')
    await hear('Choice (a number):')
    const before = chat.raw().length
    const since = performance.now()
    await chat.until(() => performance.now() - since > 1200)
    expect(chat.raw().length).toBe(before)
    await say('1')
    await hear('allowed once')
    await hear(/\r\nready\r\n/)
    await say('SAY ```ts\\nconst a = 1\\n```')
    await hear('\nconst a = 1\r')
    await hear(/\r\nready\r\n/)
    onlyLines(chat)
    await leaveLines(chat)
  },
)

test('the title says who is waited for; a call comes once, as it was chosen, and only where a question is open', async () => {
  const call = '\u001b]777;notify;copilot-host;copilot-host has a question for you\u0007'
  const args = ['chat', '--mcp', `notes=${stage.world.mcp.url}`]
  const [loud, quiet, idle] = [
    stage.open(args, { env: { COPILOT_HOST_NOTIFY: 'osc777' } }),
    stage.open(args, { env: { COPILOT_HOST_NOTIFY: 'off', COPILOT_HOST_NO_TITLE: '1' } }),
    stage.open(['chat'], { env: { COPILOT_HOST_NOTIFY: 'osc9' } }),
  ]
  await say(idle, 'STREAM n=20 r=40 id=x')
  await idle.until(() => idle.raw().includes('\u001b]2;… copilot-host'))
  await idle.until(() => idle.screen().includes('wx-20') && !working(idle))
  await panel(loud, 'Sign in to notes')
  await panel(quiet, 'Sign in to notes')
  expect(loud.raw()).toContain('\u001b]2;? copilot-host')
  await loud.until(() => loud.raw().includes(call))
  await loud.keys(KEY.escape)
  await prompted(loud)
  await Promise.all([leave(loud), leave(idle)])
  await quiet.keys(KEY.escape)
  await prompted(quiet)
  await leave(quiet)
  expect(loud.raw().split(call)).toHaveLength(2)
  expect(loud.raw()).toMatch(/\u001b\]2;copilot-host [^?…]*\u0007[^\u0007]*\u001b\]2;\u0007\u001b\[23;2t/s)
  expect(idle.raw()).not.toContain('\u001b]9;')
  expect(quiet.raw()).not.toMatch(/\u001b\](?:2|9|777);/)
  // A bell of its own, which ends no sequence, in none of them.
  for (const chat of [loud, quiet, idle])
    expect(chat.raw().replaceAll(/\u001b\][^\u0007\u001b]*\u0007/g, '')).not.toContain('\u0007')
})
