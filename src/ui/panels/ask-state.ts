import type { Ask, AskAnswer, Field, FieldValue } from '../../runtime/types.ts'
import { createEditor, type Editor } from '../composer/editor.ts'
import { askEntry, type Entry, fieldEntry, valueIn } from './ask-entry.ts'

/** What the panel of a question shows. */
export interface AskState {
  readonly ask: Ask
  /** Which field of a form is filled in; behind the last one the form is read once more before it is sent. */
  readonly at: number
  readonly values: Readonly<Record<string, FieldValue>>
  /** The row of a list that Enter takes. */
  readonly cursor: number
  /** What is marked in a list of which several may be chosen. */
  readonly marked: readonly string[]
  /** The line to type in, where there is one. */
  readonly line?: Editor
  /** What was wrong with the last entry. */
  readonly note?: string
  /** Esc was pressed in a form: to decline it or to cancel it. */
  readonly leaving?: boolean
}

export function createAsk(ask: Ask): AskState {
  return enter({ ask, at: 0, values: {}, cursor: 0, marked: [] })
}

/** The field that is filled in now. */
export function fieldOf({ ask, at }: AskState): Field | undefined {
  return ask.kind === 'form' ? ask.fields[at] : undefined
}

/** What is to be entered now; nothing for an address, and where a form is read once more. */
export function entryOf(state: AskState): Entry | undefined {
  const { ask } = state
  if (ask.kind === 'address') return undefined
  if (ask.kind !== 'form') return askEntry(ask)
  const field = fieldOf(state)
  return field && fieldEntry(field)
}

/** Begins a field with the value that it has, or its default. */
export function enter(state: AskState): AskState {
  const entry = entryOf(state)
  const field = fieldOf(state)
  const value = field && (valueIn(state.values, field) ?? field.default)
  const fresh = { ...state, note: undefined, line: undefined, cursor: 0, marked: [] as readonly string[] }
  if (entry === undefined) return fresh
  if (entry.kind === 'text')
    return { ...fresh, line: createEditor([], value === undefined ? '' : String(value)) }
  const wanted = typeof value === 'boolean' ? (value ? 'yes' : 'no') : value
  if (entry.several) return { ...fresh, marked: Array.isArray(wanted) ? wanted.map(String) : [] }
  return {
    ...fresh,
    cursor: Math.max(
      0,
      entry.options.findIndex(option => option.value === wanted),
    ),
  }
}

/** The next field, with the value of this one; `undefined` leaves it out. */
export function next(state: AskState, value: FieldValue | undefined): AskState {
  const field = fieldOf(state)
  if (field === undefined) return state
  const { [field.name]: _, ...others } = state.values
  const values = value === undefined ? others : { ...others, [field.name]: value }
  return enter({ ...state, values, at: state.at + 1 })
}

/** The field before; undefined where there is none. */
export function back(state: AskState): AskState | undefined {
  return state.ask.kind === 'form' && state.at > 0 ? enter({ ...state, at: state.at - 1 }) : undefined
}

/** True while the panel has a line to type in: for `guardKeys`. */
export function askTakesText(state: AskState): boolean {
  return state.line !== undefined && state.leaving !== true
}

/** What Esc answers where it answers at once. */
export function declined({ kind }: Ask): AskAnswer {
  return kind === 'address' || kind === 'form' ? { kind: 'cancel' } : { kind: 'decline' }
}
