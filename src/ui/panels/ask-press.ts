import type { AskAnswer } from '../../runtime/types.ts'
import { createEditor, edit, paste, written } from '../composer/editor.ts'
import type { Key } from '../keys.ts'
import { type Entry, judgeSeveral, judgeText, optionValue } from './ask-entry.ts'
import { type AskState, askTakesText, back, declined, enter, entryOf, fieldOf, next } from './ask-state.ts'

export interface AskPressed {
  /** The same object, if the key means nothing here. */
  state: AskState
  answer?: AskAnswer
  /** Text for the clipboard. */
  copy?: string
}

/** One key. Esc takes nothing as an answer; in a form it asks whether to decline or to cancel. `width`: room of the line. */
export function askKey(state: AskState, key: Key, width?: number): AskPressed {
  const { ask, leaving } = state
  if (leaving) return leavingKey(state, key)
  if (key.name === 'escape') {
    if (ask.kind === 'form') return { state: { ...state, leaving: true, note: undefined } }
    // From the own answer back to the list.
    if (state.line && entryOf(state)?.kind === 'list') return { state: enter(state) }
    return { state, answer: declined(ask) }
  }
  if (askTakesText(state)) return lineKey(state, key, width)
  const entry = entryOf(state)
  if (entry?.kind === 'list') return listKey(state, entry, key)
  return ask.kind === 'address' ? addressKey(state, ask.address, key) : reviewKey(state, key)
}

/** Pasted text: only where a line is asked for. */
export function askPaste(state: AskState, text: string): AskState {
  return state.line && askTakesText(state) ? { ...state, line: paste(state.line, text) } : state
}

function leavingKey(state: AskState, key: Key): AskPressed {
  if (key.name === 'escape') return { state, answer: { kind: 'cancel' } }
  const letter = letterOf(key)
  if (letter === 'd') return { state, answer: { kind: 'decline' } }
  return letter === 'b' ? { state: { ...state, leaving: undefined } } : { state }
}

function reviewKey(state: AskState, key: Key): AskPressed {
  if (key.name === 'enter') return { state, answer: { kind: 'accept', content: state.values } }
  if (key.name === 'up' || key.name === 'backtab' || letterOf(key) === 'b')
    return { state: back(state) ?? state }
  return { state }
}

function addressKey(state: AskState, address: string, key: Key): AskPressed {
  if (key.name === 'enter') return { state, answer: { kind: 'accept' } }
  if (letterOf(key) === 'd') return { state, answer: { kind: 'decline' } }
  return letterOf(key) === 'u'
    ? { state: { ...state, note: 'The address was copied.' }, copy: address }
    : { state }
}

function listKey(state: AskState, entry: Extract<Entry, { kind: 'list' }>, key: Key): AskPressed {
  const { options, several } = entry
  const { ask, cursor } = state
  const move = (by: number) => ({
    state: { ...state, note: undefined, cursor: (cursor + by + options.length) % options.length },
  })
  switch (key.name) {
    case 'up':
      return options.length === 0 ? { state } : move(-1)
    case 'down':
      return options.length === 0 ? { state } : move(1)
    case 'backtab':
      return { state: back(state) ?? state }
    case 'tab':
      return entry.optional ? { state: next(state, undefined) } : { state }
    case 'enter':
      return several ? takeSeveral(state, several) : take(state, options[cursor]?.value)
    case 'char':
      break
    default:
      return { state }
  }
  if (key.text === ' ' && several) return mark(state, options[cursor]?.value)
  const at = /^[1-9]$/.test(key.text) ? Number(key.text) - 1 : -1
  if (at >= 0 && at < options.length)
    return several ? mark({ ...state, cursor: at }, options[at]?.value) : take(state, options[at]?.value)
  const letter = letterOf(key)
  if (fieldOf(state)?.type === 'yes-no' && (letter === 'y' || letter === 'n'))
    return take(state, letter === 'y' ? 'yes' : 'no')
  const own =
    (ask.kind === 'question' && ask.freeform && letter === 't') || (ask.kind === 'plan' && letter === 'n')
  return own ? { state: { ...state, line: createEditor([]) } } : { state }
}

function mark(state: AskState, value: string | undefined): AskPressed {
  if (value === undefined) return { state }
  const { marked } = state
  const others = marked.filter(each => each !== value)
  return {
    state: { ...state, note: undefined, marked: others.length < marked.length ? others : [...marked, value] },
  }
}

function takeSeveral(state: AskState, bounds: { least?: number; most?: number }): AskPressed {
  const field = fieldOf(state)
  const none = state.marked.length === 0
  if (none && field && !field.required) return { state: next(state, undefined) }
  const note = judgeSeveral(
    { ...bounds, least: Math.max(bounds.least ?? 0, field?.required ? 1 : 0) },
    state.marked,
  )
  return { state: note === undefined ? next(state, state.marked) : { ...state, note } }
}

function take(state: AskState, value: string | undefined): AskPressed {
  const { ask } = state
  if (value === undefined) return { state }
  if (ask.kind === 'plan') return { state, answer: { kind: 'approve', action: value } }
  if (ask.kind === 'question') return { state, answer: { kind: 'text', text: value, chosen: true } }
  return { state: next(state, optionValue(fieldOf(state), value)) }
}

function lineKey(state: AskState, key: Key, width: number | undefined): AskPressed {
  const { line = createEditor([]) } = state
  const field = fieldOf(state)
  if (key.name === 'backtab') return { state: back(state) ?? state }
  if (key.name === 'enter') {
    if (field === undefined)
      return written(line).trim() === ''
        ? { state }
        : { state, answer: { kind: 'text', text: written(line), chosen: false } }
    const { value, trouble } = judgeText(field, written(line))
    return { state: trouble === undefined ? next(state, value) : { ...state, note: trouble } }
  }
  const { editor } = edit(line, key, width)
  return { state: editor === line ? state : { ...state, line: editor, note: undefined } }
}

function letterOf(key: Key): string | undefined {
  return key.name === 'char' ? key.text.toLowerCase() : undefined
}
