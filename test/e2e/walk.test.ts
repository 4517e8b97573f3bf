import { describe, test } from 'vitest'
import { keepsBounds } from '../support/live-region.ts'
import { some } from '../support/more.ts'
import { type Cell, markedOf, screenOf, textOf } from '../support/screen.ts'
import { openShop } from '../support/shop.ts'
import { walk } from '../support/walk.ts'

const SIZES = [
  { cols: 80, rows: 24 },
  { cols: 40, rows: 12 },
]

/** The screens of a walk, less what only says how long something took. */
async function take(size: { cols: number; rows: number }): Promise<{ name: string; cells: Cell[][] }[]> {
  const shop = await openShop(size)
  const screens: { name: string; cells: Cell[][] }[] = []
  try {
    await walk(shop, (name, chat) => {
      screens.push({ name, cells: screenOf(chat.terminal) })
      const onScreen = chat.raw().includes('\u001b[?2004h') && name !== 'left'
      if (onScreen) keepsBounds(chat, name)
    })
  } finally {
    await shop.close()
  }
  return screens
}

/** In plain lines the first message is told once more if it had to wait for the session. */
const row = (cells: Cell[]): string | [] => (/^(?:queued|you): /.test(textOf(cells)) ? [] : textOf(cells))
const told = (screens: Awaited<ReturnType<typeof take>>, show: (row: Cell[]) => string | []) =>
  screens.map(({ name, cells }) => [`=== ${name} ===`, ...cells.flatMap(show), ''].join('\n')).join('\n')

describe.concurrent('the common states of the chat', () => {
  test.for(some(SIZES, 2))('$cols x $rows', async (size, { expect }) => {
    const screens = await take(size)
    const file = `golden/chat-${size.cols}x${size.rows}`
    await expect(told(screens, row)).toMatchFileSnapshot(`${file}.txt`)
    if (size.cols === 80) await expect(told(screens, looks)).toMatchFileSnapshot(`${file}-colours.txt`)
  })
})

/** A row as it looks, if there is more to it than its text. */
function looks(row: Cell[]): string | [] {
  const marked = markedOf(row)
  return marked === textOf(row) ? [] : marked
}
