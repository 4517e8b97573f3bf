import { Box, Text } from 'ink'
import { usePalette } from '../palette.ts'
import { paint } from '../transcript/line.ts'
import type { Row } from './rows.ts'

const OSC_8 = '\u001b]8;;'
const ST = '\u001b\\'

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

function PanelRow({ row }: { row: Row }) {
  const text = paint(row.line, usePalette()) || ' '
  // An address is judged before it comes here (`WebUrl`); a link must not hold anything but visible ASCII all the same.
  const safe = row.link !== undefined && /^[\x21-\x7e]+$/.test(row.link)
  return <Text wrap="truncate">{safe ? `${OSC_8}${row.link}${ST}${text}${OSC_8}${ST}` : text}</Text>
}
