import { StringDecoder } from 'node:string_decoder'
import { maskSecrets } from '../mask.ts'
import { BlockCleaner, type Clean, clean } from '../text.ts'

/** How much of the child's error output is kept, in characters. */
const KEPT = 8 * 1024

/** How many of its last lines are shown. */
const LINES = 3

/** How many lines of one runtime go to the debug log: whoever writes more would fill it with nothing else. */
const MOST_LOGGED = 1000

export interface ErrorOutput {
  push(chunk: Buffer): void
  /** The last lines as one: cleaned, with everything that looks like a token masked; empty if nothing was written. */
  tail(): Clean
}

/**
 * Keeps the end of what the runtime writes to stderr, which is never passed on to the screen. Its lines go to the debug log, but
 * for one that is too long to be held.
 */
export function createErrorOutput(log: (line: string) => void = () => {}): ErrorOutput {
  const decoder = new StringDecoder('utf8')
  const cleaner = new BlockCleaner()
  let text = ''
  /** The line that has no end yet; undefined where it is too long. */
  let line: string | undefined = ''
  let logged = 0

  function record(shown: string): void {
    if (logged > MOST_LOGGED) return
    const [first = '', ...more] = shown.split('\n')
    const begun = line === undefined ? undefined : line + first
    if (more.length === 0) {
      line = begun !== undefined && begun.length <= KEPT ? begun : undefined
      return
    }
    const rest = more.pop() ?? ''
    line = rest.length <= KEPT ? rest : undefined
    for (const each of [begun ?? '', ...more]) {
      if (each.trim() === '') continue
      logged += 1
      log(`runtime, stderr: ${logged <= MOST_LOGGED ? each : 'what comes now is left out'}`)
      if (logged > MOST_LOGGED) return
    }
  }

  return {
    push(chunk) {
      const shown = cleaner.push(decoder.write(chunk))
      record(shown)
      text += shown
      if (text.length <= KEPT) return
      text = text.slice(-KEPT)
      // A line that lost its beginning could hold half of a token, which no mask would know.
      text = text.slice(text.indexOf('\n') + 1)
    },
    tail() {
      // What a panic of the runtime adds behind its reason is for its makers.
      const [told = ''] = text.split(/^stack backtrace:/m)
      const lines = told.split('\n').flatMap(line => clean(maskSecrets(line), 160) || [])
      return clean(lines.slice(-LINES).join(' / '), 300)
    },
  }
}
