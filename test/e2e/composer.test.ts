import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { composer, count, leave, prompted, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

const CTRL = (letter: string) => String.fromCharCode(letter.charCodeAt(0) & 0x1f)

/** Presses keys one by one, and waits until the composer shows this. */
async function press(chat: TestTerminal, keys: readonly string[], shown: string): Promise<void> {
  await chat.keys(...keys)
  await chat.until(() => composer(chat) === shown)
}

/** The prompts that the model was given. */
const prompts = () => stage.world.model.requests.map(request => request.prompt)

test('undo and redo, kill and yank, words', async () => {
  const chat = stage.open(['chat'])
  await prompted(chat)
  await press(chat, 'one two three'.split(''), 'one two three')
  await press(chat, [CTRL('w')], 'one two')
  await press(chat, [CTRL('a'), CTRL('y')], 'threeone two')
  await press(chat, [CTRL('_')], 'one two')
  await press(chat, ['\u001bz'], 'threeone two')
  await press(chat, [CTRL('_'), '\u001bf', CTRL('k')], 'one')
  await press(chat, [CTRL('y'), '!'], 'one two !')
  await chat.keys('\u001bb')
  await press(chat, ['\u001bd'], 'one  !')
  // What is killed in a row is one text.
  await press(chat, [CTRL('u')], ' !')
  await press(chat, [CTRL('y')], 'one two !')
  // Ctrl+C empties the line; undo brings it back.
  await press(chat, [KEY.ctrlC], '')
  await press(chat, [CTRL('_')], 'one two !')
  await leave(chat)
})

test('lines: Alt+Enter, Ctrl+J, backslash and Enter, Shift+Enter in both forms; then Enter sends', async () => {
  const chat = stage.open(['chat'])
  await prompted(chat)
  const breaks = [KEY.altEnter, KEY.ctrlJ, `\\${KEY.enter}`, '\u001b[13;2u', '\u001b[27;2;13~']
  await chat.keys('SAY')
  for (const [at, key] of breaks.entries()) {
    await chat.keys(key, `line ${at}`)
    await chat.until(() => chat.screen().includes(`\n  line ${at}`))
  }
  await chat.keys(KEY.enter)
  await chat.until(() => prompts().length > 0)
  expect(prompts()[0]).toContain('SAY\nline 0\nline 1\nline 2\nline 3\nline 4')
  await leave(chat)
})

test('a long paste is a mark, never sends itself, and is sent whole', async () => {
  const chat = stage.open(['chat'])
  await prompted(chat)
  const pasted = Array.from({ length: 120 }, (_, at) => `row ${at} 日本 👨‍👩‍👧\n`).join('')
  await chat.keys('SAY ok ')
  chat.paste(pasted.replaceAll('\n', '\r'))
  await chat.until(() => composer(chat) === 'SAY ok [paste #1, 120 lines]')
  await press(chat, [KEY.backspace], 'SAY ok')
  await press(chat, [CTRL('_'), ' end'], 'SAY ok [paste #1, 120 lines] end')
  expect(prompts()).toEqual([])
  await chat.keys(KEY.enter)
  await chat.until(() => prompts().length > 0)
  expect(prompts()[0]).toContain(`SAY ok ${pasted} end`)
  await leave(chat)
})

test('prompts of other sessions: Up, and Ctrl+R; what begins with a space is not kept', async () => {
  const first = stage.open(['chat'])
  await say(first, 'SAY the first one')
  await first.until(() => count(first.lines().join('\n'), 'the first one') > 1)
  await say(first, '/mcp')
  await first.until(() => composer(first) === '')
  await first.keys(' SAY a quiet one', KEY.enter)
  await first.until(() => count(first.lines().join('\n'), 'a quiet one') > 1)
  await leave(first)

  const file = join(stage.place.env.COPILOT_HOST_HOME ?? '', 'prompts.jsonl')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).not.toContain('quiet')

  const chat = stage.open(['chat'])
  await prompted(chat)
  await press(chat, [KEY.up], '/mcp')
  await press(chat, [KEY.up], 'SAY the first one')
  await press(chat, [KEY.down, KEY.down], '')
  await chat.keys('draft', CTRL('r'))
  await chat.until(() => chat.screen().includes('search: '))
  await press(chat, ['f', 'ir'], 'SAY the first one')
  await chat.until(() => chat.screen().includes('search: fir  Ctrl+R older'))
  await chat.keys('zz')
  await chat.until(() => chat.screen().includes('search: firzz (not found)'))
  await chat.keys(KEY.escape)
  await chat.until(() => !chat.screen().includes('search:'))
  expect(composer(chat)).toBe('draft')
  await press(chat, [CTRL('r'), 'first', KEY.enter], 'SAY the first one')
  expect(prompts()).toHaveLength(2)
  await chat.keys(KEY.enter)
  await chat.until(() => prompts().length === 3)
  await leave(chat)
})

test('Ctrl+G: an editor has the terminal, and its text comes back; a failure leaves the text', async () => {
  const editor = join(stage.world.work, 'editor.cjs')
  // It reads a line from the terminal, as editors do, and Ctrl+C is a key of its own.
  await writeFile(
    editor,
    `const fs = require('fs'); const file = process.argv.at(-1)
     process.on('SIGINT', () => console.log('interrupted'))
     console.log('the editor has: ' + fs.readFileSync(file, 'utf8'))
     process.stdin.on('data', text => {
       fs.writeFileSync(file, fs.readFileSync(file, 'utf8') + text.toString().trimEnd() + '\\nsecond\\n')
       process.exit(0)
     })`,
  )
  const env = { VISUAL: `${process.execPath} ${editor}` }
  const chat = stage.open(['chat'], { env })
  await prompted(chat)
  await press(chat, ['SAY draft '], 'SAY draft')
  await chat.keys(CTRL('g'))
  await chat.until(() => chat.screen().includes('the editor has: SAY draft'))
  expect(chat.modes()).toEqual({ cursorHidden: false, bracketedPaste: false, alternateScreen: false })
  await chat.keys(KEY.ctrlC)
  await chat.until(() => chat.screen().includes('interrupted'))
  await chat.keys('typed there\r')
  await chat.until(
    () => chat.modes().bracketedPaste && chat.screen().includes('› SAY draft typed there\n  second'),
  )
  await press(chat, [CTRL('_')], 'SAY draft')
  await chat.keys('\u001bz')
  await chat.until(() => chat.screen().includes('› SAY draft typed there\n  second'))
  await chat.keys(KEY.enter)
  await chat.until(() => prompts().length > 0)
  await chat.until(() => composer(chat) === '')

  // What comes in while the editor has the terminal is printed afterwards.
  await chat.keys('STREAM n=60 r=200 id=x', KEY.enter)
  await chat.until(() => chat.screen().includes('wx-3'))
  await chat.keys(CTRL('g'))
  await chat.until(() => chat.screen().trimEnd().endsWith('the editor has:'))
  await chat.keys('\r')
  await chat.until(() => chat.lines().some(line => line.includes('wx-60')))
  const words =
    chat
      .lines()
      .join(' ')
      .match(/wx-\d+/g) ?? []
  expect(new Set(words)).toEqual(new Set(Array.from({ length: 60 }, (_, at) => `wx-${at + 1}`)))
  await press(chat, [CTRL('_')], '')
  expect(prompts()[0]).toContain('SAY draft typed there\nsecond')
  await leave(chat)

  const other = stage.open(['chat'], { env: { VISUAL: 'no-such-editor' } })
  await prompted(other)
  await press(other, ['draft'], 'draft')
  await other.keys(CTRL('g'))
  await other.until(() => other.screen().includes('the editor no-such-editor could not be started'))
  await other.until(() => composer(other) === 'draft')
  await leave(other)
})

test('@file: the list stays below a low window, Tab takes a file, and it goes with the message', async () => {
  const { work } = stage.world
  await mkdir(join(work, 'src'))
  for (const name of ['src/app.ts', 'src/index.ts', 'src/other.ts', 'notes for me.md', 'read\u202eme.md'])
    await writeFile(join(work, name), '')
  const chat = stage.open(['chat'], { cols: 40, rows: 12 })
  await prompted(chat)
  await chat.keys('SAY look at @')
  await chat.until(() => chat.screen().includes('❯ notes for me.md'))
  expect(chat.screen()).toContain('  readme.md')
  await chat.keys('src')
  await chat.until(() => chat.screen().includes('❯ src/app.ts'))
  await chat.keys(KEY.down)
  await chat.until(() => chat.screen().includes('❯ src/index.ts'))
  await chat.keys('\t')
  await chat.until(() => composer(chat) === 'SAY look at @src/index.ts')
  await chat.keys(KEY.enter)
  await chat.until(() => stage.world.model.requests.length > 0)
  const sent = JSON.stringify(stage.world.model.requests[0]?.messages)
  expect(sent).toContain('SAY look at @src/index.ts')
  expect(sent).toMatch(/<tagged_files>.{0,10}\/.*src\/index\.ts/)
  expect(chat.raw()).not.toContain('\u202e')
  await leave(chat)
})

test('!command: the output is shown, cleaned, and not sent; Esc stops one; the chat goes on', async () => {
  const chat = stage.open(['chat'])
  await say(chat, "!printf 'in the shell\\n\\033[2Jcleaned\\n'; exit 3")
  await chat.until(() => chat.lines().includes('  cleaned'))
  expect(chat.lines()).toContain('  in the shell')
  await chat.until(() => chat.screen().includes('exit code 3'))
  await chat.until(() => composer(chat) === '')
  await chat.keys('!echo started; sleep 60', KEY.enter)
  await chat.until(() => /○ !.*started/.test(chat.screen()))
  await chat.keys('typed meanwhile')
  await chat.until(() => composer(chat) === 'typed meanwhile')
  await chat.keys(KEY.escape)
  await chat.until(() => chat.screen().includes('stopped'))
  await press(chat, [CTRL('u')], '')
  await say(chat, 'SAY hello')
  await chat.until(() => prompts().length > 0)
  expect(JSON.stringify(stage.world.model.requests)).not.toContain('in the shell')
  await leave(chat)
})
