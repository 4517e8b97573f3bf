import { openRandom } from './random.ts'
import type { TestTerminal } from './terminal.ts'

export interface Size {
  cols: number
  rows: number
}

const SIZE = { cols: [40, 200], rows: [8, 60] } as const
const LAST: Size = { cols: 100, rows: 40 }

/** A person who cannot leave the window alone. The same seed gives the same sizes, at the same words. */
export interface Resizing {
  readonly first: Size
  /** Resizes the window so many times, spread over a text: each time another one of its words has appeared. */
  through(
    chat: TestTerminal,
    text: { words: readonly string[]; pattern: RegExp },
    times: number,
  ): Promise<void>
  /** What to say where something went wrong. */
  told(): string
}

export function openResizing(seed: number): Resizing {
  const { between, chance } = openRandom(seed)
  const sizes: Size[] = []
  const size = (): Size => {
    const next = { cols: between(...SIZE.cols), rows: between(...SIZE.rows) }
    sizes.push(next)
    return next
  }
  return {
    first: size(),
    async through(chat, { words, pattern }, times) {
      for (let at = 0; at < times; at += 1) {
        const part = words.length / times
        const wait = Math.floor(at * part + between(0, Math.floor(part) - 1))
        await chat.until(() => new Set(wordsOn(chat, pattern)).size > wait)
        // Now and then the window is dragged: the program hears of a size when there is another one already.
        for (let left = chance(30) ? between(2, 6) : 1; left > 0; left -= 1) {
          const { cols, rows } = size()
          await chat.until(chat.whole)
          chat.resize(cols, rows)
          if (chance(50)) await new Promise(resolve => setImmediate(resolve))
        }
      }
      // What is drawn at rest may be wider than the narrowest window.
      await chat.until(chat.whole)
      chat.resize(LAST.cols, LAST.rows)
    },
    told: () => `seed ${seed}, sizes ${sizes.map(({ cols, rows }) => `${cols}x${rows}`).join(' ')}`,
  }
}

/** What of a pattern is in the scrollback and on the screen, in order. */
export function wordsOn(chat: TestTerminal, pattern: RegExp): string[] {
  return chat.lines().join('\n').match(pattern) ?? []
}
