import { describe, expect, test } from 'vitest'
import { plain } from '../../../src/ui/transcript/line.ts'
import { openMarkdown } from '../../../src/ui/transcript/markdown.ts'
import { readAll, sheetOf, shown as show } from './sheet.ts'

const looks = (source: string) =>
  readAll(source).flatMap(spans => spans.map(span => [span.text, span.styles?.join() ?? '']))

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
    ['escapes', '\\*not\\*', [['*not*', '']]],
    ['tags are text', '<b>x</b>', [['<b>x</b>', '']]],
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
    ['![alt](https://example.com/i.png)', 'image: alt (https://example.com/i.png)'],
    ['[file](src/a.ts)', 'file (src/a.ts)'],
    ['[x](javascript:alert%281%29)', 'x (javascript:alert%281%29)'],
    ['me@example.com', 'me@example.com'],
    ['a &amp; b &lt;c&gt; &eacute; &#x41; &nope; AT&T', 'a & b <c> é A &nope; AT&T'],
    ['no &#27;[2J clearing &#x202e; and &#155;2J', 'no  clearing  and ›2J'],
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

describe('in a narrow window', () => {
  const show40 = (source: string) => show(source, sheetOf(40))
  test('items hang below their text, quotes keep their bar', () => {
    expect(
      show40(
        '- a list item that is longer than the window\n  - [ ] nested, and just as long as the other one',
      ),
    ).toEqual([
      '• a list item that is longer than the',
      '  window',
      '  ☐ nested, and just as long as the',
      '    other one',
    ])
    expect(
      show40('> a quoted sentence that is longer than it\n> > 1. and one within that, longer as well'),
    ).toEqual([
      '│ a quoted sentence that is longer than',
      '│ it',
      '│ │ 1. and one within that, longer as',
      '│ │    well',
    ])
  })
  test('code in a quote, a table in a quote', () => {
    expect(show40('> ```\n> **a**\n> ```\n> | a | b |\n> |---|---|\n> | 1 | 2 |\nafter')).toEqual([
      ...['│ ```', '│ **a**', '│ ```', '│ a  b', '│ ─  ─', '│ 1  2', 'after'],
    ])
  })
  test('code is not broken', () => {
    const code = 'const a = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]'
    expect(show40(`\`\`\`js\n${code}\n\`\`\`\n\n    ${code}`)).toEqual([
      '```js',
      code,
      '```',
      '',
      `    ${code}`,
    ])
  })
  test('10,000 levels deep', () => {
    expect(show40(`${'> '.repeat(10_000)}end`).at(-1)).toMatch(/^(│ ){5}.*end$/)
    expect(show40(`${' '.repeat(20_000)}- end`).map(text => text.trim())).toEqual(['• end'])
    expect(show40(`${'*'.repeat(10_000)}end${'*'.repeat(10_000)}`).join('')).toContain('end')
    expect(show40(`${'[a]('.repeat(10_000)}end`).join('')).toContain('end')
  })
})

test('a long line is settled row by row, but not where a mark is open', () => {
  const markdown = openMarkdown(sheetOf(20))
  const settled = (partial: string): [number, string[]] => [
    markdown.settle(partial),
    markdown.take().map(plain),
  ]
  expect(settled('one two three')).toEqual([0, []])
  expect(settled('one **two three four five')).toEqual([0, []])
  // What a character reference stands for is shorter than it is.
  expect(settled('one &amp; two three four')).toEqual([0, []])
  expect(settled('one **two three four** five')).toEqual([19 + 4, ['one two three four']])
  expect(markdown.preview('five').map(plain)).toEqual(['five'])
  expect(settled('five snake_case 2 * 3 < 7 [1] end')).toEqual([20, ['five snake_case 2 *']])
  expect(settled('3 < 7 [1] end `code')).toEqual([0, []])
  markdown.feed('3 < 7 [1] end `code` of it')
  expect(markdown.take().map(plain)).toEqual(['3 < 7 [1] end', '`code` of it'])
})

describe('tables', () => {
  const row = (at: number) => `| r${at} | ${'x'.repeat(at)} |`
  test('are held until they end, and laid out', () => {
    const markdown = openMarkdown(sheetOf())
    for (const source of ['| a | b |', '|---|--:|', '| **long** | 1 |']) markdown.feed(source)
    expect(markdown.take()).toEqual([])
    expect(markdown.preview('| par').map(plain)).toEqual([
      '| a | b |',
      '|---|--:|',
      '| **long** | 1 |',
      '| par',
    ])
    markdown.feed('after')
    expect(markdown.take().map(plain)).toEqual(['a     b', '────  ─', 'long  1', 'after'])
  })
  test('longer ones fix their columns after twelve rows', () => {
    const markdown = openMarkdown(sheetOf())
    const head = ['| name | x |', '|---|---|', ...Array.from({ length: 10 }, (_, at) => row(at))]
    for (const source of head) markdown.feed(source)
    expect(markdown.take()).toHaveLength(12)
    markdown.feed(row(3))
    expect(markdown.take().map(plain)).toEqual(['r3    xxx'])
    expect(markdown.held()).toBe(0)
  })
  test('bars that are no table stay as they are', () => {
    expect(show('| a | b |\n| c |\nx')).toEqual(['| a | b |', '| c |', 'x'])
    expect(show('| a')).toEqual(['| a'])
  })
  test('wider than the window: the wide columns are wrapped at words', () => {
    const source = '| id | what |\n|---|---|\n| SHOP-118 | rounds twice, once for each line |\n| SHOP-2 | x |'
    expect(show(source, sheetOf(32))).toEqual([
      'id        what',
      '────────  ─────────────────────',
      'SHOP-118  rounds twice, once',
      '          for each line',
      '',
      'SHOP-2    x',
    ])
  })
  test('far wider: a list for each row', () => {
    const source = '| a | b | c |\n|---|---|---|\n| some words of one | some words of two | x |\n| 1 | | 3 |'
    expect(show(source, sheetOf(24))).toEqual([
      'a: some words of one',
      'b: some words of two',
      'c: x',
      '',
      'a: 1',
      'c: 3',
    ])
    expect(show(source.split('\n').slice(0, 2).join('\n'), sheetOf(24))).toEqual(['a  b  c', '─  ─  ─'])
  })
  test('200 columns, and a word that is wider than the window', () => {
    const cells = (text: string) => `|${Array.from({ length: 200 }, (_, at) => ` ${text}${at} |`).join('')}`
    const lines = show(`${cells('h')}\n|${'---|'.repeat(200)}\n${cells('c')}`, sheetOf(80))
    expect(lines).toHaveLength(200)
    expect(lines.at(-1)).toBe('h199: c199')
    expect(show(`| a |\n|---|\n| ${'x'.repeat(100)} |`, sheetOf(40))).toEqual(['a:', `  ${'x'.repeat(100)}`])
  })
  test('a later row with a word that its column has no room for is a list', () => {
    const rows = Array.from({ length: 12 }, () => '| a | some more words that fill the row |').join('\n')
    const lines = show(`| x | y |\n|---|---|\n${rows}\n| ${'w'.repeat(20)} | z |`, sheetOf(40))
    expect(lines.slice(-2)).toEqual([`x: ${'w'.repeat(20)}`, 'y: z'])
  })
  test('<br> is a new line in a cell', () => {
    expect(show('| a | b |\n|---|---|\n| one<br>two | 3 |')).toEqual(['a    b', '───  ─', 'one  3', 'two  '])
  })
})

describe('floods', () => {
  test('a cell of more words than a function takes arguments', () => {
    const words = 'word '.repeat(200_000)
    const lines = show(`| a | b |\n|---|---|\n| ${words}| x<br>${'y<br>'.repeat(130_000)} |`)
    expect(lines.join('\n').match(/word/g)).toHaveLength(200_000)
  })

  test.each(['', '> '])(
    'code behind "%s" that is never closed is read a few times, and not all of it',
    async mark => {
      const sheet = sheetOf()
      await sheet.highlighter.load()
      let read = 0
      const highlighter = {
        ...sheet.highlighter,
        lines(language: string, code: string) {
          read += code.length
          return sheet.highlighter.lines(language, code)
        },
      }
      const code = Array.from({ length: 20_000 }, (_, at) => `${mark}const a = ${at}`)
      const lines = show(`${mark}\`\`\`ts\n${code.join('\n')}`, { ...sheet, highlighter })
      expect(lines).toHaveLength(20_001)
      expect(read).toBeLessThan(700_000)
    },
  )
})
