import type { Key as InkKey } from 'ink'

/** A key without further data. Word movement and deletion come from Ctrl or Alt with the plain key. */
export type NamedKey =
  | 'enter'
  | 'newline'
  | 'escape'
  | 'tab'
  | 'backtab'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'word-left'
  | 'word-right'
  | 'home'
  | 'end'
  | 'page-up'
  | 'page-down'
  | 'backspace'
  | 'delete'
  | 'backspace-word'
  | 'delete-word'

/** One thing that the person did at the keyboard, as plain data. */
export type Key =
  /** Text as it came in one read: one letter when typed by hand, more over a slow line. Never a control character. */
  | { name: 'char'; text: string }
  /** Several lines at once. Never a key: inserted, not obeyed. */
  | { name: 'paste'; text: string }
  | { name: 'ctrl' | 'meta'; letter: string }
  | { name: NamedKey }

/** What Ctrl with a letter means everywhere: the C0 names of these keys, and the kitty forms of the same. */
const CTRL: Readonly<Record<string, NamedKey>> = {
  j: 'newline',
  m: 'enter',
  h: 'backspace',
  i: 'tab',
  '[': 'escape',
}

const META: Readonly<Record<string, NamedKey>> = { b: 'word-left', f: 'word-right', d: 'delete-word' }

const PIECES = /\r\n|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/g

/**
 * Turns one call of Ink's `useInput` into keys, in order. Ink gives everything that came in one read as one call, so
 * Enter may stand at the end of typed text. More than one line end in a call is a paste from a terminal without
 * bracketed paste. Releases (kitty protocol) give nothing.
 */
export function toKeys(input: string, key: InkKey): Key[] {
  if (key.eventType === 'release') return []
  const named = namedKey(key)
  // Two Esc in one read come as one event with `meta`; in the kitty protocol `meta` is Alt+Esc.
  if (named === 'escape' && key.meta && !key.eventType) return [{ name: 'escape' }, { name: 'escape' }]
  if (named) return [{ name: named }]
  if (!input || key.super || key.hyper) return []
  if (key.ctrl) return controlKey(input.toLowerCase())
  if (key.meta) return metaKey(input)
  const pieces = input.match(PIECES) ?? []
  if (pieces.filter(isLineEnd).length > 1) return [{ name: 'paste', text: input }]
  return pieces.flatMap(typedKey)
}

function namedKey(key: InkKey): NamedKey | undefined {
  const word = key.ctrl || key.meta
  if (key.escape) return 'escape'
  if (key.return) return word || key.shift ? 'newline' : 'enter'
  if (key.tab) return key.shift ? 'backtab' : 'tab'
  if (key.backspace) return word ? 'backspace-word' : 'backspace'
  if (key.delete) return word ? 'delete-word' : 'delete'
  if (key.leftArrow) return word ? 'word-left' : 'left'
  if (key.rightArrow) return word ? 'word-right' : 'right'
  if (key.upArrow) return 'up'
  if (key.downArrow) return 'down'
  if (key.home) return 'home'
  if (key.end) return 'end'
  if (key.pageUp) return 'page-up'
  if (key.pageDown) return 'page-down'
  return undefined
}

function typedKey(piece: string): Key[] {
  if (piece === '\r' || piece === '\r\n') return [{ name: 'enter' }]
  const code = piece.charCodeAt(0)
  if (code === 0x7f) return [{ name: 'backspace' }]
  if (code === 0x1b) return [{ name: 'escape' }]
  if (code >= 0x20) return [{ name: 'char', text: piece }]
  return controlKey(String.fromCharCode(code + (code <= 26 ? 96 : 64)))
}

function controlKey(letter: string): Key[] {
  const named = CTRL[letter]
  if (named) return [{ name: named }]
  // Ctrl with `/` or `-` is the same byte as Ctrl+_ elsewhere.
  if (letter === '/' || letter === '-') return [{ name: 'ctrl', letter: '_' }]
  return /^[a-z\\\]^_]$/.test(letter) ? [{ name: 'ctrl', letter }] : []
}

function metaKey(input: string): Key[] {
  const named = META[input]
  return named ? [{ name: named }] : [{ name: 'meta', letter: input }]
}

function isLineEnd(piece: string): boolean {
  return piece === '\r' || piece === '\n' || piece === '\r\n'
}
