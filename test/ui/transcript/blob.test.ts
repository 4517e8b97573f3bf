import { describe, expect, test } from 'vitest'
import { plain } from '../../../src/ui/transcript/line.ts'
import { openReply } from '../../../src/ui/transcript/reply.ts'
import { sheetOf, shown } from './sheet.ts'

const DATA = `data:image/png;base64,${'iVBORw0K'.repeat(2000)}`

describe('data that nobody can read is named', () => {
  test.each([
    [`![a cat](${DATA})`, 'a cat (image/png, 12 kB, not shown)'],
    [`![](${DATA})`, '(image/png, 12 kB, not shown)'],
    [`see ${DATA} there`, 'see (image/png, 12 kB, not shown) there'],
    ['data:text/plain;base64,aGVsbG8=', 'data:text/plain;base64,aGVsbG8='],
  ])('%.30s', (source, text) => expect(shown(source)).toEqual([text]))

  test('but code stays as it is', () => {
    expect(shown(`\`\`\`css\nurl(${DATA})\n\`\`\``)[1]).toBe(`url(${DATA})`)
  })

  test('also while it comes, however it is cut', () => {
    for (const size of [7, 1000, 100_000]) {
      const reply = openReply('1', sheetOf())
      const lines: string[] = []
      const text = `A picture: ![a cat](${DATA}) and words.`
      for (let at = 0; at < text.length; at += size) {
        reply.push(text.slice(at, at + size))
        lines.push(...reply.take().map(plain))
        const tail = reply.tail(1500).map(plain).join('')
        if (at > 9000) expect(tail.length).toBeLessThan(100)
      }
      lines.push(...reply.end(text).map(plain))
      expect(lines.join(' ')).toBe('A picture: a cat (image/png, 12 kB, not shown) and words.')
    }
  })
})
