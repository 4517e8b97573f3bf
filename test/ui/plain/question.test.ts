import { describe, expect, test } from 'vitest'
import { HostError } from '../../../src/errors.ts'
import type { Ask, Field } from '../../../src/runtime/types.ts'
import { clean } from '../../../src/text.ts'
import { putQuestion } from '../../../src/ui/plain/question.ts'
import { createTurns } from '../../../src/ui/plain/turns.ts'

const never = new AbortController().signal
const option = (value: string) => ({ value, title: clean(value) })
const COLOURS = ['red', 'green', 'blue'].map(option)

/** Puts a question to a person who types these lines, and then no more. */
async function put(ask: Ask, ...typed: string[]) {
  const lines: string[] = []
  const answers = [...typed]
  const answer = await putQuestion(
    {
      write: line => lines.push(line),
      async read(_signal, prompt) {
        lines.push(prompt)
        const line = answers.shift()
        if (line === undefined) throw new HostError('cancelled', 'the input ended')
        return line
      },
      turns: createTurns(),
    },
    ask,
    never,
  )
  return { answer, lines, left: answers }
}

const question = (more: Partial<Extract<Ask, { kind: 'question' }>> = {}): Ask => ({
  ...{ kind: 'question', id: 'q', text: 'Which\n1 colour?', choices: COLOURS, freeform: true },
  ...more,
})

describe('a question', () => {
  test('its text stands in from our lines', async () => {
    const { lines } = await put(question(), '1')
    expect(lines).toEqual([
      'A question for you:',
      '  Which',
      '  1 colour?',
      '1 red, 2 green, 3 blue, 4 no answer',
      'Choice (a number, your own words, or /later):',
    ])
  })

  test.each([
    [['2'], { kind: 'text', text: 'green', chosen: true }],
    [['', '0', '5', '4'], { kind: 'decline' }],
    [['something pink'], { kind: 'text', text: 'something pink', chosen: false }],
    [[''], { kind: 'decline' }],
  ])('%j', async (typed, answer) => {
    expect((await put(question(), ...typed)).answer).toEqual(answer)
  })

  test('where only the choices count, no words of one’s own', async () => {
    const { answer, lines } = await put(question({ freeform: false }), 'pink', '3')
    expect(answer).toMatchObject({ text: 'blue', chosen: true })
    expect(lines.filter(line => line.startsWith('That is none of these.'))).toHaveLength(1)
  })

  test('without choices any line is the answer, also a number; an empty one is none', async () => {
    const free = question({ choices: [] })
    expect((await put(free, '', '7')).answer).toEqual({ kind: 'text', text: '7', chosen: false })
    expect((await put(free)).answer).toEqual({ kind: 'decline' })
  })

  test('a long list has a line for each number', async () => {
    const choices = Array.from({ length: 60 }, (_, at) => option(`colour ${at}`))
    const { lines } = await put(question({ choices }), '60')
    expect(lines.find(line => line.includes('60 colour 59'))?.split('\n')).toHaveLength(61)
  })
})

test('a plan: approved, refused, or sent back with words', async () => {
  const plan: Ask = {
    kind: 'plan',
    id: 'p',
    text: '1. do it',
    actions: ['interactive', 'autopilot'].map(option),
  }
  expect((await put(plan, '', '2')).answer).toEqual({ kind: 'approve', action: 'autopilot' })
  expect((await put(plan, '3')).answer).toEqual({ kind: 'decline' })
  expect((await put(plan, '4', 'fewer steps')).answer).toEqual({
    ...{ kind: 'text', text: 'fewer steps', chosen: false },
  })
  expect((await put(plan, '4', '')).answer).toEqual({ kind: 'decline' })
  expect((await put(plan)).answer).toEqual({ kind: 'decline' })
})

test('an address: whole, with its host, and opened only by its number', async () => {
  const page: Ask = {
    ...{ kind: 'address', id: 'a', text: 'Pay there.', server: clean('shop') },
    address: 'https://pay.example/1',
  }
  const { answer, lines } = await put(page, '', 'yes', '1')
  expect(answer).toEqual({ kind: 'accept' })
  expect(lines.slice(0, 5)).toEqual([
    'shop wants a page to be opened:',
    '  Pay there.',
    'The page is at pay.example:',
    'https://pay.example/1',
    '1 open it, 2 decline, 3 cancel',
  ])
  expect((await put(page, '2')).answer).toEqual({ kind: 'decline' })
  expect((await put(page)).answer).toEqual({ kind: 'cancel' })
})

describe('a form', () => {
  const field = (name: string, rest: object): Field =>
    ({ name, title: clean(name), required: false, ...rest }) as Field
  const form = (...fields: Field[]): Ask => ({
    ...{ kind: 'form', id: 'f', text: 'Which?', server: clean('shop') },
    fields,
  })

  test('a field may be called as it likes', async () => {
    const { answer, lines } = await put(form(field('constructor', { type: 'text' })), '1', '', '1')
    expect(answer).toEqual({ kind: 'accept', content: {} })
    expect(lines).toContain('  constructor: –')
  })

  test('field by field, read once more, sent', async () => {
    const ask = form(
      field('name', { type: 'text', required: true, least: 2, description: clean('as on the card') }),
      field('size', { type: 'number', integer: true, least: 1 }),
      field('colour', { type: 'choice', options: COLOURS, default: 'blue' }),
      field('gift', { type: 'yes-no' }),
      field('extras', { type: 'choices', options: COLOURS, most: 2 }),
    )
    const { answer, lines } = await put(
      ask,
      ...['1', '', 'A', 'Ada', 'x', '0', '42', 'pink', '', '2', '1 2 3', '1, 9', '3, 1', '1'],
    )
    expect(answer).toEqual({
      kind: 'accept',
      content: { name: 'Ada', size: 42, colour: 'blue', gift: false, extras: ['blue', 'red'] },
    })
    for (const line of [
      'name (1 of 5)',
      '  as on the card',
      'Text:',
      'This is needed.',
      'At least 2 characters, please.',
      'size (2 of 5), if you like',
      'Text, Enter for none:',
      'Choice (a number), Enter for blue, - for none:',
      '1 yes, 2 no',
      'At most 2, please.',
      '  extras: blue, red',
      '1 send, 2 fill in again, 3 decline, 4 cancel',
    ])
      expect(lines).toContain(line)
  })

  test('filled in again; declined; cancelled; given up', async () => {
    const ask = form(
      field('name', { type: 'text' }),
      field('colour', { type: 'choice', options: COLOURS, default: 'red' }),
    )
    const { answer } = await put(ask, '1', 'Ada', '', '2', '', '-', '1')
    expect(answer).toEqual({ kind: 'accept', content: {} })
    expect((await put(ask, '2')).answer).toEqual({ kind: 'decline' })
    expect((await put(ask, '1', '', '', '4')).answer).toEqual({ kind: 'cancel' })
    expect((await put(ask, '1', 'Ada')).answer).toEqual({ kind: 'cancel' })
    expect((await put(form(), '1')).answer).toEqual({ kind: 'accept', content: {} })
  })
})
