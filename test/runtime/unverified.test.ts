import * as v from 'valibot'
import { expect, test } from 'vitest'
import { LIMITS } from '../../src/runtime/limits.ts'
import { createSession } from '../../src/runtime/session.ts'
import type { HostEvent } from '../../src/runtime/types.ts'

/** A call of the tool `whoami` of notes that ends so, and what is told of servers then. */
function endedWith(error: { message: string }, success = false): HostEvent[] {
  const told: HostEvent[] = []
  const { session, take } = createSession({
    ...{ id: 's', limits: LIMITS, folder: '/work', patient: true, log() {}, onClose() {}, onTurn() {} },
    servers: { notes: { type: 'http', url: 'https://notes.example/mcp' } },
    connection: { call: async method => v.parse(method.result, {}), close() {} },
  })
  session.listen(event => told.push(event))
  const names = { toolName: 'notes-whoami', mcpServerName: 'notes', mcpToolName: 'whoami' }
  take({ type: 'tool.execution_start', data: { toolCallId: '1', ...names, arguments: {} } })
  take({ type: 'tool.execution_complete', data: { toolCallId: '1', success, error } })
  return told.filter(({ type }) => type === 'server')
}

test('a call that the runtime ends itself, for want of another token, says so of the server', () => {
  const message =
    'MCP tool catalog changed before tool "notes-whoami" could be invoked: Failed to verify cached MCP tools: MCP OAuth challenge required (HTTP 401)'
  expect(endedWith({ message })).toEqual([
    { type: 'server', name: 'notes', status: 'needs-auth', refused: true },
  ])
})

test.each(['HTTP 401', 'the tool says: MCP OAuth challenge required (HTTP 401)', 'no such tool'])(
  'what a tool says itself is no such end: %s',
  message => expect(endedWith({ message })).toEqual([]),
)
