import { renderToString } from 'ink'
import { expect, test } from 'vitest'
import { clean } from '../../../src/text.ts'
import { newView } from '../../../src/ui/state.ts'
import { liveRows } from '../../../src/ui/tools.ts'
import type { Tool } from '../../../src/ui/transcript/blocks.ts'
import { ToolRows } from '../../../src/ui/transcript/tool-rows.tsx'
import { cells } from '../../../src/ui/width.ts'

const tool: Tool = {
  ...{ id: 't', name: 'list_issues', server: 'linear', startedAt: 0 },
  summary: 'assignee=me since=monday',
}
const start = newView({ folder: '', prompts: [] })
const row = (more: Partial<Tool>, width: number) => {
  const rows = liveRows({ ...start, tools: [{ ...tool, ...more }] }, 400, width)
  return renderToString(<ToolRows rows={rows} width={width} maxRows={3} />, { columns: 200 }).replaceAll(
    /\u001b\[[\d;]*m/g,
    '',
  )
}

test('who calls stands behind the call, and is not what is cut', () => {
  const account = clean('you@example.com')
  expect(row({}, 80)).toBe('○ linear · list_issues  assignee=me since=monday  0.4s')
  expect(row({ account }, 80)).toBe(
    '○ linear · list_issues  assignee=me since=monday  as you@example.com  0.4s',
  )
  expect(row({ account }, 44)).toBe('○ linear · list_i…  as you@example.com  0.4s')
  expect(row({ progress: 'reading' }, 80)).toBe(
    '○ linear · list_issues  assignee=me since=monday  0.4s  reading',
  )
  for (const width of [4, 10, 20, 30]) {
    expect(cells(row({ account: clean('日本@例え.jp'.repeat(5)) }, width))).toBeLessThanOrEqual(width)
  }
})
