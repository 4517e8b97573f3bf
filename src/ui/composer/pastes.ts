/** Pasted texts of a draft, each by the one character that stands for it there. */
export type Pastes = ReadonlyMap<string, Paste>

export interface Paste {
  readonly number: number
  /** Byte for byte. */
  readonly text: string
}

/** A paste of more lines, or more characters, is shown as a mark. */
const MOST_LINES = 10
const MOST_LENGTH = 10_000

/**
 * Code points that Unicode keeps unassigned and invisible, which break from their neighbours on both sides (UAX #29,
 * GB4 and GB5): the caret can neither stand inside such a mark nor be joined with what follows it.
 */
const FIRST = 0xe0200
const LAST = 0xe0fff
const MARKS = /[\u{e0200}-\u{e0fff}]/gu
const MARK = /[\u{e0200}-\u{e0fff}]/u

/** What a paste becomes in a draft: itself, or one mark, with the pastes of the draft after it. */
export function fold(text: string, pastes: Pastes): { text: string; pastes: Pastes } {
  return isLong(text) ? toMark(text, pastes) : shelter(text, pastes)
}

/** Text that is no paste stays as it is, unless it holds a character that would be taken for a mark. */
export function shelter(text: string, pastes: Pastes): { text: string; pastes: Pastes } {
  return MARK.test(text) ? toMark(text, pastes) : { text, pastes }
}

/** What a draft stands for: every mark replaced by its paste. */
export function expand(text: string, pastes: Pastes): string {
  return MARK.test(text) ? text.replaceAll(MARKS, mark => pastes.get(mark)?.text ?? mark) : text
}

/** The pastes whose marks are in a text. */
export function pastesIn(text: string, pastes: Pastes): Pastes {
  return new Map((text.match(MARKS) ?? []).flatMap(mark => entryOf(mark, pastes)))
}

/** The reverse of {@link expand} for a text that was edited elsewhere: pastes that are still whole are marks again. */
export function refold(text: string, draft: string, pastes: Pastes): { text: string; pastes: Pastes } {
  let rest = text
  const pieces: string[] = []
  for (const [mark, paste] of pastesIn(draft, pastes)) {
    const at = rest.indexOf(paste.text)
    if (at < 0) continue
    pieces.push(rest.slice(0, at), mark)
    rest = rest.slice(at + paste.text.length)
  }
  pieces.push(rest)
  let kept = pastes
  const folded = pieces.map((piece, at) => {
    if (at % 2 === 1) return piece
    const sheltered = shelter(piece, kept)
    kept = sheltered.pastes
    return sheltered.text
  })
  return { text: folded.join(''), pastes: kept }
}

/** `[paste #1, 120 lines]`, if the character stands for a paste. */
export function markText(part: string, pastes: Pastes): string | undefined {
  const paste = pastes.get(part)
  return paste && `[paste #${paste.number}, ${size(paste.text)}]`
}

function entryOf(mark: string, pastes: Pastes): [string, Paste][] {
  const paste = pastes.get(mark)
  return paste ? [[mark, paste]] : []
}

function toMark(text: string, pastes: Pastes): { text: string; pastes: Pastes } {
  const number = Math.max(0, ...Array.from(pastes.values(), paste => paste.number)) + 1
  // Thousands of pastes in one draft are past all use; without a mark left, text that looks like one is not taken.
  if (FIRST + number > LAST) return { text: text.replaceAll(MARKS, ''), pastes }
  const mark = String.fromCodePoint(FIRST + number)
  return { text: mark, pastes: new Map([...pastes, [mark, { number, text }]]) }
}

function isLong(text: string): boolean {
  return text.length > MOST_LENGTH || lineCount(text, MOST_LINES + 1) > MOST_LINES
}

function size(text: string): string {
  const lines = lineCount(text, Number.POSITIVE_INFINITY)
  if (lines > 1) return `${lines} lines`
  return text.length >= 1000 ? `${Math.round(text.length / 1000)}k characters` : `${text.length} characters`
}

/** A line feed at the end begins no line. Counts up to `most`. */
function lineCount(text: string, most: number): number {
  let count = 0
  for (let at = 0; at < text.length && count < most; count += 1) {
    const feed = text.indexOf('\n', at)
    at = feed < 0 ? text.length : feed + 1
  }
  return count
}
