import { Static, Text } from 'ink'
import { memo, useEffect } from 'react'
import { usePalette } from '../palette.ts'
import { paint } from './line.ts'
import type { Block } from './printing.ts'

/** Printed blocks are dropped when there are so many, or at once when one is wider: the grid of all that follow would be. */
const ENOUGH = 64
const WIDE = 500

interface Props {
  blocks: readonly Block[]
  /** How often printed blocks were dropped from the front of `blocks`. */
  drops: number
  /** So many blocks at the front are on the terminal and need not be kept. */
  onPrinted: (count: number) => void
}

/**
 * Prints finished blocks into the scrollback, each one once. `Static` only ever looks at what was appended; a new key,
 * together with the blocks that were not yet committed, lets go of the others. It is as wide as the longest line, so
 * that the terminal does the wrapping: such a line reflows with the window and is copied as one.
 */
export const Transcript = memo(function Transcript({ blocks, drops, onPrinted }: Props) {
  const colours = usePalette()
  const width = Math.max(1, ...blocks.map(block => block.width))
  useEffect(() => {
    if (blocks.length >= ENOUGH || width > WIDE) onPrinted(blocks.length)
  }, [blocks, width, onPrinted])
  return (
    <Static key={drops} items={[...blocks]} style={{ width }}>
      {(block, at) => <Text key={at}>{block.lines.map(line => paint(line, colours)).join('\n') || ' '}</Text>}
    </Static>
  )
})
