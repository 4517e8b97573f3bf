import { Box, Text } from 'ink'
import { useEffect, useRef } from 'react'
import { usePalette } from '../palette.ts'
import { paint } from '../transcript/line.ts'
import type { PanelSize, Row } from './rows.ts'

const OSC_8 = '\u001b]8;;'
const ST = '\u001b\\'

export interface PanelProps extends PanelSize {
  /** The row of the panel's first line from the top of the live region, for the cursor in a line to type in. */
  top?: number
  /** False while the person is still typing: the panel has less room then, and nothing can be allowed yet. */
  open: boolean
  /** Prints a text that the panel has no room for above it, into the scrollback. */
  onLongText: (text: string) => void
}

/** The rows of a panel, or those above or below the line to type in. */
export function Panel({ rows }: { rows: readonly Row[] }) {
  return (
    <Box flexDirection="column" flexShrink={0}>
      {rows.map((row, at) => (
        // Rows have no identity of their own: the panel is one text.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <PanelRow key={at} row={row} />
      ))}
    </Box>
  )
}

/** Prints each text once, whole, above the panel: for what the panel has no room for as it is now. */
export function usePrinted(texts: readonly string[], print: (text: string) => void): void {
  const printed = useRef(new Set<string>())
  useEffect(() => {
    for (const text of texts) {
      if (printed.current.has(text)) continue
      printed.current.add(text)
      print(text)
    }
  })
}

function PanelRow({ row }: { row: Row }) {
  const text = paint(row.line, usePalette()) || ' '
  // An address is judged before it comes here (`WebUrl`); a link must not hold anything but visible ASCII all the same.
  const safe = row.link !== undefined && /^[\x21-\x7e]+$/.test(row.link)
  return <Text wrap="truncate">{safe ? `${OSC_8}${row.link}${ST}${text}${OSC_8}${ST}` : text}</Text>
}
