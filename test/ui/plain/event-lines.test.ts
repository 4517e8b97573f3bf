import { expect, test } from 'vitest'
import { HostError } from '../../../src/errors.ts'
import { clean } from '../../../src/text.ts'
import { eventLines, NOTHING_TOLD, type Told } from '../../../src/ui/plain/event-lines.ts'
import type { ChatEvent } from '../../../src/ui/types.ts'

/** The lines of these events, one second between two of them. */
function tell(...events: ChatEvent[]): string[] {
  let told: Told = NOTHING_TOLD
  return events.flatMap((event, at) => {
    const next = eventLines(told, event, at * 1000)
    told = next.told
    return next.lines
  })
}

const start: ChatEvent = {
  type: 'tool-start',
  id: '1',
  name: clean('whoami'),
  server: clean('notes'),
  summary: clean('again=true'),
}
const end = (ending: 'ok' | 'failed' | 'denied' | 'cancelled', text = ''): ChatEvent => ({
  type: 'tool-end',
  id: '1',
  end: ending,
  text,
})

test('a tool call of a server with several accounts: as whom, at its start and at its end', () => {
  const as = (account?: 'ada' | 'bob'): ChatEvent => ({
    type: 'account',
    server: 'notes',
    account: account && clean(account),
  })
  expect(tell(as('ada'), start, as('bob'), end('ok'))).toEqual([
    'tool notes whoami as ada starts: again=true',
    'tool notes whoami as bob is done after 2.0s',
  ])
  expect(tell(as('ada'), as(), start)).toEqual(['tool notes whoami starts: again=true'])
})

test('a tool call: a line when it starts, a line when it ends', () => {
  expect(tell(start, end('ok', 'Ada\nand\nmore'))).toEqual([
    'tool notes whoami starts: again=true',
    'tool notes whoami is done after 1.0s: Ada (and 2 more lines)',
  ])
  expect(tell(start, end('failed', 'no'))[1]).toBe('tool notes whoami has failed after 1.0s: no')
  expect(tell(start, end('denied'))[1]).toBe('tool notes whoami was not allowed after 1.0s')
  expect(tell({ ...start, server: undefined, summary: clean(''), agent: 'a' })).toEqual([
    'tool whoami (of an agent) starts',
  ])
  expect(tell(end('ok'))).toEqual([])
})

test('a sub-agent: its calls name it, and its end is told where the call that started it is over', () => {
  const agent = { type: 'agent', id: 'A', call: 't', name: clean('helper') } as const
  const over = { type: 'agent-end', id: 'A', end: 'failed', text: 'no model\nat all' } as const
  const inner = { ...start, agent: 'A' }
  const named = [
    'tool notes whoami (of helper) starts: again=true',
    'tool notes whoami (of helper) is done after 1.0s',
  ]
  expect(tell(agent, inner, end('ok'))).toEqual(named)
  expect(tell(agent, over, over)).toEqual(['agent helper has failed after 1.0s: no model (and 1 more lines)'])
  expect(tell({ ...agent, call: start.id }, start, over)).toEqual(['tool notes whoami starts: again=true'])
})

test('a call that is cut off is told when the turn is over', () => {
  expect(tell(start, { type: 'interrupted' }, { type: 'idle', aborted: true }, end('ok'))).toEqual([
    'tool notes whoami starts: again=true',
    'interrupted',
    'tool notes whoami was cancelled',
    'ready',
  ])
  const error = new HostError('runtime-died', 'SIGKILL')
  expect(tell(start, { type: 'stopped', error }).slice(1)).toEqual([
    'tool notes whoami was cancelled',
    'error: the Copilot runtime stopped (SIGKILL)',
    'Enter starts it again and goes on with this session; Ctrl+C twice leaves',
  ])
})

test('a message is told where the terminal does not show it as it was sent', () => {
  const queued = (...messages: string[]): ChatEvent => ({ type: 'queued', messages })
  const told: Told = { ...NOTHING_TOLD, typed: 'hello' }
  expect(eventLines(told, { type: 'sent', text: 'hello' }, 0).lines).toEqual([])
  expect(eventLines(told, { type: 'sent', text: 'News. hello' }, 0).lines).toEqual(['you: News. hello'])
  expect(tell(queued('a'), queued('a', 'b\nc'), queued('b\nc'), { type: 'sent', text: 'a' })).toEqual([
    'queued: a',
    'queued: b c',
    'you: a',
  ])
  const waited = eventLines({ ...NOTHING_TOLD, typed: 'a' }, queued('a'), 0).told
  expect(eventLines(waited, { type: 'sent', text: 'a' }, 0).lines).toEqual(['you: a'])
  expect(tell({ type: 'user', messageId: '1', text: 'from\nelsewhere' })).toEqual([
    'you: from',
    '  elsewhere',
  ])
})

test('what is given back is told whole, and how to send it', () => {
  expect(tell({ type: 'draft', text: 'one\ntwo' })).toEqual(['not sent: one', '  two', '/send sends it'])
  expect(tell({ type: 'draft', text: '' })).toEqual([])
})

test('the state of a server is told when it changes', () => {
  const server = (status: 'pending' | 'connected' | 'failed' | 'needs-auth', error?: string): ChatEvent => ({
    ...{ type: 'server', name: clean('notes'), status },
    error: error === undefined ? undefined : clean(error),
  })
  expect(
    tell(
      server('pending'),
      server('needs-auth'),
      server('needs-auth'),
      server('connected'),
      server('connected'),
      server('failed', 'gone'),
    ),
  ).toEqual([
    'notes: needs a sign-in',
    'notes: connected',
    'notes: not available (gone); /mcp reload tries again',
  ])
})

test('notices, errors and what waits; what has no words is silent', () => {
  expect(
    tell(
      { type: 'line', level: 'done', text: 'fine' },
      { type: 'line', level: 'warning', text: 'careful' },
      { type: 'notice', level: 'info', text: clean('by the way') },
      { type: 'error', kind: clean('x'), text: clean('wrong') },
      { type: 'retry', text: clean('trying again') },
      { type: 'waiting', servers: ['a', 'b'] },
      { type: 'waiting', servers: [] },
      { type: 'started', alreadyInUse: true },
      { type: 'started', alreadyInUse: false },
      { type: 'turn-start' },
      { type: 'usage', tokens: 1, limit: 2 },
      { type: 'title', title: clean('t') },
      { type: 'session', id: '1' },
      { type: 'reasoning-delta', id: '1', text: 'hm' },
      { type: 'tool-output', id: '1', text: 'x', cumulative: false },
    ),
  ).toEqual([
    'fine',
    'warning: careful',
    'by the way',
    'error: wrong',
    'trying again',
    'waiting for a, b',
    'warning: this session is open in another program as well',
  ])
})

test('hostile text in every place: one line each, nothing but text', () => {
  const evil = 'a\u001b]0;owned\u0007\u001b[2Jb\r\u009b31mc\u202e'
  const lines = tell(
    start,
    end('ok', `${evil}\n${'x'.repeat(1_000_000)}`),
    { type: 'sent', text: evil },
    { type: 'queued', messages: [evil] },
    { type: 'draft', text: evil },
    { type: 'line', level: 'error', text: evil },
    { type: 'waiting', servers: [evil] },
    { type: 'user', messageId: '1', text: evil },
  )
  expect(lines).toHaveLength(9)
  for (const line of lines) {
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(line.length).toBeLessThan(300)
  }
})

test('a server that is tried again and again, and stays as it was, is told once', () => {
  const is = (status: 'pending' | 'needs-auth' | 'connected'): ChatEvent => ({
    type: 'server',
    name: clean('mail'),
    status,
  })
  const again = [is('pending'), is('needs-auth')]
  expect(tell(...again, ...again, ...again, is('connected'), is('needs-auth'))).toEqual([
    'mail: needs a sign-in',
    'mail: connected',
    'mail: needs a sign-in',
  ])
})

test('very many lines are told like few', () => {
  const text = 'line\n'.repeat(200_000)
  for (const event of [
    { type: 'user', messageId: '1', text },
    { type: 'text', text },
    { type: 'draft', text },
  ] as const)
    expect(tell(event).length).toBeGreaterThanOrEqual(200_000)
})
