import { describe, expect, test } from 'vitest'
import type { Ask, AskAnswer, Field } from '../../../src/runtime/types.ts'
import { clean } from '../../../src/text.ts'
import type { Key } from '../../../src/ui/keys.ts'
import { askKey, askPaste } from '../../../src/ui/panels/ask-press.ts'
import { type AskState, askTakesText, createAsk } from '../../../src/ui/panels/ask-state.ts'

const option = (value: string) => ({ value, title: clean(value) })
const COLOURS = ['red', 'green', 'blue'].map(option)
const ENTER: Key = { name: 'enter' }
const ESC: Key = { name: 'escape' }

/** Presses keys: letters one by one, or a key by its name in braces. */
function type(
  state: AskState,
  ...keys: (string | Key)[]
): { state: AskState; answer?: AskAnswer; copy?: string } {
  let at = state
  let last: ReturnType<typeof askKey> = { state }
  for (const key of keys.flatMap(each =>
    typeof each === 'string' ? [...each].map(text => ({ name: 'char', text }) as const) : [each],
  )) {
    last = askKey(at, key, 40)
    at = last.state
    if (last.answer) break
  }
  return last
}

const question = (more: Partial<Extract<Ask, { kind: 'question' }>> = {}): Ask => ({
  ...{ kind: 'question', id: 'q', text: 'Which colour?', choices: COLOURS, freeform: true },
  ...more,
})

describe('a question', () => {
  test.each([
    ['the first by Enter', [ENTER], { kind: 'text', text: 'red', chosen: true }],
    ['down and Enter', [{ name: 'down' }, ENTER], { kind: 'text', text: 'green', chosen: true }],
    ['up goes round', [{ name: 'up' }, ENTER], { kind: 'text', text: 'blue', chosen: true }],
    ['by its number', ['2'], { kind: 'text', text: 'green', chosen: true }],
    ['own words', ['tpink, 1', ENTER], { kind: 'text', text: 'pink, 1', chosen: false }],
    ['Esc', [ESC], { kind: 'decline' }],
    ['Esc from the own words, then Esc', ['tpink', ESC, ESC], { kind: 'decline' }],
  ] as const)('%s', (_, keys, answer) => {
    expect(type(createAsk(question()), ...keys).answer).toEqual(answer)
  })

  test.each(['4', '0', 'x', ' '])('key %j means nothing', key => {
    const state = createAsk(question())
    expect(askKey(state, { name: 'char', text: key })).toEqual({ state })
  })

  test('without choices it is a line; an empty one is not sent, and a paste is only text', () => {
    const state = createAsk(question({ choices: [] }))
    expect(askTakesText(state)).toBe(true)
    expect(type(state, ENTER).answer).toBeUndefined()
    const pasted = askPaste(state, 'two\nlines')
    expect(type(pasted, ENTER).answer).toEqual({ kind: 'text', text: 'two\nlines', chosen: false })
    expect(type(state, ESC).answer).toEqual({ kind: 'decline' })
  })

  test('where only the choices count, no words of one’s own', () => {
    expect(askTakesText(type(createAsk(question({ freeform: false })), 't').state)).toBe(false)
  })
})

test('a plan: approved as recommended, or sent back with words', () => {
  const plan: Ask = {
    kind: 'plan',
    id: 'p',
    text: '1. do it',
    actions: ['interactive', 'autopilot'].map(option),
  }
  expect(type(createAsk(plan), ENTER).answer).toEqual({ kind: 'approve', action: 'interactive' })
  expect(type(createAsk(plan), '2').answer).toEqual({ kind: 'approve', action: 'autopilot' })
  expect(type(createAsk(plan), 'n', 'fewer steps', ENTER).answer).toEqual({
    ...{ kind: 'text', text: 'fewer steps', chosen: false },
  })
  expect(type(createAsk(plan), ESC).answer).toEqual({ kind: 'decline' })
})

test('who asks to leave a form is not told what was wrong with a field', () => {
  const ask: Ask = {
    ...{ kind: 'form', id: 'f', text: '' },
    fields: [{ name: 'size', title: clean('size'), required: true, type: 'number', integer: true }],
  }
  const wrong = type(createAsk(ask), 'x', ENTER).state
  expect(wrong.note).toBe('This is no number.')
  expect(type(wrong, ESC).state).toMatchObject({ leaving: true, note: undefined })
})

test('an address: opened only by Enter, copied by u, declined by d', () => {
  const ask: Ask = { kind: 'address', id: 'a', text: 'Please pay', address: 'https://pay.example/1' }
  expect(type(createAsk(ask), ENTER).answer).toEqual({ kind: 'accept' })
  expect(type(createAsk(ask), 'd').answer).toEqual({ kind: 'decline' })
  expect(type(createAsk(ask), 'u')).toMatchObject({ copy: 'https://pay.example/1' })
  expect(type(createAsk(ask), ESC).answer).toEqual({ kind: 'cancel' })
})

describe('a form', () => {
  const field = (more: { type: Field['type'] } & Record<string, unknown>): Field =>
    ({
      name: more.type,
      title: clean(more.type),
      required: true,
      options: COLOURS,
      integer: true,
      ...more,
    }) as Field
  const form = (...fields: Field[]): AskState => createAsk({ kind: 'form', id: 'f', text: '', fields })
  const content = (state: AskState, ...keys: (string | Key)[]) => {
    const { answer } = type(state, ...keys, ENTER)
    return answer?.kind === 'accept' ? answer.content : answer
  }

  test('every kind of field, one after the other, read once more before it is sent', () => {
    const state = form(
      field({ type: 'text', name: 'name' }),
      field({ type: 'number', name: 'age' }),
      field({ type: 'yes-no', name: 'ok' }),
      field({ type: 'choice', name: 'colour' }),
      field({ type: 'choices', name: 'colours' }),
    )
    const keys = ['Ada', ENTER, '36', ENTER, 'n', '3', '13', ENTER]
    expect(type(state, ...keys).answer).toBeUndefined()
    expect(content(state, ...keys)).toEqual({
      ...{ name: 'Ada', age: 36, ok: false, colour: 'blue', colours: ['red', 'blue'] },
    })
  })

  test('a field may be called as it likes', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      const state = form(field({ type: 'text', name, required: false }))
      expect(state.line?.text).toBe('')
      expect(Object.entries(content(state, 'x', ENTER) ?? {})).toEqual([[name, 'x']])
      expect(content(state, ENTER)).toEqual({})
    }
  })

  test('defaults are there, and can be left out where the field is optional', () => {
    const state = form(
      field({ type: 'text', default: 'Ada', required: false }),
      field({ type: 'yes-no', default: false }),
      field({ type: 'choices', default: ['green'], required: false }),
      field({ type: 'choice', default: 'blue', required: false }),
    )
    expect(content(state, ENTER, ENTER, ENTER, ENTER)).toEqual({
      ...{ text: 'Ada', 'yes-no': false, choices: ['green'], choice: 'blue' },
    })
    const tab: Key = { name: 'tab' }
    const clear: Key = { name: 'ctrl', letter: 'u' }
    expect(content(state, clear, ENTER, ENTER, tab, tab)).toEqual({ 'yes-no': false })
  })

  test('back to a field keeps what was entered', () => {
    const state = form(field({ type: 'text', name: 'one' }), field({ type: 'text', name: 'two' }))
    const keys = ['1', ENTER, { name: 'backtab' } as const, '1', ENTER, '2', ENTER]
    expect(content(state, ...keys)).toEqual({ one: '11', two: '2' })
  })

  test.each([
    ['an empty required text', field({ type: 'text' }), '', 'This is needed.'],
    ['a short text', field({ type: 'text', least: 3 }), 'ab', 'At least 3 characters, please.'],
    ['a long text', field({ type: 'text', most: 1 }), '👋🏽', 'At most 1 characters, please (it has 2).'],
    ['no e-mail address', field({ type: 'text', format: 'email' }), 'ada', 'This is no e-mail address.'],
    ['no date', field({ type: 'text', format: 'date' }), '21.11.', 'This is no date (2026-11-21).'],
    ['no number', field({ type: 'number' }), '0x10', 'This is no number.'],
    ['an endless number', field({ type: 'number' }), '1e999', 'This is no number.'],
    ['half a number', field({ type: 'number' }), '1.5', 'A whole number, please.'],
    ['a small number', field({ type: 'number', least: 2 }), '1', 'At least 2, please.'],
    ['a large number', field({ type: 'number', most: 2 }), '3', 'At most 2, please.'],
    ['too few of a list', field({ type: 'choices', least: 2 }), '1', 'At least 2, please.'],
    ['too many of a list', field({ type: 'choices', most: 1 }), '12', 'At most 1, please.'],
    ['none of a required list', field({ type: 'choices' }), '', 'At least 1, please.'],
  ] as const)('%s is told, and the form stays where it is', (_, one, keys, note) => {
    const { state, answer } = type(form(one), keys, ENTER)
    expect(answer).toBeUndefined()
    expect(state).toMatchObject({ at: 0, note })
  })

  test('Esc asks: declined, cancelled, or back to the form with everything there', () => {
    const state = form(field({ type: 'text' }))
    expect(type(state, ESC).answer).toBeUndefined()
    expect(type(state, ESC, 'd').answer).toEqual({ kind: 'decline' })
    expect(type(state, ESC, ESC).answer).toEqual({ kind: 'cancel' })
    expect(content(state, 'Ad', ESC, 'b', 'a', ENTER)).toEqual({ text: 'Ada' })
  })

  test('a form without fields is read and sent', () => {
    expect(content(form())).toEqual({})
  })
})
