import { expect, test } from 'vitest'
import { field, fitRows, keyRows, prose, titleRow } from '../../../src/ui/panels/rows.ts'
import { line, plain, width } from '../../../src/ui/transcript/line.ts'

const text = (rows: readonly { line: Parameters<typeof plain>[0] }[]) => rows.map(row => plain(row.line))

test('the title keeps its place in the queue', () => {
  expect(plain(titleRow('Sign in to billing', 1, 1, 60).line)).toBe('── Sign in to billing')
  expect(plain(titleRow('Sign in to billing', 1, 2, 60).line)).toBe('── Sign in to billing ── 1 of 2')
  expect(plain(titleRow('Sign in to 請求書サーバー', 1, 2, 30).line)).toBe('── Sign in to 請求… ── 1 of 2')
})

test('a value stands beside its name, in columns, whatever they are written in', () => {
  expect(text(field(1, 'Page', 'login.example.com', 60))).toEqual(['Page          login.example.com'])
  expect(text(field(1, '名前', 'Ada', 60))).toEqual(['名前          Ada'])
  expect(text(field(1, 'a name that is far too long', 'Ada', 30))).toEqual(['a name that is… Ada'])
  expect(text(field(1, 'Page', 'one two three four five six', 30, 2))).toEqual([
    'Page    one two three four ',
    '        five six',
  ])
})

test('no row is wider than there is room, however long the name is', () => {
  for (const room of [10, 19, 39, 60]) {
    for (const label of ['x'.repeat(80), '頁'.repeat(40), 'a b '.repeat(20)]) {
      for (const row of field(1, label, 'a value 値 '.repeat(5), room, 2))
        expect(width(row.line)).toBeLessThanOrEqual(room)
    }
    expect(width(titleRow('頁'.repeat(40), 12, 99, room).line)).toBeLessThanOrEqual(Math.max(room, 18))
    for (const row of keyRows([['⏎', 'a long word '.repeat(9)]], room))
      expect(width(row.line)).toBeLessThanOrEqual(room)
  }
})

test('keys that do not fit beside each other stand below each other', () => {
  const keys = [
    ['y', 'once'],
    ['s', 'this session'],
    ['n', 'no'],
  ] as const
  expect(text(keyRows(keys, 60))).toEqual(['y once   s this session   n no'])
  expect(text(keyRows(keys, 19))).toEqual(['y once', 's this session', 'n no'])
})

test('prose is cut with a mark, and of equals the last goes first', () => {
  expect(text(prose(1, 'one two three four', 9, 2))).toEqual(['one two ', 'three fo…'])
  const rows = [3, 1, 2, 1].map((rank, at) => ({ rank, line: line(`${at}`) }))
  expect(text(fitRows(rows, 3, 10))).toEqual(['0', '1', '2'])
  expect(text(fitRows(rows, 1, 10))).toEqual(['0'])
  expect(fitRows(rows, -1, 10)).toEqual([])
})
