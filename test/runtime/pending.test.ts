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

const asked = (id: string): HostEvent => ({
  type: 'permission',
  ask: { id, kind: 'read', title: clean('Read a file?'), body: '/x', names: ['read'] },
})

test('a question is told once, however often it comes', () => {
  const pending = createPending()
  expect(ids(pending.follow(asked('p')))).toEqual(['permission'])
  expect(pending.follow(asked('p'))).toEqual([])
  // Nor may a request of another kind borrow its id.
  const question = { kind: 'question', id: 'p', text: 'which?', choices: [], freeform: true } as const
  expect(pending.follow({ type: 'ask', ask: question })).toEqual([])
  expect(pending.follow(auth('p', 'a'))).toEqual([])
  expect(pending.follow({ type: 'ask-done', id: 'p' })).toEqual([])
  expect(ids(pending.follow({ type: 'permission-done', id: 'p' }))).toEqual(['permission-done p'])
})

test('at the end of all work nothing of it is open, whether it was aborted or not', () => {
  const pending = createPending()
  pending.follow(auth('start', 'slow'))
  pending.follow(tool('a', 'notes'))
  pending.follow(auth('call', 'notes'))
  pending.follow(asked('p'))
  pending.follow({
    type: 'ask',
    ask: { kind: 'question', id: 'q', text: 'which?', choices: [], freeform: true },
  })
  expect(ids(pending.follow({ type: 'idle', aborted: false }))).toEqual([
    'permission-done p',
    'ask-done q',
    'auth-done call',
    'tool-end a',
    'idle',
  ])
  expect(pending.asking(clean('slow'))).toBe(true)
  expect(pending.follow(auth('later', 'notes'))).toMatchObject([{ calls: [] }])
})

test('more calls than anybody can follow are left out', () => {
  const pending = createPending()
  const told = Array.from({ length: 2000 }, (_, at) => pending.follow(tool(`${at}`))).flat()
  expect(told).toHaveLength(500)
  expect(pending.follow({ type: 'tool-end', id: '1999', end: 'ok', text: '' })).toEqual([])
  expect(pending.follow({ type: 'tool-end', id: '1', end: 'ok', text: '' })).toHaveLength(1)
})

test('and so are more servers than anybody has', () => {
  const pending = createPending()
  const server = (at: number): HostEvent => ({ type: 'server', name: clean(`s${at}`), status: 'connected' })
  expect(Array.from({ length: 2000 }, (_, at) => pending.follow(server(at))).flat()).toHaveLength(500)
  expect(pending.follow(server(7))).toHaveLength(1)
  expect(pending.follow(server(700))).toEqual([])
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
  expect(ask('7')).toMatchObject({ ask: { id: '7' } })
  expect(ask('8', 'x')).toMatchObject({ ask: { id: '8' } })
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
