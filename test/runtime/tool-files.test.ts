import { describe, expect, test } from 'vitest'
import { hostEvent } from '../../src/runtime/events.ts'
import { attached, toolFiles } from '../../src/runtime/tool-files.ts'

describe('what a tool call does to files', () => {
  test.each<[string, unknown, unknown]>([
    ['view', { path: '/w/a.ts' }, [{ path: '/w/a.ts', how: 'read' }]],
    ['create', { path: 'b', file_text: 'x' }, [{ path: 'b', how: 'changed' }]],
    ['edit', { path: 'c', old_str: '1', new_str: '2' }, [{ path: 'c', how: 'changed' }]],
    [
      'apply_patch',
      '*** Begin Patch\n*** Add File: d.txt\n+*** Update File: no\n*** Delete File: e f\n*** End Patch',
      [
        { path: 'd.txt', how: 'changed' },
        { path: 'e f', how: 'changed' },
      ],
    ],
    ['apply_patch', { input: '*** Update File: g\n*** Move to: h' }, [{ path: 'g' }, { path: 'h' }]],
    ['bash', { command: 'rm x', path: 'x' }, []],
    ['view', { path: '' }, []],
    ['view', { path: 7 }, []],
    ['view', { path: 'x'.repeat(5000) }, []],
    ['view', null, []],
    ['view', 'path', []],
    ['view', JSON.parse('{"__proto__":{"path":"x"}}'), []],
    ['apply_patch', { patch: ['*** Add File: x'] }, []],
    ['constructor', { path: 'x' }, []],
  ])('%s %j', (tool, args, expected) => {
    expect(toolFiles(tool, args)).toMatchObject(expected as object)
  })
})

test('what goes with a message: files alone', () => {
  const given = [
    { type: 'file', path: '/w/a', displayName: 'a' },
    { type: 'directory', path: '/w' },
    { type: 'file' },
    { type: 'file', path: 3 },
    null,
    'file',
  ]
  expect(attached(given)).toEqual([{ path: '/w/a', how: 'attached' }])
})

test('a tool of a server that has the name of one of the runtime reads nothing', () => {
  const data = { toolCallId: '1', toolName: 'view', arguments: { path: 'a' } }
  const start = (more: object) => hostEvent({ type: 'tool.execution_start', data: { ...data, ...more } })
  expect(start({})).toMatchObject({ files: [{ path: 'a', how: 'read' }] })
  expect(start({ mcpServerName: 'notes', mcpToolName: 'view' })).not.toHaveProperty('files')
})
