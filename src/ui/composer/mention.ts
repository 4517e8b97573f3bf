import type { CommandEntry } from '../types.ts'
import { change } from './change.ts'
import type { Editor } from './editor.ts'

/** A file name that is being written behind `@`, or a `/` command or a word behind it, and what it may mean. */
export interface Mention {
  readonly kind: Name['kind']
  /** Where the `@`, the `/` or the word is. */
  readonly start: number
  readonly query: string
  /** Best first; never empty. */
  readonly items: readonly string[]
  readonly chosen: number
  /** True once an arrow key was pressed: Enter then takes the chosen one instead of sending. */
  readonly moved: boolean
}

export interface Mentions {
  /** The files of the folder, as far as they are known. */
  readonly files: readonly string[]
  /** The `/` commands, as far as they are known. */
  readonly commands: readonly CommandEntry[]
  /** The list below the composer. */
  readonly open?: Mention
  /** Where the name is whose list was closed: it stays so as long as that name is written. */
  readonly closed?: number
  /** Where the name is that the caret only came to: its list opens when the name is written on, or with Tab. */
  readonly passed?: number
}

/** So much is looked at in front of the caret, in UTF-16 units. */
const REACH = 300
const MOST = 50

/** `@` at the start of a word, with a name behind it that may be in quotes. */
const NAME = /(?:^|[\s([{,;:])@(?:"(?<quoted>[^"\n]*)|(?<bare>[^\s"@]*))$/u

/** What is being written. */
interface Name {
  readonly kind: 'file' | 'command' | 'word'
  readonly start: number
  readonly query: string
  /** The command that a word stands behind. */
  readonly command?: string
}

/** The command at the start of a text, and what stands behind it. */
const COMMAND = /^\/(?<command>[a-z-]*)(?<gap> +(?<word>[^\n]*))?$/u

/** The file name or the command at the caret, if one is being written. */
export function nameAt({ text, caret, search }: Editor): Name | undefined {
  if (search !== undefined || /^[^\s)\]},;]/u.test(text.slice(caret, caret + 2))) return undefined
  const { command, gap, word } = COMMAND.exec(text.slice(0, Math.min(caret, REACH)))?.groups ?? {}
  const behind = command !== undefined && caret < REACH ? { command, word } : undefined
  if (behind && gap === undefined) return { kind: 'command', start: 0, query: behind.command }
  const { quoted, bare } = NAME.exec(text.slice(Math.max(0, caret - REACH), caret))?.groups ?? {}
  const query = quoted ?? bare
  if (query === undefined && behind) {
    const { command, word = '' } = behind
    return { kind: 'word', start: caret - word.length, query: word, command }
  }
  if (query === undefined) return undefined
  return { kind: 'file', start: caret - query.length - (quoted === undefined ? 1 : 2), query }
}

/** What the name at the caret may mean. The choice of `before` stays as long as the name does. */
export function mentionAt(
  editor: Editor,
  known: Pick<Mentions, 'files' | 'commands'>,
  before: Mention | undefined,
): Mention | undefined {
  const name = nameAt(editor)
  if (name === undefined) return undefined
  const same = before?.kind === name.kind && before.start === name.start && before.query === name.query
  if (same) return before
  const items = itemsOf(name, editor.text, known)
  return items.length === 0 ? undefined : { ...name, items, chosen: 0, moved: false }
}

function itemsOf(
  { kind, query }: Name,
  text: string,
  { files, commands }: Pick<Mentions, 'files' | 'commands'>,
) {
  if (kind === 'file') return matching(files, query)
  if (kind === 'command')
    return beginning(
      commands.map(({ name }) => name),
      query,
    )
  const words = commands.find(({ name }) => text.startsWith(`/${name} `))?.words ?? []
  return beginning(words, query)
}

/** Nothing is offered for a word that is there as a whole, and a second word only behind the first one. */
function beginning(words: readonly string[], query: string): string[] {
  if (words.includes(query)) return []
  const wanted = query.toLowerCase()
  const found = words.filter(word => word.toLowerCase().startsWith(wanted))
  return found.filter(word => !found.some(other => word.startsWith(`${other} `))).slice(0, MOST)
}

/** The text with the chosen one in it: `@path`, in quotes where the path has white space or an `@`, or `/command`. */
export function takeMention(editor: Editor, { kind, start, items, chosen }: Mention): Editor {
  const item = items[chosen]
  if (item === undefined) return editor
  const name = PREFIXES[kind] + (kind === 'file' && /[\s@]/u.test(item) ? `"${item}"` : item)
  const rest = editor.text.slice(editor.caret)
  const added = /^\s/u.test(rest) ? name : `${name} `
  return change(editor, editor.text.slice(0, start) + added + rest, start + added.length)
}

const PREFIXES = { file: '@', command: '/', word: '' } as const

export function chooseMention(mention: Mention, step: -1 | 1): Mention {
  const count = mention.items.length
  return { ...mention, chosen: (mention.chosen + step + count) % count, moved: true }
}

/** File names that begin with the query come first, then those that have it, then paths that have it or its letters. */
function matching(files: readonly string[], query: string): string[] {
  const wanted = query.replace(/^\.\//u, '').toLowerCase()
  if (wanted === '') return files.slice(0, MOST)
  const ranked: string[][] = [[], [], [], []]
  for (const path of files) {
    const rank = rankOf(path.toLowerCase(), wanted)
    if (rank !== undefined) ranked[rank]?.push(path)
  }
  return ranked.flatMap(paths => paths.sort((a, b) => a.length - b.length)).slice(0, MOST)
}

function rankOf(path: string, wanted: string): number | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name.startsWith(wanted) || path.startsWith(wanted)) return 0
  if (name.includes(wanted)) return 1
  if (path.includes(wanted)) return 2
  let at = -1
  for (const letter of wanted) {
    at = path.indexOf(letter, at + 1)
    if (at < 0) return undefined
  }
  return 3
}
