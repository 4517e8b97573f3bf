import { graphemeAfter, graphemeBefore } from '../width.ts'
import type { Editor } from './editor.ts'

/** What a run of keys does that undo takes back together, and that adds up to one text to yank. */
export type Doing = 'typing' | 'erasing' | 'killing'

/** What undo goes back to. */
export type Moment = Pick<Editor, 'text' | 'caret' | 'at' | 'drafts'>

/** So many changes can be taken back. */
const MOST = 500

/** A change of the text; the caret comes to `at`, or behind a character that the change has joined there. */
export function change(editor: Editor, text: string, at: number, doing?: Doing): Editor {
  const caret = at === 0 ? 0 : graphemeAfter(text, graphemeBefore(text, at))
  return remember(editor, { ...editor, text, caret, goal: undefined }, doing)
}

/** The same editor after a change, from which undo comes back. */
export function remember(before: Editor, after: Editor, doing?: Doing): Editor {
  const goesOn = doing !== undefined && doing === before.doing
  const past = goesOn ? before.past : [...before.past.slice(1 - MOST), momentOf(before)]
  return { ...after, past, future: [], doing }
}

export function insert(editor: Editor, added: string, doing?: Doing): Editor {
  if (added === '') return editor
  const { text, caret } = editor
  return change(editor, text.slice(0, caret) + added + text.slice(caret), caret + added.length, doing)
}

export function remove(editor: Editor, start: number, end: number, doing?: Doing): Editor {
  if (start >= end) return editor
  return change(editor, editor.text.slice(0, start) + editor.text.slice(end), start, doing)
}

/** Removes for a later yank; what several such keys in a row remove is one text. */
export function kill(editor: Editor, start: number, end: number): Editor {
  if (start >= end) return editor
  const part = editor.text.slice(start, end)
  const before = editor.doing === 'killing' ? editor.killed : ''
  const killed = start < editor.caret ? part + before : before + part
  return { ...remove(editor, start, end, 'killing'), killed }
}

/** Puts the caret elsewhere: the next change is one of its own for undo. */
export function move(editor: Editor, caret: number): Editor {
  if (caret === editor.caret && editor.goal === undefined) return editor
  return { ...editor, caret, goal: undefined, doing: undefined }
}

export function undo(editor: Editor): Editor {
  const moment = editor.past.at(-1)
  if (moment === undefined) return editor
  const future = [...editor.future, momentOf(editor)]
  return { ...editor, ...moment, past: editor.past.slice(0, -1), future, goal: undefined, doing: undefined }
}

export function redo(editor: Editor): Editor {
  const moment = editor.future.at(-1)
  if (moment === undefined) return editor
  const past = [...editor.past, momentOf(editor)]
  return { ...editor, ...moment, past, future: editor.future.slice(0, -1), goal: undefined, doing: undefined }
}

function momentOf({ text, caret, at, drafts }: Editor): Moment {
  return { text, caret, at, drafts }
}
