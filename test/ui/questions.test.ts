import { afterAll, beforeAll, expect, test } from 'vitest'
import { clean } from '../../src/text.ts'
import { KEY } from '../support/terminal.ts'
import { buildProgram, type Program } from './fixture/open.ts'

let program: Program
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program.remove())

const ask = (body: string) =>
  ({ id: 'p', kind: 'command', title: clean('Run a command?'), body, names: [], approval: {} }) as const
const COMMAND = `${'npm run build:one '.repeat(9)}&& rm -rf ~/important && ${'npm test '.repeat(12)}`.trim()

test.each([
  [80, 10],
  [40, 8],
])(
  'in a window of %i x %i a command can be read as a whole, above the question where it is cut',
  async (cols, rows) => {
    const { terminal, order, reports } = await program.start({ cols, rows })
    await order({ do: 'ask', ask: ask(COMMAND) })
    await terminal.until(() => terminal.screen().includes('all of them above'))
    await terminal.until(() => terminal.lines().includes(COMMAND))
    await terminal.until(() => !/^›$/m.test(terminal.screen()))
    await terminal.keys('y')
    await terminal.until(() => reports.some(report => 'decision' in report))
    expect(terminal.lines().filter(line => line === COMMAND)).toHaveLength(1)
  },
)

test('what is cut only as long as the person is still typing is not printed', async () => {
  const { terminal, order } = await program.start({ cols: 60, rows: 12 })
  const body = Array.from({ length: 6 }, (_, at) => `npm run build:${at}`).join('\n')
  await order({ do: 'ask', ask: ask(body) })
  await terminal.until(() => /… \d more lines$/m.test(terminal.screen()))
  await terminal.until(() => terminal.screen().includes('build:3'))
  expect(terminal.lines().filter(line => line.includes('build:0'))).toHaveLength(1)
  expect(terminal.lines().join()).not.toContain('above')
})

test('a command that is cut only when the window gets lower is printed then, once', async () => {
  const { terminal, order } = await program.start({ cols: 80, rows: 24 })
  await order({ do: 'ask', ask: ask(COMMAND) })
  await terminal.until(() => terminal.screen().includes('~/important'))
  expect(terminal.lines()).not.toContain(COMMAND)
  for (const rows of [10, 9]) {
    terminal.resize(80, rows)
    await terminal.until(() => terminal.screen().includes('all of them above'))
    await terminal.until(() => terminal.lines().includes(COMMAND))
  }
  expect(terminal.lines().filter(line => line === COMMAND)).toHaveLength(1)
})

test('a search says how it ends as long as the question has not taken the keys, and Esc ends it until then', async () => {
  const { terminal, order, reports } = await program.start()
  const searches = () => terminal.screen().includes('Esc goes back')
  await terminal.keys('\u0012', 'old')
  await terminal.until(() => terminal.screen().includes('› an older prompt') && searches())
  await order({ do: 'ask', ask: ask('npm test') })
  await terminal.keys(KEY.escape)
  await terminal.until(() => !searches())
  expect(reports).toEqual([])
  await terminal.until(() => !/^›/m.test(terminal.screen()))
  await terminal.keys(KEY.escape)
  await terminal.until(() => terminal.screen().includes('›') && reports.length > 0)
  expect(reports).toEqual([{ decision: { kind: 'no' } }])

  await terminal.keys('\u0012', 'old')
  await terminal.until(searches)
  await order({ do: 'ask', ask: ask('npm test') })
  await terminal.until(() => terminal.screen().includes('kept: an older prompt') && !searches())
  await terminal.keys(KEY.escape)
  await terminal.until(() => searches() && reports.length === 2)
})

test('keys that mean nothing to a question neither fetch nor send the last prompt', async () => {
  const { terminal, order, reports } = await program.start()
  await order({ do: 'ask', ask: ask('npm test') })
  await terminal.until(() => !/^›/m.test(terminal.screen()))
  await terminal.keys(KEY.up, KEY.enter, KEY.up + KEY.up + KEY.enter, KEY.enter, KEY.escape)
  await terminal.until(() => /^›$/m.test(terminal.screen()) && reports.length > 0)
  expect(reports).toEqual([{ decision: { kind: 'no' } }])
})
