import { expect, test } from 'vitest'
import { settled } from '../../src/runtime/history.ts'
import type { HostEvent, ToolEnd } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'

const user = (text: string): HostEvent => ({ type: 'user', messageId: text, text })
const start = (id: string): HostEvent => ({ type: 'tool-start', id, name: clean('t'), summary: clean('') })
const end = (id: string, how: ToolEnd = 'ok'): HostEvent => ({ type: 'tool-end', id, end: how, text: '' })
const names = (...events: HostEvent[]) =>
  settled(events).map(event => {
    if (event.type === 'user') return event.text
    return event.type === 'tool-end' ? `${event.id} ${event.end}` : 'id' in event ? event.id : event.type
  })

test.each([
  ['a call that ended', [start('1'), end('1')], ['1', '1 ok']],
  ['cut off, at the end', [start('1')], ['1', '1 cancelled']],
  ['cut off, before the next message', [start('1'), user('a'), user('b')], ['1', '1 cancelled', 'a', 'b']],
  [
    'cut off, and written down with the next message',
    [start('1'), user('a'), end('1', 'cancelled')],
    ['1', '1 cancelled', 'a'],
  ],
  ['a message into a running call', [start('1'), user('a'), end('1')], ['1', 'a', '1 ok']],
  ['an end without a beginning, and one twice', [end('0'), start('1'), end('1'), end('1')], ['1', '1 ok']],
])('%s', (_, events, expected) => {
  expect(names(...events)).toEqual(expected)
})
