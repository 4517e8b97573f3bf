import { Box, Text } from 'ink'
import { usePalette } from '../palette.ts'
import { type Line, paint, plain, wrap } from './line.ts'

/** The rows of the unfinished end of a reply that are shown: the newest ones. */
export function tailRows(lines: readonly Line[], width: number, maxRows: number): Line[] {
  if (maxRows <= 0) return []
  const rows = lines.flatMap(line => wrap(line, width))
  // What stands apart from what was printed still does when its beginning is not shown.
  const [first = []] = rows
  const apart = maxRows > 1 && plain(first) === '' ? [first] : []
  return rows.length > maxRows ? [...apart, ...rows.slice(apart.length - maxRows)] : rows
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
