import { describe, expect, test } from 'vitest'
import { paint } from '../../../src/ui/transcript/line.ts'
import { linksWork } from '../../../src/ui/transcript/link.ts'
import { readAll, sheetOf, shown } from './sheet.ts'

const linked = (source: string) => shown(source, sheetOf(80, true))
const painted = (source: string) =>
  readAll(source, sheetOf(80, true))
    .map(line => paint(line, {}))
    .join('\n')

describe('a link shows the host that it leads to, unless its words are that', () => {
  test.each([
    ['[docs](https://example.com/a?b#c)', 'docs (example.com)'],
    ['https://example.com/a', 'https://example.com/a'],
    ['[example.com](https://example.com/deep/path)', 'example.com'],
    ['[example.com/deep](https://example.com/deep/path)', 'example.com/deep'],
    ['[https://good.example](https://evil.example/)', 'https://good.example (evil.example)'],
    ['[good.example](https://good.example.evil.example/)', 'good.example (good.example.evil.example)'],
    ['[good.example@evil.example](https://evil.example/)', 'good.example@evil.example (evil.example)'],
    ['[good.example](https://good.example@evil.example/y)', 'good.example (evil.example)'],
    ['[x](https://gith\u0443b.com/)', 'x (xn--githb-hze.com)'],
    ['[x](https://127.0.0.1:8080/)', 'x (127.0.0.1:8080)'],
    ['[](https://example.com/)', 'example.com'],
    ['![a cat](https://example.com/i.png)', 'image: a cat (example.com)'],
    ['[file](src/a.ts)', 'file (src/a.ts)'],
    ['[x](javascript:alert%281%29)', 'x (javascript:alert%281%29)'],
    ['[x](file:///etc/passwd)', 'x (file:///etc/passwd)'],
    ['me@example.com', 'me@example.com'],
  ])('%s', (source, text) => expect(linked(source)).toEqual([text]))
})

describe('what becomes a link of the terminal', () => {
  const START = '\u001b]8;;'
  test('an address of the web, judged, from its words to their end', () => {
    expect(painted('see [the *docs*](https://user:pw@example.com/ä b) now')).toContain('see [the')
    expect(painted('see [the docs](https://user:pw@example.com/%C3%A4) now')).toContain(
      `see ${START}https://example.com/%C3%A4\u001b\\the docs${START}\u001b\\`,
    )
  })
  test.each([
    '[x](javascript:alert)',
    '[x](file:///etc)',
    '[x](vscode://x)',
    `[x](https://e.example/${'a'.repeat(3000)})`,
  ])('not %.40s', source => expect(painted(source)).not.toContain(START))
  test('a link that is wrapped is one on each row', () => {
    const text = readAll(`[${'word '.repeat(20)}](https://example.com)`, sheetOf(40, true)).map(line =>
      paint(line, {}),
    )
    for (const row of text)
      expect(row.split('https://example.com/').length + row.split(`${START}\u001b\\`).length).toBe(4)
  })
})

test.each([
  [{ TERM: 'xterm-256color' }, true],
  [{ TERM: 'xterm-256color', TERM_PROGRAM: 'Apple_Terminal' }, false],
  [{ TERM: 'tmux-256color', TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.3a' }, false],
  [{ TERM: 'screen-256color', TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.5' }, true],
  [{ TERM: 'screen' }, false],
  [{ TERM: 'linux' }, false],
  [{ TERM: 'vt100' }, false],
  [{ TERM: 'dumb' }, false],
])('terminals with links: %j', (env, works) => expect(linksWork(env)).toBe(works))
