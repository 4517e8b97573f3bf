import { Box, Text } from 'ink'
import { dress, usePalette } from '../palette.ts'
import { line, paint, truncate } from '../transcript/line.ts'
import { Caret } from './caret.tsx'
import type { Editor } from './editor.ts'
import { around } from './layout.ts'

export interface ComposerProps {
  editor: Editor
  /** Columns, prompt included. */
  width: number
  /** Rows at most; the row with the caret is always among those shown. */
  maxRows: number
  /** The row of the composer's first line, counted from the top of the live region, for the cursor. Absent: no cursor. */
  top?: number
  placeholder?: string
}

const PROMPT = '› '

/** The room for text in a composer of `width` columns: for {@link edit}. */
export function textWidth(width: number): number {
  return Math.max(1, width - PROMPT.length - 1)
}

/** The line, or lines, that the person writes in. */
export function Composer({ editor, width, maxRows, top, placeholder = '' }: ComposerProps) {
  const colours = usePalette()
  const { text } = editor
  const { rows, index, column } = around(editor, textWidth(width), maxRows)
  const first = firstRow(rows.length, index, maxRows)
  const shown = rows.slice(first, first + maxRows)
  return (
    <Box flexDirection="column" flexShrink={0}>
      {shown.map((row, at) => (
        <Text key={row.start} wrap="truncate">
          {row.start === 0 ? dress(PROMPT, ['accent'], colours) : at === 0 ? '… ' : '  '}
          {text === '' ? paint(truncate(line(placeholder, 'dim'), textWidth(width)), colours) : row.shown}
        </Text>
      ))}
      {top !== undefined && <Caret x={Math.min(PROMPT.length + column, width - 1)} y={top + index - first} />}
    </Box>
  )
}

const KEPT = 'kept: '

/** What is written, in one row, while a panel takes the keys. */
export function Draft({ editor, width }: { editor: Editor; width: number }) {
  const { rows, index } = around(editor, Math.max(1, width - KEPT.length - 1), 0)
  const shown = `${KEPT}${(rows[index]?.start ?? 0) > 0 ? '…' : ''}${rows[index]?.shown ?? ''}`
  return <Text wrap="truncate">{paint(truncate(line(shown, 'dim'), width), usePalette())}</Text>
}

/** Shows what comes after the caret in the lower half, so that the text stands still while the caret moves a little. */
function firstRow(count: number, index: number, maxRows: number): number {
  const after = Math.min(count - 1 - index, Math.floor((maxRows - 1) / 2))
  return Math.max(0, Math.min(index + after + 1 - maxRows, count - maxRows))
}
