import { expect, test } from 'vitest'
import { asksFirst } from '../../src/commands/asks-first.ts'
import type { ToolRules } from '../../src/commands/tool-rules.ts'

const rules = (more: Partial<ToolRules> = {}): ToolRules => ({
  ...{ allowTool: [], denyTool: [], addDir: [], allowUrl: [], denyUrl: [] },
  ...more,
})
const kept = [
  { kind: 'shell', argument: 'npm run' },
  { kind: 'shell', argument: 'touch' },
  { kind: 'notes', argument: 'whoami' },
  { kind: 'write' },
]

test('nothing is asked first where all is allowed, or a person is there and nothing denied', () => {
  expect(asksFirst(rules(), true)).toBeUndefined()
  expect(asksFirst(rules({ allowAll: true }), false)).toBeUndefined()
  expect(asksFirst(rules({ allowAllTools: true }), false)).toBeUndefined()
})

test.each<[line: string, asked: boolean]>([
  ['ls', true],
  ['cat ~/key', true],
  ['git status -s', false],
  ['git status; rm x', true],
  ['npm run build', false],
  ['npm  run build 2>&1 | tail -5', false],
  ['npm run build && cat ~/key', true],
  ['npm run build | tail -5 /etc/passwd', true],
  ['npm run build | tail ../x', true],
  ['npm runner', true],
  ['tail x', true],
  ['touch a; touch b', false],
  ['', true],
])('nobody is there: %j is asked about: %s', (line, asked) => {
  const asks = asksFirst(rules({ allowTool: ['shell(git:*)'] }), false)
  expect(asks?.({ tool: 'bash', command: line }, kept)).toBe(asked)
})

test('nobody is there: tools of servers, unless allowed for the project', () => {
  const asks = asksFirst(rules(), false)
  expect(asks?.({ tool: 'notes-whoami' }, kept)).toBe(false)
  expect(asks?.({ tool: 'notes-add' }, kept)).toBe(true)
  for (const tool of ['view', 'create', 'sql', 'task']) expect(asks?.({ tool }, kept)).toBe(false)
})

test.each<[rule: string, tool: string, asked: boolean]>([
  ['sql', 'sql', true],
  ['sql', 'task', false],
  ['write', 'write_bash', false],
  ['sql(x)', 'sql', false],
  ['notes', 'notes-whoami', true],
  ['notes(whoami)', 'notes-whoami', true],
  ['notes(whoami)', 'notes-add', false],
  ['my.server', 'my_server-add', true],
  ['notes', 'notebook-add', false],
])('a person is there: --deny-tool %s, %s is asked about: %s', (rule, tool, asked) => {
  expect(asksFirst(rules({ denyTool: [rule] }), true)?.({ tool }, [])).toBe(asked)
  expect(asksFirst(rules({ denyTool: [rule], allowAll: true }), false)?.({ tool }, [])).toBe(asked)
})
