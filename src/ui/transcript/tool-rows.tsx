import { Text } from 'ink'
import { usePalette } from '../palette.ts'
import { calledAs, type Tool, took, toolName } from './blocks.ts'
import { width as lineWidth, paint, truncate } from './line.ts'

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
    const dim = ['dim' as const]
    // Who calls is never what is cut.
    const end = truncate(
      [{ text: `${calledAs(tool)}${took(tool, now)}`, styles: dim }],
      Math.floor(width * 0.6),
    )
    const mark = { text: '○ ', styles: ['accent' as const] }
    const call = truncate([mark, ...toolName(tool)], width - lineWidth(end))
    const room = width - lineWidth(call) - lineWidth(end)
    const progress = tool.progress === undefined || room < 3 ? '' : `  ${tool.progress}`
    const row = [...call, ...end, { text: progress, styles: dim }]
    return (
      <Text key={tool.id} wrap="truncate">
        {paint(truncate(row, width), colours)}
      </Text>
    )
  })
}
