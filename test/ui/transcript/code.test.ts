import { describe, expect, test } from 'vitest'
import { palette } from '../../../src/ui/palette.ts'
import { hasCode, openCode } from '../../../src/ui/transcript/code.ts'
import { type Highlighter, openHighlighter } from '../../../src/ui/transcript/highlighter.ts'
import { type Line, paint, plain } from '../../../src/ui/transcript/line.ts'

const ALL = 1e6
const ready = openHighlighter()
await ready.load()

/** Pieces of a line with what they look like. */
const looks = (lines: readonly Line[]) =>
  lines.map(line => line.flatMap(span => (span.styles?.length ? [`${span.text}:${span.styles.join()}`] : [])))

function coloured(language: string, sources: readonly string[], highlighter = ready): Line[] {
  const code = openCode(language, highlighter)
  return sources.flatMap(source => {
    code.add(source)
    return code.take(ALL, false).lines
  })
}

describe('colours, line by line', () => {
  test('of a language by any of its names', () => {
    for (const name of ['ts', 'typescript', 'TypeScript title="a.ts"'])
      expect(looks(coloured(name, ['const a = "b" // c']))).toEqual([
        ['const:keyword', '"b":quoted', '// c:dim'],
      ])
  })
  test('a comment and a string go on over lines that were printed before', () => {
    const sources = ['/* one', 'two', 'three */ const a = `x', 'const y`', 'const b']
    expect(looks(coloured('js', sources))).toEqual([
      ['/* one:dim'],
      ['two:dim'],
      ['three */:dim', 'const:keyword', '`x:quoted'],
      ['const y`:quoted'],
      ['const:keyword'],
    ])
  })
  test('also far behind their beginning', () => {
    const sources = [
      '"""',
      ...Array.from({ length: 300 }, (_, at) => `def ${at} of the docstring`),
      '"""',
      'def f(): pass',
    ]
    const lines = looks(coloured('python', sources))
    expect(lines.slice(0, 301).every(line => line.every(part => part.endsWith(':quoted')))).toBe(true)
    expect(lines.at(-1)).toEqual(['def:keyword', 'pass:keyword'])
  })
  test.each(['', 'nolanguage', '{.x}', 'plaintext'])('none for %j', language =>
    expect(looks(coloured(language, ['const a = 1']))).toEqual([[]]),
  )
  test('none where NO_COLOR is set', () => {
    const [line = []] = coloured('ts', ['const a = "b"'])
    expect(paint(line, palette({ NO_COLOR: '1' }))).toBe('const a = "b"')
    expect(paint(line, palette({}))).toContain('\u001b[35mconst\u001b[39m')
  })
  test('no more than the budget, no line that is endless, and nothing is lost', () => {
    const sources = [
      'const a',
      `const ${'x'.repeat(5000)}`,
      'const b',
      ...Array.from({ length: 500 }, () => 'const c = 1'),
    ]
    const code = openCode('ts', ready)
    for (const source of sources) code.add(source)
    const { lines } = code.take(3000, false)
    expect(lines.map(plain)).toEqual(sources)
    expect(looks(lines)[1]).toEqual([])
    expect(looks(lines).at(-1)).toEqual([])
  })
  test('of a diff at once', () => {
    const lines = coloured('diff', ['@@ -1 +1 @@', '-a', '+b'], openHighlighter())
    expect(looks(lines)).toEqual([['@@ -1 +1 @@:accent'], ['-a:bad'], ['+b:good']])
  })
})

describe('before the grammars are there', () => {
  test('lines are held back, then printed in colour', async () => {
    const highlighter = openHighlighter()
    const code = openCode('ts', highlighter)
    code.add('const a')
    expect([code.take(ALL, false).lines, code.waiting()]).toEqual([[], ['const a']])
    await highlighter.load()
    expect(looks(code.take(ALL, false).lines)).toEqual([['const:keyword']])
    expect(code.waiting()).toEqual([])
  })
  test('the end of the block does not wait', () => {
    const code = openCode('ts', openHighlighter())
    code.add('const a')
    expect(looks(code.take(ALL, true).lines)).toEqual([[]])
  })
  test('nor do many lines', () => {
    const code = openCode('ts', openHighlighter())
    for (let at = 0; at < 200; at += 1) code.add('const a')
    expect(code.take(ALL, false).lines).toHaveLength(200)
  })
  test('a language that they cannot be had for is plain', () => {
    const never: Highlighter = { load: async () => undefined, knows: () => 'no', lines: () => [] }
    expect(coloured('ts', ['const a'], never).map(plain)).toEqual(['const a'])
  })
})

test.each([
  ['```js\nx\n```', true],
  ['  ~~~\nx', true],
  ['a ``` b', false],
])('code in %j', (text, has) => expect(hasCode(text)).toBe(has))
