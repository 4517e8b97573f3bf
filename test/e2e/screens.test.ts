import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepsBounds } from '../support/live-region.ts'
import { some } from '../support/more.ts'
import { openScene, type Servers, startServers } from '../support/scene.ts'
import { type Cell, markedOf, screenOf, textOf } from '../support/screen.ts'
import { tour } from '../support/tour.ts'

let servers: Servers
beforeAll(async () => {
  servers = await startServers()
})
afterAll(() => servers.close())

const SIZES = [
  { cols: 80, rows: 24 },
  { cols: 200, rows: 50 },
  { cols: 40, rows: 12 },
]

/** Colours of any kind: the sixteen, 256 and direct ones, of letters and of what is behind them. */
const COLOUR = /\u001b\[[\d;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])\b[\d;]*m/

interface Size {
  cols: number
  rows: number
}
type Screens = { name: string; cells: Cell[][] }[]

/** Takes the tour; every screen on it is checked for what holds for all of them. */
async function take(size: Size, env: Record<string, string> = {}): Promise<Screens> {
  const name = `${size.cols} ${Object.keys(env).join('')}`
  const scene = await openScene(servers, { ...size, name, store: 'file', env })
  const screens: Screens = []
  try {
    await tour(scene, (name, chat) => {
      screens.push({ name, cells: screenOf(chat.terminal) })
      keepsBounds(chat, name)
      if (env.NO_COLOR) expect(chat.raw(), name).not.toMatch(COLOUR)
    })
  } finally {
    await scene.close()
  }
  return screens
}

/** All screens of a tour as one text that a person can read, less the rows that `show` leaves out. */
function story(
  screens: Screens,
  { cols, rows }: { cols: number; rows: number },
  show: (row: Cell[]) => string | [],
) {
  const parts = screens.map(({ name, cells }) => [`=== ${name} ===`, ...cells.flatMap(show), ''].join('\n'))
  return [`The way through the sign-in panel in a window of ${cols} x ${rows}.\n`, ...parts].join('\n')
}

describe.concurrent('golden screens', () => {
  test.for(some(SIZES, 2))('$cols x $rows', async (size, { expect }) => {
    const screens = await take(size)
    await expect(story(screens, size, textOf)).toMatchFileSnapshot(golden(size))
    if (size.cols === 80)
      await expect(story(screens, size, looks)).toMatchFileSnapshot(golden(size, '-colours'))
  })

  test('80 x 24 without colour: the same words, no colour', async ({ expect }) => {
    const size = { cols: 80, rows: 24 }
    const screens = await take(size, { NO_COLOR: '1' })
    await expect(story(screens, size, textOf)).toMatchFileSnapshot(golden(size))
    await expect(story(screens, size, looks)).toMatchFileSnapshot(golden(size, '-no-color'))
  })
})

/** A row as it looks, if there is more to it than its text. */
function looks(row: Cell[]): string | [] {
  const marked = markedOf(row)
  return marked === textOf(row) ? [] : marked
}

function golden({ cols, rows }: Size, suffix = ''): string {
  return `golden/${cols}x${rows}${suffix}.txt`
}
