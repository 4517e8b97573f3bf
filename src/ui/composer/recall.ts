import type { Key } from '../keys.ts'
import { graphemeBefore } from '../width.ts'
import { remember } from './change.ts'
import type { Editor } from './editor.ts'
import { shelter } from './pastes.ts'

/** A search in the prompts of the past (Ctrl+R). */
export interface Search {
  readonly query: string
  /** True if no prompt of the past has it; the last one that had part of it is still shown. */
  readonly failed: boolean
  /** As it was before: Esc goes back there. */
  readonly before: Editor
}

/** Shows another prompt of the past, or, past the last one, the text that is being written. */
export function recall(editor: Editor, at: number): Editor {
  if (at < 0 || at > editor.history.length || at === editor.at) return editor
  const drafts = { ...editor.drafts, [editor.at]: editor.text }
  const { text, pastes } = shown(editor, at, drafts)
  return remember(editor, { ...editor, text, pastes, caret: text.length, at, drafts, goal: undefined })
}

/** Begins a search; without a past there is nothing to search in. */
export function startSearch(editor: Editor): Editor {
  if (editor.history.length === 0) return editor
  return { ...editor, search: { query: '', failed: false, before: editor } }
}

/** One key of a search. `over`: the search has ended with the text that was found, and the key is still to be done. */
export function searchKey(editor: Editor, search: Search, key: Key): { editor: Editor; over: boolean } {
  const stay = (next: Editor) => ({ editor: next, over: false })
  switch (key.name) {
    case 'char':
      return stay(find(search, search.query + key.text, editor.at))
    case 'paste':
      return stay(find(search, search.query + (key.text.split(/[\r\n]/u)[0] ?? ''), editor.at))
    case 'backspace': {
      const query = search.query.slice(0, graphemeBefore(search.query, search.query.length))
      return stay(find(search, query, search.before.history.length))
    }
    case 'up':
      return stay(find(search, search.query, editor.at - 1, editor))
    case 'down':
      return stay(findLater(search, editor))
    case 'ctrl':
      if (key.letter === 'r') return stay(find(search, search.query, editor.at - 1, editor))
      if (key.letter === 's') return stay(findLater(search, editor))
      if (key.letter === 'g') return stay(search.before)
      break
    case 'escape':
      return stay(search.before)
    case 'enter':
    case 'tab':
      return stay(taken(editor, search))
  }
  return { editor: taken(editor, search), over: true }
}

/** The text that was found, to be edited; undo goes back to what was there before. */
function taken(editor: Editor, { before }: Search): Editor {
  const next = { ...editor, search: undefined }
  return editor.at === before.at && editor.text === before.text ? before : remember(before, next)
}

/** The newest prompt with the query, not newer than `from`. Where there is none, `instead` stays on screen. */
function find(search: Search, query: string, from: number, instead?: Editor): Editor {
  const { before } = search
  const none = instead ?? before
  if (query === '') return { ...before, search: { query, failed: false, before } }
  for (let at = Math.min(from, before.history.length - 1); at >= 0; at -= 1) {
    if (has(before.history[at] ?? '', query)) return found(search, query, at)
  }
  return { ...none, search: { query, failed: true, before } }
}

function findLater(search: Search, editor: Editor): Editor {
  const { history } = search.before
  for (let at = editor.at + 1; at < history.length; at += 1) {
    if (has(history[at] ?? '', search.query)) return found(search, search.query, at)
  }
  return editor
}

function found({ before }: Search, query: string, at: number): Editor {
  const drafts = { ...before.drafts, [before.at]: before.text }
  const { text, pastes } = shelter(before.history[at] ?? '', before.pastes)
  const place = lower(text, query).indexOf(query)
  const caret = place <= 0 ? 0 : graphemeBefore(text, Math.min(place, text.length - 1) + 1)
  return { ...before, text, pastes, caret, at, drafts, search: { query, failed: false, before } }
}

/** Capitals count only where the query has some. */
function has(text: string, query: string): boolean {
  return lower(text, query).includes(query)
}

function lower(text: string, query: string): string {
  return query === query.toLowerCase() ? text.toLowerCase() : text
}

function shown(editor: Editor, at: number, drafts: Editor['drafts']): Pick<Editor, 'text' | 'pastes'> {
  const draft = drafts[at]
  return draft === undefined
    ? shelter(editor.history[at] ?? '', editor.pastes)
    : { text: draft, pastes: editor.pastes }
}
