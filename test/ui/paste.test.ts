import { afterAll, beforeAll, expect, test } from 'vitest'
import { KEY } from '../support/terminal.ts'
import { buildProgram, type Program } from './fixture/open.ts'

let program: Program
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program.remove())

/** A megabyte of text as terminals paste it: CR for line ends, wide characters, control sequences. */
function megabyte(): string {
  const row = 'Ünïcode 日本 👨‍👩‍👧 \u001b[2J \u001b[31m rm -rf x\r'
  return row.repeat(Math.ceil((1024 * 1024) / Buffer.byteLength(row)))
}

test.each([9, 23, 64, 4096])(
  'a megabyte in reads of %i is one mark, quick, and sent exactly',
  async size => {
    const { terminal, reports } = await program.start()
    const text = megabyte()
    const bytes = Buffer.from(`\u001b[200~${text}\u001b[201~`)
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    )
    await terminal.write(chunks)
    const lines = text.split('\r').length - 1
    await terminal.until(() => terminal.screen().includes(`› [paste #1, ${lines} lines]`))
    expect(reports).toEqual([])
    await terminal.keys('!')
    await terminal.until(() => terminal.screen().includes(' lines]!'))
    await terminal.keys(KEY.enter)
    await terminal.until(() => reports.length > 0)
    const [report] = reports
    expect(report && 'submit' in report && report.submit === `${text.replaceAll('\r', '\n')}!`).toBe(true)
    expect(terminal.raw()).not.toContain('\u001b[2J')
  },
  30_000,
)

test('a paste that never ends does not take Ctrl+C away', async () => {
  const { terminal } = await program.start()
  await terminal.write([Buffer.from('\u001b[200~lost')])
  const presses = setInterval(() => void terminal.keys(KEY.ctrlC), 1100)
  try {
    await terminal.until(() => terminal.screen().includes('again to leave'))
  } finally {
    clearInterval(presses)
  }
})
