import type { Key } from '../keys.ts'
import type { View } from '../state.ts'
import { edit, prepend, replace, written } from './editor.ts'
import { chooseMention, mentionAt, nameAt, takeMention } from './mention.ts'

/** What has to happen because of a key in the composer. */
export type ComposeEffect =
  | { type: 'submit'; text: string }
  /** Ctrl+G */
  | { type: 'edit'; text: string }
  /** A file name begins: the list of files is asked for. */
  | { type: 'files' }

/** What the host gives to the composer. */
export type Given =
  /** Text given back, in front of what is there. */
  | { type: 'draft'; text: string }
  /** What came back from the person's editor. */
  | { type: 'edited'; text: string }
  | { type: 'files'; files: readonly string[] }

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
    const { editor, submit } = edit(next.editor, key, width)
    if (submit !== undefined) effects.push({ type: 'submit', text: submit })
    if (editor === next.editor) continue
    const begins = nameAt(editor)?.start
    if (begins !== undefined && begins !== nameAt(next.editor)?.start) effects.push({ type: 'files' })
    next = withMention({ ...next, editor })
  }
  return { view: next, effects }
}

/** The view with the list that fits its text. */
export function withMention(view: View): View {
  const { editor, mentions } = view
  const { files, open, closed } = mentions
  const start = nameAt(editor)?.start
  if (start === undefined && open === undefined && closed === undefined) return view
  if (start !== undefined && start === closed) return { ...view, mentions: { files, closed } }
  return {
    ...view,
    mentions: { files, open: start === undefined ? undefined : mentionAt(editor, files, open) },
  }
}

/** What the host gives to the composer, put where it belongs. */
export function take(view: View, given: Given): View {
  switch (given.type) {
    case 'draft':
      return withMention({ ...view, editor: prepend(view.editor, given.text) })
    case 'edited':
      return withMention({ ...view, editor: replace(view.editor, given.text) })
    case 'files': {
      const { open, closed } = view.mentions
      return withMention({
        ...view,
        mentions: { files: given.files, open: open?.moved ? open : undefined, closed },
      })
    }
  }
}

function mentionKey(view: View, key: Key): View | undefined {
  const { editor, mentions } = view
  const { files, open } = mentions
  if (open === undefined || view.panels.length > 0) return undefined
  switch (key.name) {
    case 'up':
      return { ...view, mentions: { files, open: chooseMention(open, -1) } }
    case 'down':
      return { ...view, mentions: { files, open: chooseMention(open, 1) } }
    case 'escape':
      return { ...view, mentions: { files, closed: open.start } }
    case 'enter':
      return open.moved ? withMention({ ...view, editor: takeMention(editor, open) }) : undefined
    case 'tab':
      return withMention({ ...view, editor: takeMention(editor, open) })
    default:
      return undefined
  }
}
