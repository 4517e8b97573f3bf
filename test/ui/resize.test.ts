import { afterAll, beforeAll, expect, test } from 'vitest'
import { clean } from '../../src/text.ts'
import { openResizing, wordsOn } from '../support/resizing.ts'
import type { TestTerminal } from '../support/terminal.ts'
import { buildProgram, type Program } from './fixture/open.ts'

let program: Program
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program.remove())

/** A reply of every kind of block, in which each word is there once. */
function reply(sections: number): { text: string; words: string[] } {
  let count = 0
  const word = () => {
    count += 1
    return `w${String(count).padStart(4, '0')}`
  }
  const words = (many: number) => Array.from({ length: many }, word).join(' ')
  const rows = () => Array.from({ length: 15 }, () => `| ${word()} | ${word()} |`).join('\n')
  const parts = Array.from({ length: sections }, () => [
    `## ${words(3)}`,
    `${words(60)} **${words(2)}** ${words(3)}`,
    `- ${words(4)}\n- \`${words(1)}\` ${words(20)}`,
    `\`\`\`ts\n${words(2)}\n\n    ${words(40)}\n\`\`\``,
    `| ${word()} | ${word()} |\n|---|---|\n${rows()}`,
    `> ${words(5)} **${words(40)}** ${words(5)}`,
  ])
  const text = parts.flat().join('\n\n')
  return { text, words: text.match(WORD) ?? [] }
}

const WORD = /w\d{4}/g
const TYPED = /t\d\d/g
const pieces = (text: string) => text.match(/[\s\S]{1,7}/g) ?? ['']
const draft = (count: number) => Array.from({ length: count }, (_, at) => `t${at + 10}`)

/** Nothing was cleared. From its first cell even the rest of the window is not: tmux would keep it in its history. */
function expectCalm(terminal: TestTerminal): void {
  expect(terminal.raw()).not.toMatch(/\u001b\[[23]J|\u001b\[\?1049h|\u001b\[(1;1)?H|\u001b\[1?G\u001b\[J/)
}

// One piece after so many milliseconds, a reply of so many sections, a draft of so many words.
test.concurrent.each([
  { seed: 1, ms: 20, sections: 1, typed: 4 },
  { seed: 2, ms: 5, sections: 3, typed: 30 },
  { seed: 3, ms: 0, sections: 8, typed: 0 },
  { seed: 4, ms: 5, sections: 3, typed: 80 },
  { seed: 5, ms: 0, sections: 8, typed: 80 },
  { seed: 6, ms: 2, sections: 4, typed: 12 },
])('Markdown in a window that is never left alone, every $ms ms (seed $seed)', async run => {
  const { text, words } = reply(run.sections)
  const typed = draft(run.typed)
  const resizing = openResizing(run.seed)
  const { terminal, order, show, reports } = await program.start(resizing.first)
  await show({ type: 'sent', text: 'go' })
  await terminal.keys(typed.join(' '))
  await terminal.until(() => wordsOn(terminal, TYPED).at(-1) === typed.at(-1))
  await order({ do: 'play', id: 'a', deltas: pieces(text), ms: run.ms, full: text })
  await resizing.through(terminal, { words, pattern: WORD }, 16)
  await terminal.until(() => reports.some(report => 'played' in report))
  await show({ type: 'idle', aborted: false })
  await terminal.until(() => !terminal.screen().includes('working'))
  // Of a long draft the rows around the caret are shown.
  const shown = wordsOn(terminal, TYPED)
  expect(shown, resizing.told()).toEqual(typed.slice(typed.length - shown.length))
  expect(shown.length > 0, resizing.told()).toBe(typed.length > 0)
  expect(wordsOn(terminal, WORD), resizing.told()).toEqual(words)
  await order({ do: 'close' })
  await terminal.exit
  expect(wordsOn(terminal, WORD), resizing.told()).toEqual(words)
  expectCalm(terminal)
})

test('with a question open: what was said is there once, and the question can be answered', async () => {
  const { text, words } = reply(4)
  const resizing = openResizing(7)
  const { terminal, order, reports } = await program.start(resizing.first)
  const title = clean('Run a command?')
  const body = 'npm test -- --watch=false src/cart/total.ts\n'.repeat(9)
  await order({ do: 'ask', ask: { id: 'p', kind: 'command', title, body, names: [], approval: {} } })
  await terminal.until(() => terminal.screen().includes('y once'))
  await order({ do: 'play', id: 'a', deltas: pieces(text), ms: 2, full: text })
  await resizing.through(terminal, { words, pattern: WORD }, 16)
  await terminal.until(() => reports.some(report => 'played' in report))
  terminal.resize(80, 24)
  await terminal.until(() => terminal.screen().includes('y once'))
  await terminal.keys('y')
  await terminal.until(() => reports.some(report => 'decision' in report))
  await order({ do: 'close' })
  await terminal.exit
  expect(wordsOn(terminal, WORD), resizing.told()).toEqual(words)
  expectCalm(terminal)
})

test('a draft of eight rows in a window of ten: the caret and what is around it stay, and nothing is there twice', async () => {
  const { terminal, order } = await program.start({ cols: 100, rows: 30 })
  const rows = Array.from({ length: 8 }, (_, at) => `t${at + 10}`)
  terminal.paste(rows.join('\n'))
  await terminal.until(() => wordsOn(terminal, TYPED).length === 8)
  for (const [cols, height, shown] of [
    [100, 10, rows.slice(-3)],
    [40, 8, rows.slice(-3)],
    [200, 60, rows],
  ] as const) {
    terminal.resize(cols, height)
    await terminal.until(() => {
      const { x, y } = terminal.cursor()
      const caret = x === '  t17'.length && terminal.rows().slice(-height)[y] === '  t17'
      return caret && wordsOn(terminal, TYPED).join() === shown.join()
    })
  }
  await order({ do: 'close' })
  await terminal.exit
  expect(terminal.lines().filter(line => line.includes('copilot-host'))).toHaveLength(1)
  expectCalm(terminal)
})
