import { expect, test } from 'vitest'
import { createAnswer } from '../../src/commands/answer.ts'
import type { ConversationEvent } from '../../src/commands/conversation.ts'
import { clean } from '../../src/text.ts'

const delta = (text: string, messageId = 'a') => ({ type: 'reply-delta', messageId, text }) as const
const whole = (text: string, messageId = 'a') => ({ type: 'reply', messageId, text }) as const
const retry = { type: 'retry', text: clean('again') } as const

function told(live: boolean, ...events: ConversationEvent[]): string[] {
  const out: string[] = []
  const answer = createAnswer(text => out.push(text), live)
  for (const event of events) answer.take(event)
  answer.end()
  return out
}

test('for a person as it streams, for others when it is whole', () => {
  const events = [delta('one '), delta('two'), whole('one two three'), whole('four', 'b')]
  expect(told(true, ...events)).toEqual(['one ', 'two', ' three', '\n', 'four', '\n'])
  expect(told(false, ...events)).toEqual(['one two three', '\n', 'four', '\n'])
})

test('what broke off is no part of the answer', () => {
  const events = [delta('half'), retry, delta('all', 'b'), whole('all of it', 'b')]
  expect(told(false, ...events).join('')).toBe('all of it\n')
  expect(told(true, ...events).join('')).toBe('half\nall of it\n')
})

test('what is there when the run ends is not lost; nothing foreign moves the cursor', () => {
  expect(told(false, delta('half \u001b[2'), delta('Ja \u001b]0;x\u0007line')).join('')).toBe('half a line\n')
  expect(told(true, delta('half \u001b[2'), delta('Ja line')).join('')).toBe('half a line\n')
  expect(told(false)).toEqual([])
})
