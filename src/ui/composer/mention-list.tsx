import { Text } from 'ink'
import { clean } from '../../text.ts'
import { usePalette } from '../palette.ts'
import { line, paint, truncate } from '../transcript/line.ts'
import { keepEnd, steady } from '../width.ts'
import type { Mention } from './mention.ts'

/** The files that a name behind `@` may mean, the chosen one among those shown. */
export function MentionList({
  mention,
  width,
  maxRows,
}: {
  mention: Mention
  width: number
  maxRows: number
}) {
  const colours = usePalette()
  const { items, chosen } = mention
  const first = Math.max(0, Math.min(chosen - Math.floor(maxRows / 2), items.length - maxRows))
  return items.slice(first, first + maxRows).map((path, at) => {
    const mark = first + at === chosen ? '❯ ' : '  '
    const name = keepEnd(steady(clean(path, 500)), width - 4)
    const row = first + at === chosen ? line(`${mark}${name}`, 'accent') : line(`${mark}${name}`, 'dim')
    return (
      <Text key={path} wrap="truncate">
        {paint(truncate(row, width), colours)}
      </Text>
    )
  })
}
