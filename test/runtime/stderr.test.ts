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
