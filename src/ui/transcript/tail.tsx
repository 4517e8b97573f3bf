import { Box, Text } from 'ink'
import { usePalette } from '../palette.ts'
import { type Line, paint, wrap } from './line.ts'

/** The rows of the unfinished end of a reply that are shown: the newest ones. */
export function tailRows(lines: readonly Line[], width: number, maxRows: number): Line[] {
  return maxRows <= 0 ? [] : lines.flatMap(line => wrap(line, width)).slice(-maxRows)
}

export function Tail({ rows }: { rows: readonly Line[] }) {
  const colours = usePalette()
  if (rows.length === 0) return null
  return (
    <Box flexShrink={0} height={rows.length}>
      <Text wrap="truncate">{rows.map(row => paint(row, colours) || ' ').join('\n')}</Text>
    </Box>
  )
}
