import { describe, expect, test } from 'vitest'
import { BlockCleaner, clean, cleanBlock, hostOf, nestsTooDeep, shellWord, visible } from '../src/text.ts'

const HOSTILE: [string, string, string][] = [
  ['clipboard (OSC 52)', 'a\u001b]52;c;aGk=\u0007b', 'ab'],
  ['title (OSC 0), ended by ST', 'a\u001b]0;owned\u001b\\b', 'ab'],
  ['hyperlink (OSC 8)', '\u001b]8;;https://evil.example\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['clear screen', 'a\u001b[2Jb\u001b[3Jc', 'abc'],
  ['colour', '\u001b[31mred\u001b[0m', 'red'],
  ['reset (RIS)', 'a\u001bcb', 'ab'],
  ['charset', 'a\u001b(0b', 'ab'],
  ['DCS', 'a\u001bP1$qm\u001b\\b', 'ab'],
  ['APC, PM, SOS', 'a\u001b_x\u001b\\b\u001b^y\u001b\\c\u001bXz\u001b\\d', 'abcd'],
  ['8-bit CSI', 'a\u009b31mb', 'ab'],
  ['8-bit OSC', 'a\u009d0;x\u009cb', 'ab'],
  ['other C1', 'a\u0084\u008db', 'ab'],
  ['bell, backspace, return, delete', 'a\u0007b\bc\rd\u007fe\u0000f', 'abcdef'],
  ['bidi', 'a\u202eb\u2066c\u061cd', 'abcd'],
  ['zero width, soft hyphen, BOM', 'a\u200bb\u00adc\ufeffd\u2060e', 'abcde'],
  [
    'without a glyph',
    'a\u034fb\u180bc\u180fd\ufe00e\ufff0f\u{1bca0}g\u{1d173}h\u17b4i\u{e0100}',
    'abcdefghi',
  ],
  ['Unicode tags', 'a\u{e0041}\u{e007f}b', 'ab'],
  ['escape within an escape', 'a\u001b\u001b[31mb', 'ab'],
  ['CSI cut by a control', 'a\u001b[3\u0018b', 'ab'],
  ['unterminated CSI at the end', 'a\u001b[38;5', 'a'],
  ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
]

describe('cleanBlock', () => {
  test.each(HOSTILE)('%s', (_, hostile, text) => {
    expect(cleanBlock(hostile)).toBe(text)
  })

  test('keeps line feeds, tabs, accents, emoji with joiners and variants', () => {
    const text = 'é\n\tनमस्ते 👩‍👩‍👧 ❤️ 日本語\n'
    expect(cleanBlock(text)).toBe(text)
  })

  test('a control string without end swallows its line and no more', () => {
    expect(cleanBlock('a\u001b]0;forever\nthe next line')).toBe('a\nthe next line')
    expect(cleanBlock(`a\u001b]0;${'x'.repeat(5000)} tail`)).toMatch(/x tail$/)
  })
})

describe('BlockCleaner', () => {
  test.each(HOSTILE)('finds it however it is cut: %s', (_, hostile) => {
    const whole = cleanBlock(`${hostile}!`)
    for (let size = 1; size <= 4; size++) {
      const cleaner = new BlockCleaner()
      let out = ''
      for (let at = 0; at < hostile.length; at += size) out += cleaner.push(hostile.slice(at, at + size))
      expect(out + cleaner.push('!')).toBe(whole)
    }
  })

  test('an emoji that is cut between its halves arrives whole', () => {
    const cleaner = new BlockCleaner()
    expect(cleaner.push('\ud83d') + cleaner.push('\ude00')).toBe('😀')
  })
})

describe('clean', () => {
  test('one line, folded, without joiners, cut with …', () => {
    expect(clean('  a\n\t b \u2028c\u200d ')).toBe('a b c')
    expect(clean('linear\ufe0f\ufe0e\u200c')).toBe('linear')
    expect(clean('x'.repeat(200), 10)).toBe(`${'x'.repeat(9)}…`)
    expect(Array.from(clean('😀'.repeat(50), 10))).toHaveLength(10)
  })

  test('a megabyte costs no more than a line', () => {
    expect(clean('\u001b[31m'.repeat(200_000))).toBe('')
  })
})

test('visible: nothing is removed, what cannot be seen is written out', () => {
  const seen = 'é\n\tनमस्ते 日本語 \\ "x"'
  expect(visible(seen)).toBe(seen)
  expect(visible('a\u001b[2J\r\u200b\u034f\u2028\u3164\ue000')).toBe(
    'a\\u001b[2J\\u000d\\u200b\\u034f\\u2028\\u3164\\ue000',
  )
  // Emoji are seen as one; with the same characters elsewhere nothing is hidden.
  expect(visible('👩🏽\u200d👧 ⚠\ufe0f')).toBe('👩🏽\u200d👧 ⚠\ufe0f')
  expect(visible('👩\u200da\u200d👧\ufe0f\ufe0f x\ufe0f\u{e0100}')).toBe(
    '👩\\u200da\\u200d👧\ufe0f\\ufe0f x\\ufe0f\\udb40\\udd00',
  )
})

test('nestsTooDeep: at a hundred levels, whatever is inside, without running out of stack', () => {
  const nested = (levels: number) => JSON.parse(`${'{"a":['.repeat(levels / 2)}${']}'.repeat(levels / 2)}`)
  expect([nested(100), nested(102), nested(40_000), 'text', null].map(each => nestsTooDeep(each))).toEqual([
    false,
    true,
    true,
    false,
    false,
  ])
})

test('hosts are shown in ASCII: a look-alike letter is seen', () => {
  expect(hostOf('https://gith\u0443b.com/login')).toBe('xn--githb-hze.com')
  expect(hostOf('http://127.0.0.1:8080/x')).toBe('127.0.0.1:8080')
  expect(hostOf('nonsense')).toBe('unknown host')
})

test.each([
  ['notes', 'notes'],
  ['https://mcp.example.com:8443/mcp', 'https://mcp.example.com:8443/mcp'],
  ['ada@example.com', 'ada@example.com'],
  ['two words', '"two words"'],
  ["it's; x|y&z>(a)*?#~", '"it\'s; x|y&z>(a)*?#~"'],
  ['$HOME', '<name>'],
  ['`id`', '<name>'],
  ['%PATH%', '<name>'],
  ['a"b', '<name>'],
  ['--all', '<name>'],
  ['', '<name>'],
])('as a word of a command line, %j is %s', (name, word) => {
  expect(shellWord(clean(name))).toBe(word)
})
