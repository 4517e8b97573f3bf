import type { Key } from '../keys.ts'
import type { View } from '../state.ts'
import type { CommandEntry } from '../types.ts'
import { type Editor, edit, prepend, replace, send, written } from './editor.ts'
import { chooseMention, mentionAt, nameAt, takeMention } from './mention.ts'

/** What has to happen because of a key in the composer. */
export type ComposeEffect =
  /** `now`: for the running turn. */
  | { type: 'submit'; text: string; now?: boolean }
  /** With nothing typed: the last message that waits comes back, or the first one goes into the running turn. */
  | { type: 'queue'; what: 'take-back' | 'now' }
  /** Enter, while there is no runtime: the text stays. */
  | { type: 'restart' }
  /** Ctrl+G */
  | { type: 'edit'; text: string }
  /** A file name begins: the list of files is asked for. */
  | { type: 'files' }
  /** A command begins: the list of commands is asked for; or what stands behind one. */
  | { type: 'commands'; behind?: string }

/** What the host gives to the composer. */
export type Given =
  /** Text given back, in front of what is there. */
  | { type: 'draft'; text: string }
  /** What came back from the person's editor; `before` was in the composer when that was opened. */
  | { type: 'edited'; text: string; before: string }
  | { type: 'files'; files: readonly string[] }
  | { type: 'commands'; commands: readonly CommandEntry[] }

interface Composed {
  view: View
  effects: ComposeEffect[]
}

/** Keys for the composer and for the list of files that may be open below it. */
export function compose(view: View, keys: readonly Key[], width: number): Composed {
  const effects: ComposeEffect[] = []
  let next = view
  for (const key of keys) {
    const chosen = mentionKey(next, key)
    if (chosen !== undefined) {
      next = chosen
      continue
    }
    if (key.name === 'ctrl' && key.letter === 'g' && next.editor.search === undefined) {
      effects.push({ type: 'edit', text: written(next.editor) })
      continue
    }
    if (restarts(next, key)) {
      effects.push({ type: 'restart' })
      continue
    }
    const what = queueKey(next, key)
    if (what !== undefined) {
      effects.push({ type: 'queue', what })
      continue
    }
    // Like Enter, but for the running turn.
    const now = key.name === 'ctrl' && key.letter === 's' && next.editor.search === undefined
    const { editor, submit } = now ? send(next.editor) : edit(next.editor, key, width)
    if (submit !== undefined) effects.push({ type: 'submit', text: submit, ...(now ? { now } : {}) })
    if (editor === next.editor) continue
    const begins = nameAt(editor)
    const before = nameAt(next.editor)
    if (begins !== undefined && (begins.start !== before?.start || begins.kind !== before.kind))
      effects.push(begins.kind === 'file' ? { type: 'files' } : { type: 'commands', behind: begins.command })
    next = writes(next.editor, editor)
      ? withMention({ ...next, editor, mentions: { ...next.mentions, passed: undefined } })
      : arrive(next, editor)
  }
  return { view: next, effects }
}

/** Whether a key has written something, and neither moved the caret nor brought another text. */
function writes(before: Editor, { text, at, search }: Editor): boolean {
  return before.text !== text && before.at === at && before.search === undefined && search === undefined
}

/** The caret comes to a name that nobody writes just now: no list opens, one that is open for it stays. */
function arrive(view: View, editor: Editor): View {
  const { mentions } = view
  const start = nameAt(editor)?.start
  const stays = mentions.open?.start === start && view.editor.text === editor.text
  return withMention({ ...view, editor, mentions: stays ? mentions : { ...mentions, passed: start } })
}

/** The view with the list that fits its text. */
export function withMention(view: View): View {
  const { editor, mentions } = view
  const { files, commands, open, closed, passed } = mentions
  const start = nameAt(editor)?.start
  if (start === undefined && open === undefined && closed === undefined && passed === undefined) return view
  if (start !== undefined && start === closed) return { ...view, mentions: { files, commands, closed } }
  if (start !== undefined && start === passed) return { ...view, mentions: { files, commands, passed } }
  return {
    ...view,
    mentions: { files, commands, open: start === undefined ? undefined : mentionAt(editor, mentions, open) },
  }
}

/** What the host gives to the composer, put where it belongs. */
export function take(view: View, given: Given): View {
  switch (given.type) {
    case 'draft':
      return arrive(view, prepend(view.editor, given.text))
    case 'edited':
      return arrive(view, replace(view.editor, edited(view, given)))
    case 'files':
    case 'commands': {
      const { mentions } = view
      const open = mentions.open?.moved ? mentions.open : undefined
      const { type: _, ...known } = given
      return withMention({ ...view, mentions: { ...mentions, ...known, open } })
    }
  }
}

/** The edited text, behind what was given back meanwhile. */
function edited({ editor }: View, { text, before }: Extract<Given, { type: 'edited' }>): string {
  const now = written(editor)
  const given = now.endsWith(before) ? now.slice(0, now.length - before.length).replace(/\n$/u, '') : ''
  return [given, text].filter(part => part !== '').join('\n')
}

/** Without a runtime no message can go; commands of the host and of the shell can. */
function restarts({ status, editor }: View, key: Key): boolean {
  if (status.stopped === undefined || key.name !== 'enter' || editor.search !== undefined) return false
  return !/^[/!]|\\$/.test(editor.text)
}

/** Keys for messages that wait, where nothing is typed. */
function queueKey({ editor, queued }: View, key: Key): 'take-back' | 'now' | undefined {
  if (queued.length === 0 || editor.text !== '' || editor.search !== undefined) return undefined
  if (key.name === 'ctrl' && key.letter === 's') return 'now'
  return key.name === 'up' && editor.at === editor.history.length ? 'take-back' : undefined
}

function mentionKey(view: View, key: Key): View | undefined {
  const { editor, mentions } = view
  const { files, commands, open, passed } = mentions
  // Below a panel the list is not drawn; it can only be closed.
  if (view.panels.length > 0 && key.name !== 'escape') return undefined
  const known = { files, commands }
  if (passed !== undefined && key.name === 'tab') return withMention({ ...view, mentions: known })
  if (open === undefined) return undefined
  switch (key.name) {
    case 'up':
      return { ...view, mentions: { ...known, open: chooseMention(open, -1) } }
    case 'down':
      return { ...view, mentions: { ...known, open: chooseMention(open, 1) } }
    case 'escape':
      return { ...view, mentions: { ...known, closed: open.start } }
    case 'enter':
      return open.moved ? withMention({ ...view, editor: takeMention(editor, open) }) : undefined
    case 'tab':
      return withMention({ ...view, editor: takeMention(editor, open) })
    default:
      return undefined
  }
}
