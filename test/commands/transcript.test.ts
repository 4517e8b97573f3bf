import { expect, test } from 'vitest'
import { createTranscript } from '../../src/commands/transcript.ts'
import type { HostEvent } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'

const start = (id: string, agent?: string): HostEvent => ({
  type: 'tool-start',
  id,
  name: clean(id),
  summary: clean(''),
  agent,
})
const end = (id: string): HostEvent => ({ type: 'tool-end', id, end: 'ok', text: '' })
const agent = (id: string, call: string): HostEvent => ({
  type: 'agent',
  id,
  call,
  name: clean(`agent ${id}`),
})

function pieces(...events: HostEvent[]): string[] {
  const transcript = createTranscript()
  const said = [...events.flatMap(event => transcript.take(event, '')), ...transcript.end()]
  return said.map(piece => [piece.agent, piece.tool, piece.outcome].filter(Boolean).join(' '))
}

test('the calls of sub-agents come below the call that started them, whenever they ended', () => {
  const deep = [start('task'), agent('A', 'task'), start('b', 'A'), agent('B', 'b'), start('c', 'B')]
  const below = ['task ok', 'agent A b ok', 'agent B c ok']
  expect(pieces(...deep, end('c'), end('b'), end('task'))).toEqual(below)
  expect(pieces(...deep, start('d'))).toEqual(
    [...below, 'd ok'].map(piece => piece.replace(' ok', ' cancelled')),
  )
  expect(pieces(...deep, end('task'), end('b'), end('c'))).toEqual(below)
  expect(pieces(start('x', 'nobody'), end('x'), end('y'))).toEqual(['sub-agent x ok'])
})
