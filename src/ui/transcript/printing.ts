import { chop, type Line, width } from './line.ts'

/** Lines that are printed together. */
export interface Block {
  readonly lines: readonly Line[]
  /** Of the longest line, in cells. */
  readonly width: number
}

/** How much is laid out at once, in cells (rows times the longest row): in a block, and in a frame. */
const BLOCK_CELLS = 8000
const FRAME_CELLS = 32_000

/** Lines in blocks that can be laid out quickly. */
export function blocksOf(lines: readonly Line[]): Block[] {
  const blocks: { lines: Line[]; width: number }[] = []
  for (const each of lines.flatMap(chop)) {
    const size = Math.max(1, width(each))
    const last = blocks.at(-1)
    if (last !== undefined && (last.lines.length + 1) * Math.max(last.width, size) <= BLOCK_CELLS) {
      last.lines.push(each)
      last.width = Math.max(last.width, size)
    } else blocks.push({ lines: [each], width: size })
  }
  return blocks
}

/** How many of the blocks one frame may print: at least one, if there is any. */
export function nextFrame(blocks: readonly Block[]): number {
  let rows = 0
  let widest = 0
  for (const [count, block] of blocks.entries()) {
    rows += block.lines.length
    widest = Math.max(widest, block.width)
    if (count > 0 && rows * widest > FRAME_CELLS) return count
  }
  return blocks.length
}
