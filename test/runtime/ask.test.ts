import { describe, expect, test } from 'vitest'
import { askEvent, wireAnswer } from '../../src/runtime/ask.ts'
import { formFields } from '../../src/runtime/form.ts'
import { createPending } from '../../src/runtime/pending.ts'
import type { Ask } from '../../src/runtime/types.ts'

const BIDI = '\u202egpj.exe\u001b[2J'

function ask(type: string, data: object): Ask {
  const event = askEvent(`${type}.requested`, { requestId: 'r', ...data })
  return event?.type === 'ask' ? event.ask : expect.fail('no question')
}

test('a question of the model, cleaned; a choice is answered as it came', () => {
  const question = ask('user_input', { question: `Which?\n${BIDI}`, choices: [BIDI, 'b'], toolCallId: 't' })
  expect(question).toEqual({
    ...{ kind: 'question', id: 'r', toolCallId: 't', text: 'Which?\ngpj.exe', freeform: true },
    choices: [
      { value: BIDI, title: 'gpj.exe' },
      { value: 'b', title: 'b' },
    ],
  })
  expect(wireAnswer(question, { kind: 'text', text: BIDI, chosen: true })).toEqual({
    method: 'answerUserInput',
    result: { response: { answer: BIDI, wasFreeform: false } },
  })
  expect(wireAnswer(question, { kind: 'decline' }).result).toMatchObject({ response: { wasFreeform: true } })
})

test.each([
  ['no choices', { question: 'a?', choices: null, allowFreeform: false }, { choices: [], freeform: true }],
  ['odd choices', { question: 'a?', choices: [1, 2] }, { choices: [], freeform: true }],
  ['only choices', { question: 'a?', choices: ['x'], allowFreeform: false }, { freeform: false }],
])('a question with %s', (_, data, expected) => {
  expect(ask('user_input', data)).toMatchObject(expected)
})

test.each([
  ['user_input.requested', { requestId: 'r' }],
  ['user_input.requested', { question: 'a?' }],
  ['user_input.requested', { requestId: '', question: 'a?' }],
  ['elicitation.requested', { requestId: 7 }],
  ['elicitation.requested', null],
  ['exit_plan_mode.requested', 'x'],
  ['user_input.other', { requestId: 'r' }],
  ['constructor.requested', { requestId: 'r' }],
])('%s %j is nothing', (type, data) => {
  expect(askEvent(type, data)).toBeUndefined()
})

test('a plan: known actions only, the recommended one first; approved, refused, sent back', () => {
  const plan = ask('exit_plan_mode', {
    ...{
      summary: 'short',
      planContent: '',
      actions: ['autopilot', 'format_disk', 'constructor', 'interactive'],
    },
    recommendedAction: 'interactive',
  })
  expect(plan).toMatchObject({ kind: 'plan', text: 'short' })
  expect(plan.kind === 'plan' && plan.actions.map(({ value }) => value)).toEqual(['interactive', 'autopilot'])
  expect(wireAnswer(plan, { kind: 'approve', action: 'autopilot' })).toEqual({
    method: 'answerPlan',
    result: { response: { approved: true, selectedAction: 'autopilot' } },
  })
  expect(wireAnswer(plan, { kind: 'text', text: 'less', chosen: false }).result).toEqual({
    response: { approved: false, feedback: 'less' },
  })
  expect(wireAnswer(plan, { kind: 'decline' }).result).toEqual({ response: { approved: false } })
})

describe('a form', () => {
  test('its answers', () => {
    const form = ask('elicitation', {
      message: 'Fill in',
      elicitationSource: `a${BIDI}`,
      requestedSchema: {},
    })
    expect(form).toMatchObject({ kind: 'form', server: 'agpj.exe', fields: [] })
    const wire = (answer: Parameters<typeof wireAnswer>[1]) => wireAnswer(form, answer).result
    expect(wire({ kind: 'accept', content: { a: [] } })).toEqual({
      result: { action: 'accept', content: { a: [] } },
    })
    expect(wire({ kind: 'decline' })).toEqual({ result: { action: 'decline' } })
    expect(wire({ kind: 'cancel' })).toEqual({ result: { action: 'cancel' } })
  })

  test('an address to open', () => {
    expect(ask('elicitation', { mode: 'url', url: 'javascript:alert(1)' })).toMatchObject({
      ...{ kind: 'address', address: 'javascript:alert(1)' },
    })
    expect(ask('elicitation', { mode: 'url' })).toMatchObject({ kind: 'address', address: '' })
  })

  test('every kind of field of the specification', () => {
    const fields = formFields({
      required: ['name', 'none such'],
      properties: {
        name: { type: 'string', title: 'Name', minLength: 1, maxLength: 5, default: 'Ada' },
        mail: { type: 'string', format: 'email' },
        age: { type: 'integer', minimum: 0 },
        weight: { type: 'number', default: 1.5 },
        ok: { type: 'boolean', default: true },
        colour: { type: 'string', enum: ['r', 'g'], enumNames: ['red', 'green'], default: 'g' },
        size: { type: 'string', oneOf: [{ const: 's', title: 'small' }, { const: 'l' }] },
        days: { type: 'array', items: { enum: ['mo', 'tu'] }, minItems: 1, default: ['tu', 'su'] },
        any: { type: 'array', items: { anyOf: [{ const: 'x', title: 'X' }] } },
      },
    })
    const option = (value: string, title = value) => ({ value, title })
    expect(fields).toEqual([
      expect.objectContaining({
        name: 'name',
        title: 'Name',
        required: true,
        least: 1,
        most: 5,
        default: 'Ada',
      }),
      expect.objectContaining({
        name: 'mail',
        title: 'mail',
        required: false,
        type: 'text',
        format: 'email',
      }),
      expect.objectContaining({ type: 'number', integer: true, least: 0 }),
      expect.objectContaining({ type: 'number', integer: false, default: 1.5 }),
      expect.objectContaining({ type: 'yes-no', default: true }),
      expect.objectContaining({ options: [option('r', 'red'), option('g', 'green')], default: 'g' }),
      expect.objectContaining({ options: [option('s', 'small'), option('l')] }),
      expect.objectContaining({ type: 'choices', options: [option('mo'), option('tu')], default: ['tu'] }),
      expect.objectContaining({ type: 'choices', options: [option('x', 'X')] }),
    ])
  })

  test.each([
    ['no schema', undefined],
    ['a list', []],
    ['a text', 'x'],
    ['properties that are none', { properties: 7 }],
    ['a field that is none', { properties: { a: 7, b: null } }],
  ])('%s gives no fields', (_, schema) => {
    expect(formFields(schema)).toEqual([])
  })

  test.each([
    ['a default of another type', { type: 'number', default: 'x' }],
    ['a default that is not offered', { type: 'string', enum: ['a'], default: 'b' }],
    ['an endless default', { type: 'number', default: Number.POSITIVE_INFINITY }],
    ['a list of the wrong things', { type: 'array', items: { enum: [1] }, default: [1] }],
  ])('%s is none', (_, property) => {
    expect(formFields({ properties: { a: property } })[0]?.default).toBeUndefined()
  })

  test('hostile names and sizes are bounded and cleaned', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 500 }, (_, at) => [
        `${at}`,
        { title: BIDI + 'x'.repeat(10_000), enum: Array(5000).fill('a') },
      ]),
    )
    const fields = formFields({ properties })
    expect(fields).toHaveLength(50)
    expect(fields[0]?.title.length).toBeLessThanOrEqual(81)
    expect(fields[0]?.type === 'choice' && fields[0].options.length).toBe(200)
    expect(formFields({ properties: JSON.parse('{"__proto__":{"type":"boolean"}}') })).toHaveLength(0)
  })
})

test('a question ends once: answered, completed, or with the turn', () => {
  const types = (events: readonly { type: string }[]) => events.map(({ type }) => type)
  const asked = (id: string) =>
    ({ type: 'ask', ask: { kind: 'question', id, text: '', choices: [], freeform: true } }) as const
  const pending = createPending()
  expect(types(pending.follow(asked('1')))).toEqual(['ask'])
  expect(pending.follow(asked('1'))).toEqual([])
  expect(types(pending.answered('1'))).toEqual(['ask-done'])
  expect(pending.follow({ type: 'ask-done', id: '1' })).toEqual([])
  pending.follow(asked('2'))
  expect(types(pending.follow({ type: 'interrupted' }))).toEqual(['ask-done', 'interrupted'])
})
