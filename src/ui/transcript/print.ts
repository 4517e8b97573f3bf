import { clean } from '../../text.ts'
import type { View } from '../state.ts'
import { noticeBlock } from './blocks.ts'
import { type Line, line } from './line.ts'
import { blocksOf, nextFrame } from './printing.ts'

/** The view with a line of the host's own to be printed. */
export function notice(view: View, level: 'done' | 'info' | 'warning' | 'error', text: string): View {
  return print(view, 'line', noticeBlock(level, clean(text, 500), view.columns))
}

/** The view with a block to be printed, apart from one of another kind. */
export function print(view: View, kind: string, lines: readonly Line[]): View {
  const gap = view.last === kind && kind !== 'prompt' && kind !== 'whole' ? [] : [line('')]
  return { ...view, last: kind, ready: [...view.ready, ...blocksOf([...gap, ...lines])] }
}

/** The view with what fits into the next frame released to it. */
export function release(view: View): View {
  const count = nextFrame(view.ready)
  if (count === 0) return view
  return { ...view, ready: view.ready.slice(count), done: [...view.done, ...view.ready.slice(0, count)] }
}

/** The view without so many blocks at the front, which are on the terminal and need not be kept. */
export function drop(view: View, count: number): View {
  return count === 0 ? view : { ...view, done: view.done.slice(count), drops: view.drops + 1 }
}
