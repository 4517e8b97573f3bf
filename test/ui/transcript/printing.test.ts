import { expect, test } from 'vitest'
import { newView, reduce, type View } from '../../../src/ui/state.ts'
import { line, plain, width } from '../../../src/ui/transcript/line.ts'
import { print } from '../../../src/ui/transcript/print.ts'
import { blocksOf, nextFrame } from '../../../src/ui/transcript/printing.ts'

const lines = (many: number, size: number) => Array.from({ length: many }, () => line('x'.repeat(size)))

test('lines are kept in order, in blocks that can be laid out quickly', () => {
  const blocks = blocksOf(Array.from({ length: 1000 }, (_, at) => line(`${at}`)))
  expect(blocks.flatMap(block => block.lines.map(plain))).toEqual(
    Array.from({ length: 1000 }, (_, at) => `${at}`),
  )
  for (const block of blocksOf([...lines(300, 200), ...lines(3, 7000), ...lines(300, 1)])) {
    expect(block.width).toBe(Math.max(1, ...block.lines.map(width)))
    expect(block.lines.length === 1 || block.lines.length * block.width <= 8000).toBe(true)
  }
  expect(blocksOf([])).toEqual([])
})

test('a line that is too long is printed in pieces, none of them half a character', () => {
  const text = '👋'.repeat(10_000)
  const pieces = blocksOf([line(text)]).flatMap(block => block.lines.map(plain))
  expect(pieces.join('')).toBe(text)
  for (const piece of pieces) expect(piece).toMatch(/^(?:👋)+$/u)
})

test('a frame prints a little, and at least one block if there is any', () => {
  const blocks = blocksOf(lines(5000, 100))
  const count = nextFrame(blocks)
  expect(count).toBeGreaterThan(1)
  expect(count).toBeLessThan(blocks.length / 2)
  expect(nextFrame(blocksOf(lines(1, 7999)))).toBe(1)
  expect(nextFrame([])).toBe(0)
})

test('what is released and printed is forgotten; the order stays', () => {
  let view: View = print(newView({ folder: '', prompts: [] }), 'reply', lines(5000, 100))
  let rows = 0
  for (let frames = 0; view.ready.length > 0; frames += 1) {
    expect(frames).toBeLessThan(100)
    view = reduce(view, { type: 'release' }, 0)
    rows += view.done.flatMap(block => block.lines).length
    view = reduce(view, { type: 'printed', count: view.done.length }, 0)
    expect(view.done).toEqual([])
  }
  expect(rows).toBe(5001)
  expect(reduce(view, { type: 'release' }, 0)).toBe(view)
  expect(reduce(view, { type: 'printed', count: 0 }, 0)).toBe(view)
})

test('blocks of different kinds are set apart, and each prompt', () => {
  const text = (view: View) => view.ready.flatMap(block => block.lines.map(plain))
  const start = newView({ folder: '', prompts: [] })
  expect(text(print(print(start, 'tool', [line('a')]), 'tool', [line('b')]))).toEqual(['', 'a', 'b'])
  expect(text(print(print(start, 'tool', [line('a')]), 'line', [line('b')]))).toEqual(['', 'a', '', 'b'])
  expect(text(print(print(start, 'prompt', [line('a')]), 'prompt', [line('b')]))).toEqual(['', 'a', '', 'b'])
})
