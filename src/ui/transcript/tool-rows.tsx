import { Text } from 'ink'
import { usePalette } from '../palette.ts'
import { type Line, paint, truncate } from './line.ts'

interface Props {
  rows: readonly Line[]
  width: number
  maxRows: number
}

/** The tool calls that run: of more rows than there is room for, the last ones below the first call. */
export function ToolRows({ rows, width, maxRows }: Props) {
  const colours = usePalette()
  const first = rows.length > maxRows && maxRows > 2 ? 1 : 0
  const last = rows.slice(Math.max(first, rows.length - maxRows + first))
  return [...rows.slice(0, first), ...last].map((row, at) => (
    // Rows have no identity of their own.
    // biome-ignore lint/suspicious/noArrayIndexKey: see above
    <Text key={at} wrap="truncate">
      {paint(truncate(row, width), colours)}
    </Text>
  ))
}
