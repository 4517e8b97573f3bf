import { Text } from 'ink'
import { usePalette } from './palette.ts'
import type { View } from './state.ts'
import { line, paint, truncate } from './transcript/line.ts'

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
    const row = truncate(line(`› ${text}`, 'dim'), width - state.length - 4 - more.length)
    return (
      // A message has no identity but its place in the queue.
      // biome-ignore lint/suspicious/noArrayIndexKey: see above
      <Text key={at} wrap="truncate">
        {paint([...row, { text: `  ${state}${more}`, styles: ['dim'] }], colours)}
      </Text>
    )
  })
}
