import { expect, test } from 'vitest'
import { createPending } from '../../src/runtime/pending.ts'
import type { HostEvent } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'

const tool = (id: string, server?: string): HostEvent => ({
  type: 'tool-start',
  id,
  name: clean('whoami'),
  server: server === undefined ? undefined : clean(server),
  summary: clean(''),
})
const auth = (id: string, serverName: unknown): HostEvent => ({
  type: 'auth',
  id,
  data: { serverName },
  calls: [],
})
const ids = (events: readonly HostEvent[]) =>
  events.map(event => ('id' in event ? `${event.type} ${event.id}` : event.type))

test('a sign-in names the open calls of its server only', () => {
  const pending = createPending()
  for (const start of [tool('a', 'notes'), tool('b', 'other'), tool('c'), tool('d', 'notes')])
    pending.follow(start)
  pending.follow({ type: 'tool-end', id: 'a', end: 'ok', text: '' })
  expect(pending.follow(auth('1', 'notes'))).toMatchObject([{ calls: ['d'], tool: 'whoami' }])
  expect(pending.follow(auth('2', 'idle'))).toMatchObject([{ calls: [] }])
  expect(pending.follow(auth('3', undefined))).toMatchObject([{ calls: [] }])
})

test('each request is told once, and ends once', () => {
  const pending = createPending()
  expect(pending.follow(auth('1', 'a'))).toHaveLength(1)
  expect(pending.follow(auth('1', 'a'))).toEqual([])
  expect(pending.asking(clean('a'))).toBe(true)
  expect(ids(pending.answered('1'))).toEqual(['auth-done 1'])
  expect(pending.follow({ type: 'auth-done', id: '1' })).toEqual([])
  expect(pending.follow(auth('1', 'a'))).toEqual([])
  expect(pending.follow({ type: 'permission-done', id: 'never' })).toEqual([])
  expect(pending.follow({ type: 'tool-end', id: 'never', end: 'ok', text: '' })).toEqual([])
})

test('an interruption ends what belongs to the turn; a sign-in at start-up outlives it', () => {
  const pending = createPending()
  pending.follow(auth('start', 'slow'))
  pending.follow(tool('a', 'notes'))
  pending.follow(auth('call', 'notes'))
  expect(ids(pending.follow({ type: 'interrupted' }))).toEqual([
    'auth-done call',
    'tool-end a',
    'interrupted',
  ])
  expect(ids(pending.follow({ type: 'idle', aborted: true }))).toEqual(['idle'])
  expect(pending.follow({ type: 'tool-end', id: 'a', end: 'ok', text: '' })).toEqual([])
  expect(ids(pending.withdrawSignIns())).toEqual(['auth-done start'])
})

test('a question names the sub-agent that asks, and the sign-in after which it comes a second time', () => {
  const pending = createPending()
  const ask = (id: string, toolCallId?: string) => {
    const event = { id, kind: 'mcp', title: clean('Use it?'), body: '', names: [], toolCallId } as const
    return pending.follow({ type: 'permission', ask: event })[0]
  }
  pending.follow({ type: 'agent', id: 'A', call: 't', name: clean('helper') })
  pending.follow({
    type: 'tool-start',
    id: 'own',
    name: clean('x'),
    server: clean('notes'),
    summary: clean(''),
    agent: 'A',
  })
  pending.follow(tool('b', 'notes'))
  pending.follow(tool('late', 'notes'))
  expect(ask('1', 'own')).toMatchObject({ ask: { agent: 'helper', signedIn: undefined } })
  expect(ask('2', 'own')).toMatchObject({ ask: { signedIn: undefined } })
  expect(ask('3', 'b')).toMatchObject({ ask: { agent: undefined } })
  pending.follow(auth('s', 'other'))
  expect(ask('4', 'b')).toMatchObject({ ask: { signedIn: undefined } })
  pending.follow(auth('t', 'notes'))
  expect(ask('5', 'b')).toMatchObject({ ask: { signedIn: 'notes' } })
  expect(ask('6', 'late')).toMatchObject({ ask: { signedIn: undefined } })
  for (const unknown of [undefined, 'x']) expect(ask('7', unknown)).toMatchObject({ ask: { id: '7' } })
})

test('an interruption ends the calls of sub-agents before the ones that started them', () => {
  const pending = createPending()
  const inner = (id: string, agent: string): HostEvent => ({
    type: 'tool-start',
    id,
    name: clean('task'),
    summary: clean(''),
    agent,
  })
  for (const start of [tool('a'), inner('b', 'A'), inner('c', 'B'), tool('d')]) pending.follow(start)
  expect(ids(pending.follow({ type: 'interrupted' }))).toEqual([
    ...['tool-end c', 'tool-end b', 'tool-end a', 'tool-end d'],
    'interrupted',
  ])
})
