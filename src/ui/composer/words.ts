import { graphemes } from '../width.ts'

/** How far word movement looks, in UTF-16 units. */
const REACH = 1000

const WORD = /[\p{L}\p{N}\p{M}_]/u

interface Place {
  readonly text: string
  readonly caret: number
}

export function lineStart({ text, caret }: Place): number {
  return caret === 0 ? 0 : text.lastIndexOf('\n', caret - 1) + 1
}

/** In front of the line end, which may be CR LF. */
export function lineEnd({ text, caret }: Place): number {
  const feed = text.indexOf('\n', caret)
  if (feed < 0) return text.length
  return feed > caret && text[feed - 1] === '\r' ? feed - 1 : feed
}

/** The start of the word in front of the caret; `counts` says what belongs to one. */
export function wordStart({ text, caret }: Place, counts: (part: string) => boolean): number {
  const parts = graphemes(text.slice(Math.max(0, caret - REACH), caret))
  let at = parts.length
  const part = () => parts[at - 1] ?? ''
  while (at > 0 && !counts(part())) at -= 1
  while (at > 0 && counts(part())) at -= 1
  return caret - parts.slice(at).join('').length
}

/** The end of the word behind the caret. */
export function wordEnd({ text, caret }: Place): number {
  const parts = graphemes(text.slice(caret, caret + REACH))
  let at = 0
  const part = () => parts[at] ?? ''
  while (at < parts.length && !isWord(part())) at += 1
  while (at < parts.length && isWord(part())) at += 1
  return caret + parts.slice(0, at).join('').length
}

/** Letters, digits and `_`: a word for Alt with a key. */
export function isWord(part: string): boolean {
  return WORD.test(part)
}

/** Everything but white space: a word for Ctrl+W. */
export function isInk(part: string): boolean {
  return part.trim() !== ''
}
