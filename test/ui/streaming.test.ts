import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY, replay, type TestTerminal } from '../support/terminal.ts'
import { buildProgram, type Program } from './fixture/open.ts'

let program: Program
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program.remove())

/** A reply of every kind of block, in which each word is there once. */
function reply(): { text: string; words: string[] } {
  let count = 0
  const word = () => {
    count += 1
    return `w${String(count).padStart(4, '0')}`
  }
  const words = (many: number) => Array.from({ length: many }, word).join(' ')
  const parts = Array.from({ length: 4 }, () => [
    `## ${words(3)}`,
    `${words(60)} **${words(2)}** ${words(3)}`,
    `- ${words(4)}\n- \`${words(1)}\` ${words(20)}`,
    `\`\`\`ts\n${words(2)}\n\n    ${words(40)}\n\`\`\``,
    `| ${word()} | ${word()} |\n|---|---|\n${Array.from({ length: 15 }, () => `| ${word()} | ${word()} |`).join('\n')}`,
    `> ${words(5)}`,
  ])
  const text = parts.flat().join('\n\n')
  return { text, words: text.match(/w\d{4}/g) ?? [] }
}

/** Pieces as a model sends them: a few characters each, cut anywhere. */
const pieces = (text: string) => text.match(/[\s\S]{1,7}/g) ?? ['']
const wordsIn = (lines: readonly string[]): string[] => lines.join('\n').match(/w\d{4}/g) ?? []

function expectCalm(terminal: TestTerminal): void {
  const raw = terminal.raw()
  for (const forbidden of ['\u001b[2J', '\u001b[3J', '\u001b[1;1H', '\u001b[H', '\u001b[?1049h', '\u001bc']) {
    expect(raw.split(forbidden).length - 1, JSON.stringify(forbidden)).toBe(0)
  }
}

describe.each([
  { cols: 80, rows: 24 },
  { cols: 40, rows: 12 },
  { cols: 140, rows: 50 },
])('a reply at $cols x $rows', size => {
  test('is printed exactly once, without tearing, while somebody types', async () => {
    const { text, words } = reply()
    const { terminal, order, show, reports } = await program.start(size)
    await show({ type: 'sent', text: 'go' })
    await order({ do: 'play', id: 'a', deltas: pieces(text), ms: 1, full: text })
    for (const letter of 'typing while it streams') await terminal.keys(letter)
    await terminal.until(() => reports.some(report => 'played' in report))
    await show({ type: 'idle', aborted: false })
    await terminal.until(() => !terminal.screen().includes('working'))
    expect(terminal.screen()).toContain('› typing while it streams')
    await order({ do: 'close' })
    expect(await terminal.exit).toEqual({ code: 0, signal: 0 })
    expect(wordsIn(terminal.lines())).toEqual(words)
    expectCalm(terminal)

    let before: readonly string[] = []
    await replay(terminal.raw(), size, lines => {
      const seen = wordsIn(lines)
      expect(new Set(seen).size, 'no word is shown twice').toBe(seen.length)
      // A long tail is clipped at its start until it is printed; what was printed stays.
      const printed = before.slice(0, -1).filter(word => !seen.includes(word))
      expect(seen.length + printed.length).toBeGreaterThanOrEqual(before.length - 1)
      before = seen
    })
  })
})

test('a resize in the middle of a stream neither repeats nor loses a word', async () => {
  const { text, words } = reply()
  const { terminal, order, reports } = await program.start({ cols: 120, rows: 30 })
  await order({ do: 'play', id: 'a', deltas: pieces(text), ms: 2, full: text })
  const sizes = [
    [100, 30],
    [80, 24],
    [64, 20],
    [140, 40],
    [90, 12],
    [90, 30],
  ] as const
  for (const [at, [cols, rows]] of sizes.entries()) {
    const awaited = words[(at + 1) * 60] ?? ''
    await terminal.until(() => terminal.lines().some(line => line.includes(awaited)))
    terminal.resize(cols, rows)
  }
  await terminal.until(() => reports.some(report => 'played' in report))
  await order({ do: 'close' })
  await terminal.exit
  expect(wordsIn(terminal.lines())).toEqual(words)
  expect(terminal.raw()).not.toMatch(/\u001b\[[23]J|\u001b\[\?1049h/)
})

test('long lines stay one line for the terminal, and take a new window width', async () => {
  const code = `const a = [${Array.from({ length: 60 }, (_, at) => at + 1000).join(', ')}]`
  const { terminal, show } = await program.start()
  const text = `\`\`\`js\n${code}\n\`\`\``
  await show({ type: 'reply', messageId: 'a', text })
  await terminal.until(() => terminal.lines().includes(code))
  terminal.resize(100, 24)
  await terminal.until(() => terminal.lines().includes(code))
})

test('thousands of lines at once leave the keys alive, in order and whole', async () => {
  const text = Array.from({ length: 5000 }, (_, at) => `w${String(at).padStart(4, '0')}`).join('\n')
  const { terminal, show, order } = await program.start()
  await show({ type: 'reply', messageId: 'a', text }, { type: 'line', level: 'done', text: 'over' })
  await terminal.keys('k')
  await terminal.until(() => terminal.screen().includes('› k'))
  await order({ do: 'close' })
  await terminal.exit
  expect(wordsIn(terminal.lines())).toEqual(text.split('\n'))
  expect(terminal.lines().filter(line => line === '✓ over')).toHaveLength(1)
})

test('hundreds of blocks, each once and in order, though printed ones are dropped', async () => {
  const { terminal, show, order } = await program.start()
  const words = Array.from({ length: 300 }, (_, at) => `w${String(at).padStart(4, '0')}`)
  for (const [at, text] of words.entries()) {
    const line = { type: 'line', level: 'info', text } as const
    // Alone, and several in one frame.
    if (at % 10 < 5) await show(line)
    else void show(line)
  }
  await order({ do: 'close' })
  await terminal.exit
  expect(wordsIn(terminal.lines())).toEqual(words)
})

test('hostile text cannot reach the terminal', async () => {
  const evil = [
    '\u001b]52;c;aGVsbG8=\u0007',
    '\u001b]0;title\u0007',
    '\u001b]8;;https://evil.example\u001b\\',
    '\u001b[2J\u001b[3J\u001bc',
    '\u001bP1$r\u001b\\\u009b2J\u009d0;t\u009c',
    '\u202e\r\u0008',
  ].join('x')
  const { terminal, order, show, reports } = await program.start()
  await show({ type: 'sent', text: `prompt${evil}` }, { type: 'line', level: 'info', text: `line${evil}` })
  await order({ do: 'play', id: 'a', deltas: `reply${evil}end`.split(''), ms: 0 })
  await terminal.until(() => reports.some(report => 'played' in report))
  await terminal.until(() => terminal.screen().includes('replyxxxxxend'))
  await show(
    { type: 'queued', messages: [`queued${evil}`] },
    { type: 'waiting', servers: [`server${evil}`] },
    { type: 'draft', text: `draft${evil}` },
  )
  await terminal.until(() => terminal.screen().includes('draft'))
  const raw = terminal.raw()
  expect(raw).not.toMatch(
    /\u001b\](?!8;;\u001b|2;[ -~…]*\u0007)|\u001bP|\u001bc|\u001b\[[23]J|[\u0080-\u009f]|\u202e|\u0008/,
  )
  expect(raw).not.toContain('evil.example\u001b')
  await terminal.keys(KEY.ctrlC, KEY.ctrlC)
  await terminal.exit
})
