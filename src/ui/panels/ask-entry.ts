import type { Ask, Field, FieldValue, Option } from '../../runtime/types.ts'
import { clean } from '../../text.ts'

/** What is to be entered now: something of a list, several of it, or a line of text. */
export type Entry =
  | {
      kind: 'list'
      options: readonly Option[]
      several?: { least?: number; most?: number }
      optional: boolean
    }
  | { kind: 'text'; optional: boolean }

/** The entry of a field of a form. */
export function fieldEntry(field: Field): Entry {
  const optional = !field.required
  switch (field.type) {
    case 'yes-no':
      return { kind: 'list', options: YES_NO, optional }
    case 'choice':
      return { kind: 'list', options: field.options, optional }
    case 'choices':
      return {
        kind: 'list',
        options: field.options,
        several: { least: field.least, most: field.most },
        optional,
      }
    default:
      return { kind: 'text', optional }
  }
}

/** The entry of a question or a plan; an address asks for a key only. */
export function askEntry(ask: Exclude<Ask, { kind: 'form' | 'address' }>): Entry {
  if (ask.kind === 'plan') return { kind: 'list', options: ask.actions, optional: false }
  if (ask.choices.length === 0) return { kind: 'text', optional: false }
  return { kind: 'list', options: ask.choices, optional: false }
}

/** The value that a typed text is in this field, or what is wrong with it. An empty text of an optional field is no value. */
export function judgeText(field: Field, text: string): { value?: FieldValue; trouble?: string } {
  const typed = field.type === 'text' ? text : text.trim()
  if (typed === '') return field.required ? { trouble: 'This is needed.' } : {}
  if (field.type === 'number') return judgeNumber(field, typed)
  if (field.type !== 'text') return { value: typed }
  const length = [...typed].length
  if (field.least !== undefined && length < field.least)
    return { trouble: `At least ${field.least} characters, please.` }
  if (field.most !== undefined && length > field.most)
    return { trouble: `At most ${field.most} characters, please (it has ${length}).` }
  if (field.format !== undefined && !FORMATS[field.format].test(typed))
    return { trouble: `This is no ${WORDS[field.format]}.` }
  return { value: typed }
}

/** Several of a list, or how many there should be. */
export function judgeSeveral(
  { least = 0, most = Number.POSITIVE_INFINITY }: { least?: number; most?: number },
  marked: readonly string[],
): string | undefined {
  if (marked.length < least) return `At least ${least}, please.`
  return marked.length > most ? `At most ${most}, please.` : undefined
}

/** The value that a field has been given. Its name is chosen by the server, which may call it `constructor`. */
export function valueIn(
  values: Readonly<Record<string, FieldValue>>,
  { name }: Field,
): FieldValue | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

/** A value as it is shown. */
export function valueText(field: Field, value: FieldValue | undefined): string {
  if (value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  const options = field.type === 'choice' || field.type === 'choices' ? field.options : []
  const titles = [value].flat().map(each => {
    return options.find(option => option.value === each)?.title ?? clean(String(each), 200)
  })
  return titles.join(', ')
}

/** The value of an option in this field. */
export function optionValue(field: Field | undefined, option: string): FieldValue {
  return field?.type === 'yes-no' ? option === 'yes' : option
}

function judgeNumber(field: Extract<Field, { type: 'number' }>, typed: string) {
  const value = Number(typed)
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(typed) || !Number.isFinite(value))
    return { trouble: 'This is no number.' }
  if (field.integer && !Number.isSafeInteger(value)) return { trouble: 'A whole number, please.' }
  if (field.least !== undefined && value < field.least) return { trouble: `At least ${field.least}, please.` }
  if (field.most !== undefined && value > field.most) return { trouble: `At most ${field.most}, please.` }
  return { value }
}

const YES_NO: readonly Option[] = [
  { value: 'yes', title: clean('yes') },
  { value: 'no', title: clean('no') },
]

const FORMATS = {
  email: /^[^\s@]+@[^\s@]+$/,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
  date: /^\d{4}-\d{2}-\d{2}$/,
  'date-time': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i,
}

const WORDS = {
  email: 'e-mail address',
  uri: 'address',
  date: 'date (2026-11-21)',
  'date-time': 'time (2026-11-21T10:00:00Z)',
}
