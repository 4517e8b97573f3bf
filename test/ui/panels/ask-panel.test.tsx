import { renderToString } from 'ink'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Ask, Field } from '../../../src/runtime/types.ts'
import { clean } from '../../../src/text.ts'
import { AskPanel } from '../../../src/ui/panels/ask.tsx'
import { askKey } from '../../../src/ui/panels/ask-press.ts'
import { type AskState, createAsk } from '../../../src/ui/panels/ask-state.ts'
import { cells } from '../../../src/ui/width.ts'

const option = (value: string) => ({ value, title: clean(value, 200) })
const question: Ask = {
  ...{ kind: 'question', id: 'q', text: 'Which colour?', freeform: true },
  choices: ['red', 'blue'].map(option),
}
const field = (name: string, rest: object): Field =>
  ({ name, title: clean(name), required: false, ...rest }) as Field
const form: Ask = {
  ...{ kind: 'form', id: 'f', text: 'About you', server: clean('shop') },
  fields: [
    field('name', { type: 'text', required: true, description: clean('as on the card') }),
    field('extras', { type: 'choices', options: ['a', 'b'].map(option) }),
  ],
}
const plan: Ask = { kind: 'plan', id: 'p', text: '1. look\n2. write', actions: [option('interactive')] }
const page: Ask = { kind: 'address', id: 'a', text: 'Pay here', address: 'https://pay.example/x?y=1' }

/** What a panel prints above itself. */
const printed: string[] = []
beforeEach(() => void printed.splice(0))

function frame(state: AskState, width = 60, maxRows = 20): string[] {
  const size = { index: 1, total: 1, width, maxRows, open: true }
  const panel = <AskPanel state={state} {...size} onLongText={text => printed.push(text)} />
  return renderToString(panel, { columns: 200 })
    .replaceAll(/\u001b\[[\d;]*m/g, '')
    .split('\n')
    .map(row => row.trimEnd())
}
const typed = (state: AskState, ...keys: Parameters<typeof askKey>[1][]) =>
  keys.reduce((now, key) => askKey(now, key, 40).state, state)
const char = (text: string) => ({ name: 'char', text }) as const
const ENTER = { name: 'enter' } as const

describe('what is drawn', () => {
  test('a question', () => {
    expect(frame(createAsk(question))).toEqual([
      '── A question for you',
      'Which colour?',
      '› 1 red',
      '  2 blue',
      '↑↓ move   ⏎ take it   t type an answer   Esc no answer',
      'Ctrl+L later',
    ])
  })
  test('a question, with the line for an answer in words', () => {
    expect(frame(typed(createAsk(question), char('t'), char('teal')))).toEqual([
      '── A question for you',
      'Which colour?',
      '› teal',
      '⏎ send   Esc back   Ctrl+L later',
    ])
  })
  test('an option that is cut says so, and can be read on when it would be taken', () => {
    const long = 'the one with a very long title that fits no row, and with an end'
    const choices = [long, `${long}!`].map(option)
    expect(frame(createAsk({ ...question, choices }), 40).slice(2, 5)).toEqual([
      '› 1 the one with a very long title that',
      '  fits no row, and with an end',
      '  2 the one with a very long title that…',
    ])
  })
  test('a form, field by field, and read once more', () => {
    const first = createAsk(form)
    expect(frame(first)).toEqual([
      '── shop asks you',
      'About you',
      'name (1 of 2)',
      'as on the card',
      '›',
      '⏎ next   Esc cancel   Ctrl+L later',
    ])
    const second = typed(first, char('Ada'), ENTER)
    expect(frame(second)).toContain('extras, if you like (2 of 2)')
    expect(frame(second)).toContain('› 1 [ ] a')
    const whole = typed(second, char('2'), ENTER)
    expect(frame(whole)).toEqual([
      '── shop asks you',
      'About you',
      'name          Ada',
      'extras        b',
      '⏎ send   b back   Esc cancel   Ctrl+L later',
    ])
    expect(frame(typed(whole, { name: 'escape' }))).toContain('Decline it, or only put an end to it?')
  })
  test('a plan, and an address with its host', () => {
    expect(frame(createAsk(plan))).toEqual([
      '── Go on with this plan?',
      '1. look',
      '2. write',
      '› 1 interactive',
      '↑↓ move   ⏎ take it   n no, and say what should change',
      'Esc no   Ctrl+L later',
    ])
    expect(frame(createAsk(page))).toEqual([
      '── A server wants a page to be opened',
      'Pay here',
      'Page          pay.example',
      '⏎ open it   u copy address   d decline   Esc cancel',
      'Ctrl+L later',
    ])
  })
})

describe('what there is no room for', () => {
  const text = Array.from({ length: 40 }, (_, at) => `word-${at}`).join(' ')
  const choices = Array.from({ length: 8 }, (_, at) => option(`colour ${at}`))

  test('the text of a question is printed above, and said to be there only then', () => {
    const low = frame(createAsk({ ...question, text, choices }), 60, 12)
    expect(low).toContainEqual(expect.stringMatching(/^… \d more lines above$/))
    expect(printed).toEqual([text])
    printed.splice(0)
    const high = frame(createAsk({ ...question, text, choices }), 60, 30)
    expect(high.join(' ')).toContain('word-39')
    expect(high.join(' ')).not.toContain('above')
    expect(printed).toEqual([])
  })
  test('the fields of a form that is read once more are counted', () => {
    const fields = Array.from({ length: 12 }, (_, at) => field(`field-${at}`, { type: 'text' }))
    let state = createAsk({ ...form, text, fields })
    for (const { name } of fields) state = typed(state, char(name), ENTER)
    const low = frame(state, 60, 11)
    expect(low).toHaveLength(11)
    expect(low[2]).toBe('… 5 more lines above')
    expect(low.slice(-3)).toEqual([
      'field-5       field-5',
      '… 6 more',
      '⏎ send   b back   Esc cancel   Ctrl+L later',
    ])
    expect(frame(state, 60, 20).slice(-2)[0]).toBe('field-11      field-11')
  })
})

describe('fits', () => {
  const long = 'a long sentence 日本語の長い文 '.repeat(30)
  const word = clean('頁'.repeat(60), 200)
  const asks: Ask[] = [
    question,
    form,
    plan,
    page,
    { ...question, text: long, choices: Array.from({ length: 50 }, (_, at) => option(`${at} ${long}`)) },
    { ...question, text: 'x'.repeat(100_000), choices: [] },
    { ...plan, text: `${long}\n`.repeat(50) },
    {
      ...{ kind: 'form', id: 'f', text: long, server: word },
      fields: [
        field('w', { type: 'text', title: word, description: word }),
        field('v', { type: 'yes-no', title: word }),
        field('u', {
          type: 'choice',
          title: clean('label '.repeat(13)),
          options: [option(long), option(word)],
        }),
      ],
    },
    { ...page, address: `https://${'sub.'.repeat(30)}example/${'x'.repeat(500)}` },
    { ...page, address: 'no address' },
  ]
  test.each([
    [19, 9],
    [19, 20],
    [39, 11],
    [60, 20],
  ])('%i columns and %i rows', (width, maxRows) => {
    for (const ask of asks) {
      let state = createAsk(ask)
      const keys = [
        char('t'),
        char('漢'),
        { name: 'enter' },
        char('1'),
        { name: 'down' },
        { name: 'enter' },
      ] as const
      for (const key of [undefined, ...keys, ...keys, { name: 'escape' } as const]) {
        if (key !== undefined) state = askKey(state, key, width).state
        const rows = frame(state, width, maxRows)
        expect(rows.length).toBeLessThanOrEqual(maxRows)
        for (const row of rows) expect(cells(row), row).toBeLessThanOrEqual(width)
      }
    }
  })
})
