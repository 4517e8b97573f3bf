import { expect, test } from 'vitest'
import { createHooks, keptRules } from '../../src/runtime/hooks.ts'

const ASK = { output: { permissionDecision: 'ask' } }
const call = (sessionId: string, input: unknown) => ({ sessionId, hookType: 'preToolUse', input })

test('a session decides about its own calls; nothing is ever allowed', () => {
  const hooks = createHooks(() => {})
  const calls: unknown[] = []
  hooks.attach('s', call => {
    calls.push(call)
    return call.tool === 'bash'
  })
  expect(hooks.answer(call('s', { toolName: 'bash', toolArgs: { command: 'ls' } }))).toEqual(ASK)
  expect(hooks.answer(call('s', { toolName: 'view' }))).toEqual({})
  hooks.answer(call('s', { toolName: 'bash', toolArgs: 7 }))
  hooks.answer(call('s', { toolName: 'x-bash', toolArgs: { command: 'ls' } }))
  expect(calls).toEqual([
    { tool: 'bash', command: 'ls' },
    { tool: 'view' },
    { tool: 'bash', command: '' },
    { tool: 'x-bash' },
  ])
  hooks.detach('s')
  expect(hooks.answer(call('s', { toolName: 'view' }))).toEqual(ASK)
})

test('what is not understood is asked about where it is a call, and else has no answer; no payload is logged', () => {
  const lines: string[] = []
  const hooks = createHooks(line => lines.push(line))
  hooks.attach('s', () => false)
  for (const input of [undefined, null, 'bash', {}, { toolName: 7 }])
    expect(hooks.answer(call('s', input))).toEqual(ASK)
  expect(hooks.answer(call('unknown', { toolName: 'PAYLOAD', toolArgs: 'PAYLOAD' }))).toEqual(ASK)
  for (const odd of [
    undefined,
    null,
    7,
    [],
    {},
    { ...call('s', {}), hookType: 'postToolUse' },
    { hookType: 'preToolUse' },
  ])
    expect(hooks.answer(odd)).toEqual({})
  expect(lines.join()).not.toContain('PAYLOAD')
})

test('of what was allowed for the project, what can be read', () => {
  const appliedRules = [
    { kind: 'shell', argument: 'npm run' },
    { kind: 'write', argument: null },
    { kind: 7 },
    'x',
    null,
  ]
  expect(keptRules({ appliedRules })).toEqual([
    { kind: 'shell', argument: 'npm run' },
    { kind: 'write', argument: undefined },
  ])
})
