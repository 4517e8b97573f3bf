import { BlockCleaner, cleanBlock } from '../../text.ts'
import { beyondBlob } from './blob.ts'
import { type Line, line } from './line.ts'
import { openMarkdown } from './markdown.ts'
import type { Sheet } from './sheet.ts'

/** An unfinished line longer than this is printed in pieces, so that no frame has to lay out all of it. */
const LONGEST = 8000
/** So much of it is waited for where it ends in data that will be named and not shown. */
const LONGEST_BLOB = 32 * 1024 * 1024

/** One reply while it streams: raw deltas in, lines for the scrollback out, each one once. */
export interface Reply {
  readonly id: string
  push(delta: string): void
  /** Takes the lines that are final. */
  take(): Line[]
  /** How the rest looks: at most about the last `characters` of it. */
  tail(characters: number): Line[]
  /**
   * Ends the reply and returns the lines that are not printed yet. `full` is the whole text as the runtime gives it at
   * the end; where deltas were lost, what is missing comes now, and nothing that was printed comes again.
   */
  end(full?: string): Line[]
}

export function openReply(id: string, sheet: Sheet): Reply {
  const cleaner = new BlockCleaner()
  const markdown = openMarkdown(sheet)
  /** The source whose lines were or will be taken, the source that is held back, and the source behind it. */
  let printed = ''
  let waiting = ''
  let rest = ''
  let longest = LONGEST

  function read(source: string, ending: string): void {
    markdown.feed(source, ending === '')
    waiting += source + ending
    count()
  }

  function count(): void {
    if (markdown.held() > 0) return
    printed += waiting
    waiting = ''
  }

  function add(text: string): void {
    const [first = '', ...more] = text.split('\n')
    rest += first
    for (const next of more) {
      read(rest, '\n')
      rest = next
    }
    while (rest.length > longest) {
      const end = beyondBlob(rest, LONGEST)
      if (end === rest.length && end < LONGEST_BLOB) {
        longest = end * 2
        return
      }
      longest = LONGEST
      const cut = end > LONGEST ? end : rest.lastIndexOf(' ', LONGEST) + 1 || wholeAt(rest, LONGEST)
      read(rest.slice(0, cut), '')
      rest = rest.slice(cut)
    }
  }

  function take(): Line[] {
    const taken = markdown.settle(rest)
    waiting += rest.slice(0, taken)
    rest = rest.slice(taken)
    const lines = markdown.take()
    count()
    return lines
  }

  function finish(): Line[] {
    if (rest !== '') markdown.feed(rest)
    rest = ''
    markdown.end()
    return markdown.take()
  }

  return {
    id,
    push(delta) {
      const text = cleaner.push(delta)
      const fresh = printed === '' && waiting === '' && rest === ''
      add(fresh ? text.replace(/^\n+/, '') : text)
    },
    take,
    tail(characters) {
      if (longest > LONGEST) return [line('(data)', 'dim')]
      return markdown.preview(rest.length > characters ? rest.slice(-characters) : rest)
    },
    end(full) {
      if (full === undefined) return finish()
      const text = cleanBlock(full).replace(/^\n+/, '')
      const lines = take()
      markdown.drop()
      rest = ''
      waiting = ''
      longest = LONGEST
      if (text.startsWith(printed)) {
        add(text.slice(printed.length))
        return [...lines, ...finish()]
      }
      const { missed, after } = missing(text.split('\n'), printed.split('\n'))
      const late = openMarkdown(sheet)
      for (const source of missed) late.feed(source)
      late.end()
      const found = late.take()
      const notice = found.length === 0 ? [] : [line('(missed while it was streamed:)', 'dim')]
      add(after.join('\n'))
      return [...lines, ...notice, ...found, ...finish()]
    },
  }
}

/**
 * What of the whole text was not printed: lines between printed ones, and what stands behind the last printed one, of
 * which there may be the beginning only.
 */
function missing(
  whole: readonly string[],
  printed: readonly string[],
): { missed: string[]; after: string[] } {
  const begun = printed.at(-1) ?? ''
  let from = 0
  let last = -1
  let rest: string[] = []
  const absent = new Set<number>()
  /** Where each line was printed, the first place last. */
  const places = Map.groupBy([...printed.keys()].reverse(), at => printed[at])
  const next = (source: string) => {
    const left = places.get(source) ?? []
    while ((left.at(-1) ?? from) < from) left.pop()
    return left.at(-1) ?? -1
  }
  for (const [at, source] of whole.entries()) {
    const found = source.trim() === '' ? -1 : next(source)
    if (found >= 0) {
      from = found + 1
      last = at
      rest = []
    } else if (begun !== '' && from < printed.length && source.startsWith(begun)) {
      from = printed.length
      last = at
      rest = [source.slice(begun.length)]
    } else absent.add(at)
  }
  return {
    missed: whole.filter((source, at) => at < last && absent.has(at) && source.trim() !== ''),
    after: [...rest, ...whole.slice(last + 1)],
  }
}

/** Not between the halves of a character. */
function wholeAt(text: string, at: number): number {
  const code = text.charCodeAt(at - 1)
  return code >= 0xd800 && code <= 0xdbff ? at - 1 : at
}
