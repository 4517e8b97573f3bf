import { Text } from 'ink'
import { usePalette } from '../palette.ts'
import { type Line, paint, truncate } from './line.ts'

interface Props {
  rows: readonly Line[]
  width: number
  maxRows: number
}

/** The tool calls that run: of more rows than there is room for, the last ones. */
export function ToolRows({ rows, width, maxRows }: Props) {
  const colours = usePalette()
  return rows.slice(Math.max(0, rows.length - maxRows)).map((row, at) => (
    // Rows have no identity of their own.
    // biome-ignore lint/suspicious/noArrayIndexKey: see above
    <Text key={at} wrap="truncate">
      {paint(truncate(row, width), colours)}
    </Text>
  ))
}
