import { renderToString } from 'ink'
import { describe, expect, test } from 'vitest'
import { Composer, textWidth } from '../../../src/ui/composer/composer.tsx'
import { createEditor, type Editor, edit, paste } from '../../../src/ui/composer/editor.ts'
import { cells } from '../../../src/ui/width.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openInk } from '../ink.tsx'

function frame(editor: Editor, width = 40, maxRows = 8): string[] {
  return renderToString(<Composer editor={editor} width={width} maxRows={maxRows} />, { columns: 200 }).split(
    '\n',
  )
}

describe('what is drawn', () => {
  test.each([
    ['nothing', '', ['›']],
    ['a line', 'hello', ['› hello']],
    ['lines', 'a\n\nb', ['› a', '', '  b']],
    ['words are kept whole', 'one two three four', ['› one two', '  three', '  four']],
    ['a long word is broken', 'abcdefghijklmnop', ['› abcdefghi', '  jklmnop']],
    ['CJK', '日本語テキスト', ['› 日本語テ', '  キスト']],
    ['control sequences as signs', 'a\u001b[2Jb\0\u0007', ['› a␛[2Jb␀␇']],
    ['CR LF is a line end', 'a\r\nb', ['› a', '  b']],
    ['joined emoji one by one', '👨‍👩‍👧', ['› 👨👩👧']],
    ['invisible characters', 'a\u202eb\u200b', ['› a·b·']],
  ])('%s', (_name, text, rows) => {
    expect(frame(createEditor([], text), 12)).toEqual(rows)
  })

  test('a placeholder while it is empty', () => {
    const draw = (text: string) =>
      renderToString(
        <Composer editor={createEditor([], text)} width={20} maxRows={3} placeholder="ask anything at all" />,
      )
    expect(draw('')).toContain('ask anything at …')
    expect(draw('x')).not.toContain('ask')
  })

  test.each([40, 80])('no row is wider than %i columns, whatever is typed', width => {
    const text = 'word 日本語 👨‍👩‍👧 e\u0301 \u001b[31m\t'.repeat(30)
    for (const row of frame(createEditor([], text), width, 50)) expect(cells(row)).toBeLessThanOrEqual(width)
  })
})

test('a long paste is a mark, cut where there is no room for it', () => {
  const lines = Array.from({ length: 120 }, (_, at) => `line ${at}\n`).join('')
  const editor = paste(createEditor([], 'see '), lines)
  expect(frame(editor)).toEqual(['› see [paste #1, 120 lines]'])
  expect(frame(editor, 16)).toEqual(['› see', '  [paste #1, 12'])
})

describe('clipped', () => {
  const lines = createEditor([], Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n'))
  const up = (editor: Editor, times: number) => {
    let now = editor
    for (let at = 0; at < times; at += 1) now = edit(now, { name: 'up' }, textWidth(40)).editor
    return now
  }

  test('the row with the caret is always there', () => {
    for (let times = 0; times < 30; times += 1) {
      const rows = frame(up(lines, times), 40, 5)
      expect(rows).toHaveLength(5)
      expect(rows.some(row => row.endsWith(`line ${29 - times}`))).toBe(true)
    }
  })

  test('says that there is more above', () => {
    expect(frame(lines, 40, 3)).toEqual(['… line 27', '  line 28', '  line 29'])
    expect(frame(up(lines, 29), 40, 3)).toEqual(['› line 0', '  line 1', '  line 2'])
  })

  test('a megabyte on one line', () => {
    const rows = frame(createEditor([], '日本語 '.repeat(100_000)), 40, 4)
    expect(rows).toHaveLength(4)
    for (const row of rows) expect(cells(row)).toBeLessThanOrEqual(40)
  })
})

describe('the cursor', () => {
  const cursor = async (editor: Editor, width = 40, maxRows = 8) => {
    const { screen, ink } = openInk(<Composer editor={editor} width={width} maxRows={maxRows} top={0} />)
    await waitFor(() => expect(screen.text).toContain('\u001b[?25h'))
    const [, up = '0', column] = /(?:\u001b\[(\d+)A)?\u001b\[(\d+)G\u001b\[\?25h/.exec(screen.text) ?? []
    ink.unmount()
    // Ink counts rows up from the line below its last one; columns on the wire start at 1.
    return { up: Number(up), x: Number(column) - 1 }
  }

  test.each([
    ['an empty line', createEditor([]), { up: 1, x: 2 }],
    ['the end of a line', createEditor([], 'abc'), { up: 1, x: 5 }],
    ['wide characters', createEditor([], '日本'), { up: 1, x: 6 }],
    ['a mark', createEditor([], 'e\u0301'), { up: 1, x: 3 }],
    ['joined emoji', createEditor([], '👨‍👩‍👧'), { up: 1, x: 8 }],
    ['a mark', paste(createEditor([]), 'x\n'.repeat(11)), { up: 1, x: 22 }],
    ['the first of two lines', { ...createEditor([], 'ab\ncd'), caret: 1 }, { up: 2, x: 3 }],
  ])('at %s', async (_name, editor, place) => {
    expect(await cursor(editor)).toEqual(place)
  })

  test('never outside the width, also after a space at the edge', async () => {
    const width = 12
    for (const text of ['abcdefghi', 'abcdefghi ', 'abcdefghi  ', '日本語テ']) {
      expect((await cursor(createEditor([], text), width)).x).toBeLessThan(width)
    }
  })
})
