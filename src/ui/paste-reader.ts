const START = '\u001b[200~'
const END = '\u001b[201~'

/** A terminal that waits this long within a paste and then sends a single Ctrl+C has lost the end of it, in milliseconds. */
const LOST = 1000

/** Modified keys as xterm reports them (modifyOtherKeys), which Ink does not know; it knows those of the kitty protocol. */
const OTHER_KEYS = /\u001b\[27;(\d{1,3});(\d{1,7})~/g

/** Turns what a terminal sends into what Ink is given: the same bytes in order, each bracketed paste in one piece. */
export interface PasteReader {
  /** What is to be handed on now; empty in the middle of a paste. `now` is in milliseconds. */
  push(chunk: string, now: number): string
}

/**
 * Ink looks through all of an unfinished paste at every read: a megabyte in small reads takes it many seconds. Here each
 * piece is looked at once. A paste without an end would swallow all later keys, so Ctrl+C alone, after a pause, ends it.
 */
export function createPasteReader(): PasteReader {
  /** Pieces of the running paste. */
  let held: string[] | undefined
  /** The last characters that were looked at: a mark may be cut anywhere. */
  let last = ''
  let at = 0

  return {
    push(chunk, now) {
      const paused = now - at >= LOST
      at = now
      if (held !== undefined && paused && chunk === '\u0003') {
        const lost = [...held, END, chunk].join('')
        held = undefined
        last = ''
        return lost
      }
      let out = ''
      let rest = chunk
      while (rest !== '') {
        const { before, after } = cut(last, rest, held === undefined ? START : END)
        if (held === undefined) out += before.replaceAll(OTHER_KEYS, '\u001b[$2;$1u')
        else held.push(before)
        if (after === undefined) {
          last = (last + rest).slice(1 - START.length)
          break
        }
        last = ''
        rest = after
        if (held === undefined) held = []
        else {
          out += held.join('')
          held = undefined
        }
      }
      return out
    },
  }
}

/** Cuts behind a mark that may have begun in what came before; without the mark there is no `after`. */
function cut(last: string, text: string, mark: string): { before: string; after?: string } {
  const found = (last + text).indexOf(mark)
  if (found < 0) return { before: text }
  const end = found + mark.length - last.length
  return { before: text.slice(0, end), after: text.slice(end) }
}
