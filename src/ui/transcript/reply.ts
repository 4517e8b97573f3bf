import { BlockCleaner, cleanBlock } from '../../text.ts'
import { type Line, line } from './line.ts'
import { openMarkdown } from './markdown.ts'

/** An unfinished line longer than this is printed in pieces, so that no frame has to lay out all of it. */
const LONGEST = 8000

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

export function openReply(id: string): Reply {
  const cleaner = new BlockCleaner()
  const markdown = openMarkdown()
  let ready: Line[] = []
  /** The source that `ready` or an earlier `take` stands for, and the source behind it. */
  let printed = ''
  let waiting = ''
  let rest = ''

  function complete(source: string, ending: string): void {
    ready.push(...markdown.feed(source))
    waiting += source + ending
    if (markdown.held().length > 0) return
    printed += waiting
    waiting = ''
  }

  function add(text: string): void {
    const [first = '', ...more] = text.split('\n')
    rest += first
    for (const next of more) {
      complete(rest, '\n')
      rest = next
    }
    while (rest.length > LONGEST) {
      const cut = rest.lastIndexOf(' ', LONGEST) + 1 || LONGEST
      complete(rest.slice(0, cut), '')
      rest = rest.slice(cut)
    }
  }

  function take(): Line[] {
    const lines = ready
    ready = []
    return lines
  }

  function finish(): Line[] {
    if (rest !== '') complete(rest, '')
    rest = ''
    return [...take(), ...markdown.end()]
  }

  return {
    id,
    push(delta) {
      const text = cleaner.push(delta)
      const fresh = printed === '' && waiting === '' && rest === ''
      add(fresh ? text.replace(/^\n+/, '') : text)
    },
    take,
    tail: characters => markdown.preview(rest.length > characters ? rest.slice(-characters) : rest),
    end(full) {
      if (full === undefined) return finish()
      const text = cleanBlock(full).replace(/^\n+/, '')
      markdown.drop()
      rest = ''
      waiting = ''
      if (text.startsWith(printed)) {
        add(text.slice(printed.length))
        return finish()
      }
      const { missed, after } = missing(text.split('\n'), printed.split('\n'))
      const late = openMarkdown()
      const lines = missed.flatMap(source => late.feed(source)).concat(late.end())
      add(after.join('\n'))
      const notice = lines.length === 0 ? [] : [line('(missed while it was streamed:)', 'dim')]
      return [...take(), ...notice, ...lines, ...finish()]
    },
  }
}

/** What of the whole text was not printed: lines between printed ones, and those behind the last printed one. */
function missing(
  whole: readonly string[],
  printed: readonly string[],
): { missed: string[]; after: string[] } {
  let from = 0
  let last = -1
  const absent = new Set<number>()
  for (const [at, source] of whole.entries()) {
    const found = source.trim() === '' ? -1 : printed.indexOf(source, from)
    if (found >= 0) {
      from = found + 1
      last = at
    } else absent.add(at)
  }
  return {
    missed: whole.filter((source, at) => at < last && absent.has(at) && source.trim() !== ''),
    after: whole.slice(last + 1),
  }
}
