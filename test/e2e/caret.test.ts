import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { leave, prompted } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage({ keychain: false })
})
afterEach(() => stage.close())

const CTRL = (letter: string) => String.fromCharCode(letter.charCodeAt(0) & 0x1f)
const WORD_LEFT = ['\u001bb', '\u001b[1;5D', '\u001b[1;3D']
const WORD_RIGHT = ['\u001bf', '\u001b[1;5C', '\u001b[1;3C']
/** Where the text begins. */
const MARK = 2

/** Presses a key, and waits until the terminal's own cursor is in this column of the text, in a row that begins so. */
async function caret(chat: TestTerminal, key: string, column: number, row = '›'): Promise<void> {
  await chat.keys(key)
  await chat.until(() => {
    const { x, y } = chat.cursor()
    const at = chat.terminal.buffer.active
    const text = at.getLine(at.viewportY + y)?.translateToString(true) ?? ''
    return x === MARK + column && text.startsWith(row) && !chat.modes().cursorHidden
  })
}

test('the cursor of the terminal is at the caret: by characters, whatever they are made of, and by words', async () => {
  const chat = stage.open(['chat'])
  await prompted(chat)
  // Cells: a 1, 日 2, e with a mark 1, a family of three emoji 6 (drawn one by one), x 1.
  for (const [key, column] of [
    ['a', 1],
    ['日', 3],
    ['e\u0301', 4],
    ['👨‍👩‍👧', 10],
    ['x', 11],
  ] as const)
    await caret(chat, key, column)
  for (const column of [10, 4, 3, 1, 0]) await caret(chat, KEY.left, column)
  for (const column of [1, 3, 4, 10, 11]) await caret(chat, KEY.right, column)
  await caret(chat, KEY.left, 10)
  await caret(chat, KEY.backspace, 4)
  await caret(chat, KEY.backspace, 3)
  await caret(chat, CTRL('_'), 10)
  await caret(chat, CTRL('u'), 0)
  await caret(chat, CTRL('y'), 10)
  await caret(chat, CTRL('e'), 11)
  // 日本語 is one word, and the family none.
  await caret(chat, ' 日本語 one.two', 26)
  for (const key of WORD_LEFT) {
    for (const column of [23, 19, 12, 10]) await caret(chat, key, column)
    await caret(chat, CTRL('e'), 26)
  }
  await caret(chat, CTRL('a'), 0)
  for (const key of WORD_RIGHT) {
    for (const column of [4, 11, 18, 22, 26]) await caret(chat, key, column)
    await caret(chat, CTRL('a'), 0)
  }
  await caret(chat, '\u001bd', 0)
  await caret(chat, CTRL('e'), 22)
  await caret(chat, '\u001b\u007f', 19)
  await leave(chat)
})

test('several lines and a narrow window: up, down, home and end by rows; the cursor goes along', async () => {
  const chat = stage.open(['chat'], { cols: 40, rows: 12 })
  await prompted(chat)
  await caret(chat, '日本語', 6)
  await caret(chat, KEY.ctrlJ, 0, '')
  await caret(chat, 'second', 6, '  second')
  await caret(chat, KEY.up, 6, '› 日本語')
  await caret(chat, KEY.left, 4, '› 日本語')
  await caret(chat, KEY.down, 4, '  second')
  await caret(chat, '\u001b[H', 0, '  second')
  await caret(chat, KEY.left, 6, '› 日本語')
  await caret(chat, '\u001b[F', 6, '› 日本語')
  await caret(chat, KEY.right, 0, '  second')
  await caret(chat, CTRL('k'), 0, '')
  // A line that is longer than the window goes on in the next row.
  await caret(chat, '漢'.repeat(18), 0, '  ')
  await caret(chat, KEY.left, 34, '  漢')
  await leave(chat)
})

test('typing is not held up by a reply that streams, and the cursor stays with it', async () => {
  const chat = stage.open(['chat'])
  await prompted(chat)
  /** Types this, each key after the one before was there, and gives the column that it ends in. */
  const typed = async (text: string) => {
    let column = 0
    for (const key of text) {
      column += key > '\u007f' ? 2 : 1
      await caret(chat, key, column)
    }
    return column
  }
  await typed('STREAM n=9000 r=1000 id=x')
  await chat.keys(KEY.enter)
  await chat.until(() => chat.screen().includes('wx-1'))
  const words = () => Math.max(...Array.from(chat.raw().matchAll(/wx-(\d+)/g), found => Number(found[1])))
  const column = await typed('typed 日本 while it comes')
  expect(words()).toBeLessThan(9000)
  await chat.keys(KEY.escape)
  await chat.until(() => /interrupted/.test(chat.screen()))
  await caret(chat, '!', column + 1)
  await leave(chat)
})
