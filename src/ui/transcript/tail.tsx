import { Box, Text } from 'ink'
import { usePalette } from '../palette.ts'
import { type Line, paint, plain, truncate } from './line.ts'

/**
 * The rows of the unfinished end of a reply that are shown: the newest ones, each from its beginning as far as it fits. When it
 * is complete it is printed whole in the same place, so nothing moves.
 */
export function tailRows(lines: readonly Line[], width: number, maxRows: number): Line[] {
  if (maxRows <= 0) return []
  // What stands apart from what was printed still does when its beginning is not shown.
  const [first = []] = lines
  const apart = maxRows > 1 && plain(first) === '' ? [first] : []
  const rows = lines.length > maxRows ? [...apart, ...lines.slice(apart.length - maxRows)] : lines
  return rows.map(row => truncate(row, width))
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
