import type { Key } from '../keys.ts'
import { graphemeAfter, graphemeBefore, graphemes } from '../width.ts'
import { around, offsetAt } from './layout.ts'

/** The text being written. Plain data; every change makes a new one. */
export interface Editor {
  readonly text: string
  /** Offset in UTF-16 units, always between two characters as a person counts them. */
  readonly caret: number
  /** Prompts of the past, newest last. */
  readonly history: readonly string[]
  /** Which one of `history` is shown; its length means the text that is being written. */
  readonly at: number
  /** What was written over entries of the history (and the unsent text itself), by their index. */
  readonly drafts: Readonly<Record<number, string>>
  /** The column (cells) that up and down try to keep. */
  readonly goal?: number
}

export interface Edit {
  editor: Editor
  /** Set when the person sends: byte for byte what was written, never blank. */
  submit?: string
}

/** How far word movement looks, in UTF-16 units. */
const WORD_REACH = 1000

const WORD = /[\p{L}\p{N}\p{M}_]/u

export function createEditor(history: readonly string[], text = ''): Editor {
  return { text, caret: text.length, history, at: history.length, drafts: {} }
}

/**
 * One key. Keys that mean nothing to an editor give the same `editor` object. `width` is the room for text in cells,
 * by which up and down know the rows on screen.
 */
export function edit(editor: Editor, key: Key, width = Number.POSITIVE_INFINITY): Edit {
  if (key.name === 'enter') return enter(editor)
  return { editor: changed(editor, key, width) }
}

/**
 * A paste: inserted as it is, and never sent by itself. Terminals send CR for the line ends of a paste, so a CR alone
 * becomes the line feed that it was.
 */
export function paste(editor: Editor, text: string): Editor {
  return insert(editor, text.replaceAll(/\r(?!\n)/gu, '\n'))
}

/** Puts text given back by the host in front of what is there. */
export function prepend(editor: Editor, text: string): Editor {
  const before = editor.text === '' ? text : `${text}\n`
  return { ...editor, text: before + editor.text, caret: before.length + editor.caret, goal: undefined }
}

function changed(editor: Editor, key: Exclude<Key, { name: 'enter' }>, width: number): Editor {
  const { text, caret } = editor
  switch (key.name) {
    case 'char':
      return insert(editor, key.text)
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
      return remove(editor, graphemeBefore(text, caret), caret)
    case 'delete':
      return remove(editor, caret, graphemeAfter(text, caret))
    case 'backspace-word':
      return remove(editor, wordStart(editor, isWord), caret)
    case 'delete-word':
      return remove(editor, caret, wordEnd(editor))
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
      return remove(editor, caret, graphemeAfter(text, caret))
    case 'e':
      return move(editor, lineEnd(editor))
    case 'f':
      return move(editor, graphemeAfter(text, caret))
    case 'k':
      return remove(editor, caret, lineEnd(editor))
    case 'n':
      return vertical(editor, width, 1)
    case 'p':
      return vertical(editor, width, -1)
    case 'u':
      return remove(editor, lineStart(editor), caret)
    case 'w':
      return remove(editor, wordStart(editor, isInk), caret)
    default:
      return editor
  }
}

function enter(editor: Editor): Edit {
  const { text, caret, history } = editor
  if (text[caret - 1] === '\\') return { editor: insert(remove(editor, caret - 1, caret), '\n') }
  if (text.trim() === '') return { editor }
  return { editor: createEditor(history.at(-1) === text ? history : [...history, text]), submit: text }
}

function insert(editor: Editor, added: string): Editor {
  if (added === '') return editor
  const { text, caret } = editor
  return place(editor, text.slice(0, caret) + added + text.slice(caret), caret + added.length)
}

function remove(editor: Editor, start: number, end: number): Editor {
  if (start >= end) return editor
  return place(editor, editor.text.slice(0, start) + editor.text.slice(end), start)
}

/** A change may join neighbours into one character (a mark, half of an emoji): the caret then goes behind it. */
function place(editor: Editor, text: string, at: number): Editor {
  const caret = at === 0 ? 0 : graphemeAfter(text, graphemeBefore(text, at))
  return { ...editor, text, caret, goal: undefined }
}

function move(editor: Editor, caret: number): Editor {
  return caret === editor.caret && editor.goal === undefined ? editor : { ...editor, caret, goal: undefined }
}

function vertical(editor: Editor, width: number, step: -1 | 1): Editor {
  const { rows, index, column } = around(editor.text, editor.caret, width, 1)
  const row = rows[index + step]
  if (!row) return recall(editor, editor.at + step)
  const goal = editor.goal ?? column
  return { ...editor, caret: offsetAt(editor.text, row, goal), goal }
}

function recall(editor: Editor, at: number): Editor {
  if (at < 0 || at > editor.history.length) return editor
  const drafts = { ...editor.drafts, [editor.at]: editor.text }
  const text = drafts[at] ?? editor.history[at] ?? ''
  return { ...editor, text, caret: text.length, at, drafts, goal: undefined }
}

function lineStart({ text, caret }: Editor): number {
  return caret === 0 ? 0 : text.lastIndexOf('\n', caret - 1) + 1
}

function lineEnd({ text, caret }: Editor): number {
  const feed = text.indexOf('\n', caret)
  if (feed < 0) return text.length
  return feed > caret && text[feed - 1] === '\r' ? feed - 1 : feed
}

function wordStart({ text, caret }: Editor, counts: (part: string) => boolean): number {
  const parts = graphemes(text.slice(Math.max(0, caret - WORD_REACH), caret))
  let at = parts.length
  const part = () => parts[at - 1] ?? ''
  while (at > 0 && !counts(part())) at -= 1
  while (at > 0 && counts(part())) at -= 1
  return caret - parts.slice(at).join('').length
}

function wordEnd({ text, caret }: Editor): number {
  const parts = graphemes(text.slice(caret, caret + WORD_REACH))
  let at = 0
  const part = () => parts[at] ?? ''
  while (at < parts.length && !isWord(part())) at += 1
  while (at < parts.length && isWord(part())) at += 1
  return caret + parts.slice(0, at).join('').length
}

function isWord(part: string): boolean {
  return WORD.test(part)
}

function isInk(part: string): boolean {
  return part.trim() !== ''
}
