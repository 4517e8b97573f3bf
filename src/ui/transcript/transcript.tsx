import { Static, Text } from 'ink'
import { memo, useEffect, useLayoutEffect, useRef } from 'react'
import { usePalette } from '../palette.ts'
import { paint } from './line.ts'
import type { Block } from './printing.ts'

/** Printed blocks are dropped when there are so many. */
const ENOUGH = 64

interface Props {
  blocks: readonly Block[]
  /** How often printed blocks were dropped from the front of `blocks`. */
  drops: number
  /** So many blocks at the front are on the terminal and need not be kept. */
  onPrinted: (count: number) => void
}

/**
 * Prints finished blocks into the scrollback, each one once. `Static` only ever looks at what was appended; a new key,
 * together with the blocks that were not yet committed, lets go of the others. It is as wide as the longest line that is
 * printed now, so that the terminal does the wrapping: such a line reflows with the window and is copied as one. What was
 * printed before has no say: the renderer fills a grid of that width, and thousands of short lines may follow a long one.
 */
export const Transcript = memo(function Transcript({ blocks, drops, onPrinted }: Props) {
  const colours = usePalette()
  const printed = useRef({ drops, count: 0 })
  const from = printed.current.drops === drops ? printed.current.count : 0
  const width = Math.max(1, ...blocks.slice(from).map(block => block.width))
  useLayoutEffect(() => {
    printed.current = { drops, count: blocks.length }
  }, [drops, blocks])
  useEffect(() => {
    if (blocks.length >= ENOUGH) onPrinted(blocks.length)
  }, [blocks, onPrinted])
  return (
    <Static key={drops} items={[...blocks]} style={{ width }}>
      {(block, at) => <Text key={at}>{block.lines.map(line => paint(line, colours)).join('\n') || ' '}</Text>}
    </Static>
  )
})
