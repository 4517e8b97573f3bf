import type { Key } from '../keys.ts'
import { graphemeAfter, graphemeBefore } from '../width.ts'
import {
  change,
  type Doing,
  insert,
  kill,
  type Moment,
  move,
  redo,
  remember,
  remove,
  undo,
} from './change.ts'
import { around, offsetAt } from './layout.ts'
import { expand, fold, type Pastes, pastesIn, refold, shelter } from './pastes.ts'
import { recall, type Search, searchKey, startSearch } from './recall.ts'
import { isInk, isWord, lineEnd, lineStart, wordEnd, wordStart } from './words.ts'

/** The text being written. Plain data; every change makes a new one. */
export interface Editor {
  /** As it is edited: a long paste is one character of `pastes`. What it stands for is {@link written}. */
  readonly text: string
  /** Offset in UTF-16 units, always between two characters as a person counts them. */
  readonly caret: number
  /** All pastes of this draft that became marks, also those that were deleted: undo brings them back. */
  readonly pastes: Pastes
  /** What Ctrl+Y inserts. */
  readonly killed: string
  /** Prompts of the past, newest last. */
  readonly history: readonly string[]
  /** Which one of `history` is shown; its length means the text that is being written. */
  readonly at: number
  /** What was written over entries of the history (and the unsent text itself), by their index. */
  readonly drafts: Readonly<Record<number, string>>
  /** The column (cells) that up and down try to keep. */
  readonly goal?: number
  /** What undo and redo go to, the next one last. */
  readonly past: readonly Moment[]
  readonly future: readonly Moment[]
  /** What the last keys did, as long as the next one may go on with it. */
  readonly doing?: Doing
  readonly search?: Search
}

export interface Edit {
  editor: Editor
  /** Set when the person sends: byte for byte what was written, never blank. */
  submit?: string
}

export function createEditor(history: readonly string[], text = ''): Editor {
  const draft = shelter(text, new Map())
  const nothing = { killed: '', drafts: {}, past: [], future: [] }
  return { ...draft, caret: draft.text.length, history, at: history.length, ...nothing }
}

/** The same with prompts of the past that have become known since, unless the person looks through those already. */
export function knowing(editor: Editor, prompts: readonly string[]): Editor {
  const { history, at, drafts, search } = editor
  if (at < history.length || search !== undefined || Object.keys(drafts).length > 0) return editor
  const all = [...history.filter(text => !prompts.includes(text)), ...prompts]
  const moved = <T extends { at: number }>(moment: T) => ({ ...moment, at: all.length })
  const { past, future } = editor
  return { ...editor, history: all, at: all.length, past: past.map(moved), future: future.map(moved) }
}

/** What was written, byte for byte: pastes in full. */
export function written({ text, pastes }: Editor): string {
  return expand(text, pastes)
}

/**
 * One key. Keys that mean nothing to an editor give the same `editor` object. `width` is the room for text in cells,
 * by which up and down know the rows on screen.
 */
export function edit(editor: Editor, key: Key, width = Number.POSITIVE_INFINITY): Edit {
  if (editor.search !== undefined) {
    const { editor: next, over } = searchKey(editor, editor.search, key)
    return over ? edit(next, key, width) : { editor: next }
  }
  if (key.name === 'enter') return enter(editor)
  return { editor: changed(editor, key, width) }
}

/**
 * A paste: inserted as it is, long ones as a mark, and never sent by itself. Terminals send CR for the line ends of a
 * paste, so a CR alone becomes the line feed that it was.
 */
export function paste(editor: Editor, text: string): Editor {
  if (editor.search !== undefined) return searchKey(editor, editor.search, { name: 'paste', text }).editor
  const { text: added, pastes } = fold(text.replaceAll(/\r(?!\n)/gu, '\n'), editor.pastes)
  return insert({ ...editor, pastes }, added)
}

/** Puts text given back by the host in front of what is there, or was there before a search, which ends. */
export function prepend(now: Editor, text: string): Editor {
  if (text === '') return now
  const editor = now.search?.before ?? now
  const given = shelter(text, editor.pastes)
  const before = editor.text === '' ? given.text : `${given.text}\n`
  return change({ ...editor, pastes: given.pastes }, before + editor.text, before.length + editor.caret)
}

/** Another text in the place of what was written, which undo brings back. Pastes that are still whole stay marks. */
export function replace(editor: Editor, text: string): Editor {
  if (text === written(editor)) return editor
  const { text: next, pastes } = refold(text, editor.text, editor.pastes)
  const place = { caret: next.length, at: editor.history.length, goal: undefined }
  return remember(editor, { ...editor, text: next, pastes, ...place })
}

function changed(editor: Editor, key: Exclude<Key, { name: 'enter' }>, width: number): Editor {
  const { text, caret } = editor
  switch (key.name) {
    case 'char':
      return type(editor, key.text)
    case 'paste':
      return paste(editor, key.text)
    case 'newline':
      return insert(editor, '\n')
    case 'left':
      return move(editor, graphemeBefore(text, caret))
    case 'right':
      return move(editor, graphemeAfter(text, caret))
    case 'word-left':
      return move(editor, wordStart(editor, isWord))
    case 'word-right':
      return move(editor, wordEnd(editor))
    case 'home':
      return move(editor, lineStart(editor))
    case 'end':
      return move(editor, lineEnd(editor))
    case 'up':
      return vertical(editor, width, -1)
    case 'down':
      return vertical(editor, width, 1)
    case 'backspace':
      return remove(editor, graphemeBefore(text, caret), caret, 'erasing')
    case 'delete':
      return remove(editor, caret, graphemeAfter(text, caret), 'erasing')
    case 'backspace-word':
      return kill(editor, wordStart(editor, isWord), caret)
    case 'delete-word':
      return kill(editor, caret, wordEnd(editor))
    case 'meta':
      return key.letter === 'z' ? redo(editor) : editor
    case 'ctrl':
      return control(editor, key.letter, width)
    default:
      return editor
  }
}

function control(editor: Editor, letter: string, width: number): Editor {
  const { text, caret } = editor
  switch (letter) {
    case 'a':
      return move(editor, lineStart(editor))
    case 'b':
      return move(editor, graphemeBefore(text, caret))
    case 'd':
      return remove(editor, caret, graphemeAfter(text, caret), 'erasing')
    case 'e':
      return move(editor, lineEnd(editor))
    case 'f':
      return move(editor, graphemeAfter(text, caret))
    case 'k':
      return kill(editor, caret, lineEnd(editor))
    case 'n':
      return vertical(editor, width, 1)
    case 'p':
      return vertical(editor, width, -1)
    case 'r':
      return startSearch(editor)
    case 'u':
      return kill(editor, lineStart(editor), caret)
    case 'w':
      return kill(editor, wordStart(editor, isInk), caret)
    case 'y':
      return insert(editor, editor.killed)
    case '_':
      return undo(editor)
    default:
      return editor
  }
}

/** A word is taken back at once: the first letter behind white space begins another change. */
function type(editor: Editor, typed: string): Editor {
  const { text: added, pastes } = shelter(typed, editor.pastes)
  const begins = isInk(added) && !isInk(editor.text.slice(editor.caret - 1, editor.caret) || ' ')
  return insert({ ...editor, pastes, doing: begins ? undefined : editor.doing }, added, 'typing')
}

/** `\\` in front of the caret makes a line of it. */
function enter(editor: Editor): Edit {
  const { text, caret } = editor
  if (text[caret - 1] === '\\')
    return { editor: change(editor, `${text.slice(0, caret - 1)}\n${text.slice(caret)}`, caret) }
  return send(editor)
}

/** Sends what is written, unless that is nothing. A line that begins with a space is sent, but not kept, as in shells. */
export function send(editor: Editor): Edit {
  const { history, killed, pastes } = editor
  const submit = written(editor)
  if (submit.trim() === '') return { editor }
  const keep = !submit.startsWith(' ') && history.at(-1) !== submit
  const next = createEditor(keep ? [...history, submit] : history)
  return { editor: { ...next, killed, pastes: pastesIn(killed, pastes) }, submit }
}

function vertical(editor: Editor, width: number, step: -1 | 1): Editor {
  const { rows, index, column } = around(editor, width, 1)
  const row = rows[index + step]
  if (!row) return recall(editor, editor.at + step)
  const goal = editor.goal ?? column
  return { ...editor, caret: offsetAt(editor, row, goal), goal, doing: undefined }
}
