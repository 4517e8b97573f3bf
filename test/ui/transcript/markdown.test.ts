import { describe, expect, test } from 'vitest'
import { type Line, plain } from '../../../src/ui/transcript/line.ts'
import { openMarkdown } from '../../../src/ui/transcript/markdown.ts'

function read(source: string): Line[] {
  const markdown = openMarkdown()
  return [...source.split('\n').flatMap(text => markdown.feed(text)), ...markdown.end()]
}
const show = (source: string) => read(source).map(plain)
const looks = (source: string) =>
  read(source).flatMap(spans => spans.map(span => [span.text, span.styles?.join() ?? '']))

describe('inline', () => {
  test.each([
    [
      'strong',
      'a **b** c',
      [
        ['a ', ''],
        ['b', 'strong'],
        [' c', ''],
      ],
    ],
    [
      'emphasis in strong',
      '**a *b***',
      [
        ['a ', 'strong'],
        ['b', 'strong,emphasis'],
      ],
    ],
    ['names with underscores', 'snake_case_name', [['snake_case_name', '']]],
    [
      'code',
      'x `a **b** &amp;` y',
      [
        ['x ', ''],
        ['`', 'dim'],
        ['a **b** &amp;', ''],
        ['`', 'dim'],
        [' y', ''],
      ],
    ],
    [
      'escapes',
      '\\*not\\*',
      [
        ['*', ''],
        ['not', ''],
        ['*', ''],
      ],
    ],
    [
      'tags are text',
      '<b>x</b>',
      [
        ['<b>', ''],
        ['x', ''],
        ['</b>', ''],
      ],
    ],
  ])('%s', (_, source, spans) => {
    expect(looks(source).filter(([text]) => text !== '')).toEqual(spans)
  })
})

describe('links show where they lead', () => {
  test.each([
    ['[docs](https://example.com/a?b#c)', 'docs (https://example.com/a?b#c)'],
    ['https://example.com/a', 'https://example.com/a'],
    ['[https://good.example](https://evil.example/)', 'https://good.example (https://evil.example/)'],
    ['[x](https://github.com@evil.example/y)', 'x (https://evil.example/y)'],
    ['[x](https://gith\u0443b.com/)', 'x (https://xn--githb-hze.com/)'],
    ['![alt](https://example.com/i.png)', 'alt (https://example.com/i.png)'],
    ['[file](src/a.ts)', 'file (src/a.ts)'],
    ['[x](javascript:alert%281%29)', 'x (javascript:alert%281%29)'],
    ['me@example.com', 'me@example.com'],
  ])('%s', (source, shown) => {
    expect(show(source)).toEqual([shown])
  })
})

describe('blocks', () => {
  test.each([
    ['heading', '## Two **words** ##', ['Two words']],
    ['lists', '- a\n  * b\n1. c\n- [x] d', ['• a', '  • b', '1. c', '☑ d']],
    ['quote', '> said', ['│ said']],
    ['rule', 'a\n\n* * *\n\nb', ['a', '', '───', '', 'b']],
    ['empty lines at both ends go', '\n\na\n\n\n\nb\n\n', ['a', '', 'b']],
    [
      'a fence is kept as it is',
      '```ts\n\nconst a = `**x**`\n\n\n\tb\n```\nafter',
      ['```ts', '', 'const a = `**x**`', '', '', '    b', '```', 'after'],
    ],
    ['a fence inside a longer fence', '````\n```\nx\n```\n````', ['````', '```', 'x', '```', '````']],
    ['three backticks in a line are no fence', '```code``` **x**', ['`code` x']],
    ['a fence that never ends', '```\n**x**', ['```', '**x**']],
    ['indented code', 'a\n\n    **b**', ['a', '', '    **b**']],
    ['nested list', '- a\n\n    **b**', ['• a', '', '    b']],
  ])('%s', (_, source, lines) => {
    expect(show(source)).toEqual(lines)
  })
})

describe('tables', () => {
  const row = (at: number) => `| r${at} | ${'x'.repeat(at)} |`
  test('are held until they end, and laid out', () => {
    const markdown = openMarkdown()
    for (const source of ['| a | b |', '|---|--:|', '| **long** | 1 |'])
      expect(markdown.feed(source)).toEqual([])
    expect(markdown.preview('| par').map(plain)).toEqual([
      '| a | b |',
      '|---|--:|',
      '| **long** | 1 |',
      '| par',
    ])
    expect(markdown.feed('after').map(plain)).toEqual(['a     b', '────  ─', 'long  1', 'after'])
  })
  test('longer ones fix their columns after twelve rows', () => {
    const markdown = openMarkdown()
    const head = ['| name | x |', '|---|---|', ...Array.from({ length: 10 }, (_, at) => row(at))]
    const lines = head.flatMap(source => markdown.feed(source))
    expect(lines).toHaveLength(12)
    expect(markdown.feed(row(3)).map(plain)).toEqual(['r3    xxx'])
    expect(markdown.held()).toEqual([])
  })
  test('bars that are no table stay as they are', () => {
    expect(show('| a | b |\n| c |\nx')).toEqual(['| a | b |', '| c |', 'x'])
    expect(show('| a')).toEqual(['| a'])
  })
})
