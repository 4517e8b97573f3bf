import { Text } from 'ink'
import { clean } from '../../text.ts'
import { usePalette } from '../palette.ts'
import { line, paint, truncate } from '../transcript/line.ts'
import { keepEnd, steady } from '../width.ts'
import type { Mentions } from './mention.ts'

/** What a name behind `@` or a command may mean, the chosen one among those shown. */
export function MentionList({
  mentions: { open, commands },
  width,
  maxRows,
}: {
  mentions: Mentions
  width: number
  maxRows: number
}) {
  const colours = usePalette()
  if (open === undefined) return null
  const { kind, items, chosen } = open
  const longest = Math.max(...items.map(item => item.length))
  const first = Math.max(0, Math.min(chosen - Math.floor(maxRows / 2), items.length - maxRows))
  return items.slice(first, first + maxRows).map((path, at) => {
    const mark = first + at === chosen ? '❯ ' : '  '
    const name = keepEnd(steady(clean(path, 500)), width - 4)
    const row = first + at === chosen ? line(`${mark}${name}`, 'accent') : line(`${mark}${name}`, 'dim')
    const what = kind === 'command' ? commands.find(command => command.name === path)?.what : undefined
    const told =
      what === undefined ? row : [...row, ...line(`${' '.repeat(longest - path.length)}  ${what}`, 'dim')]
    return (
      <Text key={path} wrap="truncate">
        {paint(truncate(told, width), colours)}
      </Text>
    )
  })
}
