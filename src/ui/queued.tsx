import { Text } from 'ink'
import { usePalette } from './palette.ts'
import type { View } from './state.ts'
import { line, paint, truncate } from './transcript/line.ts'

/** Columns that a message has at least. */
const LEAST = 12

/** What was said while a turn runs: first what it has been given, then what waits behind it. */
export function Queued({
  view: { queued, steering },
  width,
  maxRows,
}: {
  view: Pick<View, 'queued' | 'steering'>
  width: number
  maxRows: number
}) {
  const colours = usePalette()
  const all = [
    ...steering.map(text => ({ text, state: 'next step' })),
    ...queued.map(text => ({ text, state: 'queued' })),
  ]
  return all.slice(0, maxRows).map(({ text, state }, at) => {
    const more = at === maxRows - 1 && all.length > maxRows ? ` (and ${all.length - maxRows} more)` : ''
    // Where there is no room for both, the message is worth more than its state.
    const note = [`  ${state}${more}`, more].find(note => width - note.length >= LEAST) ?? ''
    const row = truncate(line(`› ${text}`, 'dim'), width - note.length)
    return (
      // A message has no identity but its place in the queue.
      // biome-ignore lint/suspicious/noArrayIndexKey: see above
      <Text key={at} wrap="truncate">
        {paint([...row, { text: note, styles: ['dim'] }], colours)}
      </Text>
    )
  })
}
