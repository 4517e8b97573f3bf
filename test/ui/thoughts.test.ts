import { expect, test } from 'vitest'
import { unfold } from '../../src/ui/folded.ts'
import { newView, reduce, type View } from '../../src/ui/state.ts'
import { plain, width } from '../../src/ui/transcript/line.ts'

const start = newView({ folder: '', prompts: [] })
const printed = (view: View) => view.ready.flatMap(block => block.lines.map(plain)).filter(Boolean)
const thought = (text: string, ms = 0, columns = 80) => {
  const view = reduce({ ...start, columns }, { type: 'reasoning-tail', text: 'so far' }, 1000)
  return reduce(view, { type: 'reasoned', text }, 1000 + ms)
}

test('while the model thinks nothing is printed; then a line, with its time once that is worth telling', () => {
  const thinking = reduce(start, { type: 'reasoning-tail', text: 'so far' }, 1000)
  expect([printed(thinking), thinking.reasoning?.text]).toEqual([[], 'so far'])
  expect(printed(thought('Let me see'))).toEqual(['○ thought: Let me see'])
  expect(printed(thought('**Looking** at `cart`', 12_400))).toEqual(['○ thought for 12s: Looking at cart'])
  expect(thought('Let me see').reasoning).toBeUndefined()
})

test('of several lines the first is told, and Ctrl+O prints all of them', () => {
  const view = thought('# First\n\n\tthen\nand 最後に')
  expect(printed(view)).toEqual(['○ thought: First (Ctrl+O)'])
  expect(printed(unfold(view)).slice(1)).toEqual([
    '○ all of its thoughts:',
    '  # First',
    '  ',
    '  then',
    '  and 最後に',
  ])
  expect(thought('one line').folded).toEqual([])
})

test('thoughts that are empty leave no line', () => {
  for (const text of ['', ' \n\t\n']) expect(printed(thought(text))).toEqual([])
})

test.each([20, 40, 80])('fits a window of %i columns', columns => {
  const view = unfold(
    thought(`${'カートの合計を確認する'.repeat(20)}\n${'word '.repeat(50)}`, 61_000, columns),
  )
  for (const { lines } of view.ready) {
    for (const line of lines.filter(each => !plain(each).startsWith('○ all')))
      expect(width(line), plain(line)).toBeLessThan(columns)
  }
  expect(printed(view)[0]).toMatch(/^○ thought.*…/)
})
