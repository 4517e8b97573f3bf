import { StringDecoder } from 'node:string_decoder'
import { maskSecrets } from '../mask.ts'
import { BlockCleaner, type Clean, clean } from '../text.ts'

/** How much of the child's error output is kept, in characters. */
const KEPT = 8 * 1024

/** How many of its last lines are shown. */
const LINES = 3

export interface ErrorOutput {
  push(chunk: Buffer): void
  /** The last lines as one: cleaned, with everything that looks like a token masked; empty if nothing was written. */
  tail(): Clean
}

/** Keeps the end of what the runtime writes to stderr, which is never passed on to the screen. */
export function createErrorOutput(): ErrorOutput {
  const decoder = new StringDecoder('utf8')
  const cleaner = new BlockCleaner()
  let text = ''
  return {
    push(chunk) {
      text += cleaner.push(decoder.write(chunk))
      if (text.length <= KEPT) return
      text = text.slice(-KEPT)
      // A line that lost its beginning could hold half of a token, which no mask would know.
      text = text.slice(text.indexOf('\n') + 1)
    },
    tail() {
      const lines = text.split('\n').flatMap(line => clean(maskSecrets(line), 160) || [])
      return clean(lines.slice(-LINES).join(' / '), 300)
    },
  }
}
