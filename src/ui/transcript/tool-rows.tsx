import { Text } from 'ink'
import { usePalette } from '../palette.ts'
import { type Tool, took, toolName } from './blocks.ts'
import { paint, truncate } from './line.ts'

interface Props {
  tools: readonly Tool[]
  width: number
  maxRows: number
  now: number
}

/** The tool calls that run, one row each. */
export function ToolRows({ tools, width, maxRows, now }: Props) {
  const colours = usePalette()
  return tools.slice(tools.length - maxRows).map(tool => {
    const progress = tool.progress === undefined ? '' : `  ${tool.progress}`
    const row = [
      { text: '○ ', styles: ['accent' as const] },
      ...toolName(tool),
      { text: `${took(tool, now)}${progress}`, styles: ['dim' as const] },
    ]
    return (
      <Text key={tool.id} wrap="truncate">
        {paint(truncate(row, width), colours)}
      </Text>
    )
  })
}
