import { expect, test } from 'vitest'
import { createErrorOutput } from '../../src/runtime/stderr.ts'

function tail(...chunks: (string | Buffer)[]): string {
  const output = createErrorOutput()
  for (const chunk of chunks) output.push(Buffer.from(chunk))
  return output.tail()
}

test.each([
  [[], ''],
  [['\n\n'], ''],
  [['one\ntwo\n\nthree\nfour\n'], 'two / three / four'],
  [['cut \u001b]52;c;', 'ZXZpbA==\u0007off\n'], 'cut off'],
  [[Buffer.from([0xc3]), Buffer.from([0xbc])], 'ü'],
  [['token ghp_', '0123456789abcdefghij\n'], 'token [secret]'],
  [['a panic\nstack backtrace:\n   0: std::panicking\n   1: main\n'], 'a panic'],
  [['Authorization: Bearer abc.def.ghi\n'], expect.not.stringContaining('abc')],
])('%j', (chunks, expected) => {
  expect(tail(...chunks)).toEqual(expected)
})

test('keeps the end, in a bounded size, and no half lines', () => {
  const output = createErrorOutput()
  for (let count = 0; count < 10_000; count += 1) output.push(Buffer.from(`line ${count}\n`))
  expect(output.tail()).toBe('line 9997 / line 9998 / line 9999')
  output.push(Buffer.from(`ghp_${'a1'.repeat(10_000)}`))
  expect(output.tail()).not.toContain('a1a1')
})

test('its lines are for the debug log: cleaned, whole, and no more than a thousand', () => {
  const log: string[] = []
  const output = createErrorOutput(line => log.push(line))
  for (const chunk of ['one\n\ntw', 'o\u001b[2J\n', 'x'.repeat(9000), 'x'.repeat(9000), 'end\n', 'three\n'])
    output.push(Buffer.from(chunk))
  expect(log).toEqual(['runtime, stderr: one', 'runtime, stderr: two', 'runtime, stderr: three'])
  output.push(Buffer.from('more\n'.repeat(5000)))
  expect(log).toHaveLength(1001)
  expect(log.at(-1)).toBe('runtime, stderr: what comes now is left out')
})
