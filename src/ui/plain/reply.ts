import { BlockCleaner, cleanBlock } from '../../text.ts'

/** A line of prose that is longer than this, in characters, is printed sentence by sentence. */
const LONG = 80
/** A line without an end of a sentence is printed in pieces of about this size, between words. */
const LONGEST = 1000
/** What is longer than this without a space is no word, and is cut. */
const LONGEST_WORD = 8000
/** What was looked at is looked at again from here on: an end is known only by what follows it. */
const LOOK_BACK = 200

/** One reply while it streams: raw deltas in, whole lines out, none of them twice. */
export interface Reply {
  readonly id: string
  /** The lines that are complete by now. */
  push(delta: string): string[]
  /** The rest. `full` is the whole text as the runtime gives it at the end. */
  end(full?: string): string[]
}

/**
 * A reply as it is read aloud: a line comes when it is whole. A long paragraph comes in sentences, each on a line of its
 * own, which is the same paragraph in Markdown; code and tables are never cut. What comes out does not depend on how the
 * reply was cut into deltas.
 */
export function openReply(id: string): Reply {
  const cleaner = new BlockCleaner()
  let seen = ''
  /** What is not printed yet, and how far it was searched for an end. */
  let rest = ''
  let looked = 0
  /** Whether this line is code or a table, once that is known. */
  let verbatim: boolean | undefined
  /** The beginning of this line is printed. */
  let partial = false
  let fenced = false
  let fresh = true

  function add(text: string): string[] {
    seen += text
    const out: string[] = []
    const [first = '', ...more] = text.split('\n')
    grow(first, out)
    for (const next of more) {
      finish(out)
      grow(next, out)
    }
    return out
  }

  function grow(text: string, out: string[]): void {
    rest += text
    if (fenced || rest.length <= LONG) return
    verbatim ??= isVerbatim(rest)
    if (verbatim) return
    for (let cut = placeToCut(rest, looked); cut !== undefined; cut = placeToCut(rest, 0)) {
      out.push(rest.slice(0, cut).trimEnd())
      rest = rest.slice(cut)
      partial = true
      fresh = false
    }
    looked = rest.length - LOOK_BACK
  }

  /** The line ends here. */
  function finish(out: string[]): void {
    if (!partial && /^\s*(?:```|~~~)/.test(rest)) fenced = !fenced
    const line = rest.trimEnd()
    rest = ''
    looked = 0
    verbatim = undefined
    // A reply does not begin with empty lines.
    if (line !== '' || !(fresh || partial)) out.push(line)
    if (line !== '') fresh = false
    partial = false
  }

  return {
    id,
    push: delta => add(cleaner.push(delta)),
    end(full) {
      const whole = full === undefined ? seen : cleanBlock(full)
      const lost = !whole.startsWith(seen)
      const out = lost ? [] : add(whole.slice(seen.length))
      if (rest !== '') finish(out)
      return lost ? [...out, '(parts were lost on the way; the whole reply:)', ...whole.split('\n')] : out
    },
  }
}

/** Code and tables: their lines mean what they are. */
function isVerbatim(line: string): boolean {
  return /^(?: {4}|\t|\s*\||\s*```|\s*~~~)/.test(line)
}

const END = /[.!?…]["'”’)\]*_]*\s+(?=\S)|[。！？](?=\S)/gu
const GAP = /\s(?=\S)/gu

/** The first place to cut: past {@link LONG} where a sentence ends, past {@link LONGEST} between words. */
function placeToCut(text: string, from: number): number | undefined {
  // What lies behind the last place is looked at when that is cut.
  const near = text.slice(0, LONGEST_WORD + 1)
  const places = [
    endOf(END, near, Math.max(LONG, from)),
    endOf(GAP, near, Math.max(LONGEST, from)),
    text.length > LONGEST_WORD ? wholeAt(text, LONGEST_WORD) : undefined,
  ]
  return places.reduce((first, place) => (place === undefined || (first ?? place) < place ? first : place))
}

function endOf(pattern: RegExp, text: string, from: number): number | undefined {
  if (text.length <= from) return undefined
  const search = new RegExp(pattern)
  search.lastIndex = from
  const found = search.exec(text)
  return found === null ? undefined : found.index + found[0].length
}

/** Not in the middle of a character. */
function wholeAt(text: string, at: number): number {
  const code = text.charCodeAt(at - 1)
  return code >= 0xd800 && code <= 0xdbff ? at - 1 : at
}
