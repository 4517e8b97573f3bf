import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { LIMITS } from '../../src/runtime/limits.ts'
import { createOrder } from '../../src/runtime/order.ts'
import { createSession } from '../../src/runtime/session.ts'
import type { HostEvent } from '../../src/runtime/types.ts'

/** What is told of events that the runtime sends, `order` milliseconds at most after each other. */
function open(order = 60_000) {
  const told: HostEvent[] = []
  const live = createSession({
    ...{ id: 's', limits: { ...LIMITS, order }, folder: '/work', patient: true },
    ...{ log() {}, onClose() {}, onTurn() {}, servers: {} },
    connection: { call: async method => v.parse(method.result, {}), close() {} },
  })
  live.session.listen(event => told.push(event))
  const tool = (id: string) => ({ toolCallId: id, toolName: 'bash', arguments: {} })
  return {
    ...live,
    told,
    types: () => told.map(event => ('id' in event ? `${event.type} ${event.id}` : event.type)),
    start: (id: string, agentId?: string) =>
      live.take({ type: 'tool.execution_start', data: tool(id), agentId }),
    end: (id: string, agentId?: string) =>
      live.take({ type: 'tool.execution_complete', data: { toolCallId: id, success: true }, agentId }),
    agent: (id: string, toolCallId: string, more = {}) =>
      live.take({
        type: 'subagent.started',
        data: { toolCallId, agentName: 'explore', ...more },
        agentId: id,
      }),
    ask: (requestId: string, toolCallId?: string) =>
      live.take({
        type: 'permission.requested',
        data: {
          requestId,
          permissionRequest: { kind: 'shell', toolCallId, fullCommandText: 'ls', intention: 'look' },
        },
      }),
  }
}

test('a question that comes before its call waits for it, and says which sub-agent asks', () => {
  const { start, agent, ask, told, types } = open()
  start('outer')
  agent('a', 'outer')
  ask('q', 'inner')
  expect(types()).toEqual(['tool-start outer', 'agent a'])
  start('inner', 'a')
  expect(told.at(-1)).toMatchObject({ type: 'permission', ask: { id: 'q', agent: 'explore' } })
})

test('what comes behind it keeps its place; what the sub-agent does goes on', () => {
  const { start, agent, ask, take, types } = open()
  start('outer')
  agent('a', 'outer')
  ask('q', 'second')
  take({ type: 'permission.completed', data: { requestId: 'q' } })
  start('first', 'a')
  expect(types().slice(2)).toEqual(['tool-start first'])
  start('second', 'a')
  expect(types().slice(3)).toEqual(['tool-start second', 'permission', 'permission-done q'])
})

test('a call ends after the calls that it has started, unless those go on in the background', () => {
  const { start, end, agent, types } = open()
  start('outer')
  agent('a', 'outer')
  start('inner', 'a')
  end('outer')
  end('inner', 'a')
  expect(types().slice(-2)).toEqual(['tool-end inner', 'tool-end outer'])
  start('other')
  agent('b', 'other', { executionMode: 'background' })
  start('behind', 'b')
  end('other')
  expect(types().at(-1)).toBe('tool-end other')
})

test('what never comes is not waited for long; the end of the runtime comes last', async () => {
  const { ask, types, told, tell } = open(20)
  ask('q', 'never')
  ask('r', 'never')
  expect(types()).toEqual([])
  await expect.poll(() => told.length).toBe(2)
  ask('s', 'never')
  tell({ type: 'interrupted' })
  expect(told.slice(2).map(({ type }) => type)).toEqual([
    'permission',
    'permission-done',
    'permission-done',
    'permission-done',
    'interrupted',
  ])
})

test('whatever is early or of a sub-agent: all is told once, and what is of none in its order', () => {
  const event = fc.record({ id: fc.nat(5), inner: fc.boolean(), needs: fc.option(fc.nat(5)) })
  fc.assert(
    fc.property(fc.array(event), given => {
      const told: number[] = []
      const came = new Set<number>()
      const of = ({ messageId }: { messageId: string }) => given[Number(messageId)]
      const read = (event: HostEvent) => (event.type === 'user' ? of(event) : undefined)
      const order = createOrder({
        isEarly(event) {
          const needs = read(event)?.needs
          return typeof needs === 'number' && !came.has(needs)
        },
        isInner: event => read(event)?.inner === true,
        most: 60_000,
        tell(event) {
          if (event.type !== 'user') return
          told.push(Number(event.messageId))
          came.add(of(event)?.id ?? -1)
        },
      })
      for (const at of given.keys()) order.take({ type: 'user', messageId: String(at), text: '' })
      order.flush()
      expect(told.toSorted((one, other) => one - other)).toEqual([...given.keys()])
      const outer = told.filter(at => given[at]?.inner === false)
      expect(outer).toEqual(outer.toSorted((one, other) => one - other))
    }),
  )
})
