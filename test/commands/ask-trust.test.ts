import { expect, test } from 'vitest'
import { itemLines } from '../../src/commands/ask-trust.ts'

test('what a project brings is shown whole: all that cannot be seen is written out', () => {
  const hidden = 'a\u{e0100}\u17b4\u034f\u180b\u180f\ufe0f\u202e\u001b[2Jb'
  const lines = itemLines([
    { file: '.mcp.json', kind: 'server', key: 'one\ufe0f', value: { command: hidden, args: ['x'] } },
  ])
  const written = 'a\\udb40\\udd00\\u17b4\\u034f\\u180b\\u180f\\ufe0f\\u202e\\u001b[2Jb'
  expect(lines).toEqual([
    '  .mcp.json: MCP server "one\\ufe0f"',
    '    {',
    `      "command": "${written}",`,
    '      "args": [',
    '        "x"',
    '      ]',
    '    }',
  ])
})
