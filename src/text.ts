/** Text that has been through {@link clean}: one line, safe for any terminal. */
export type Clean = string & { readonly __clean: true }

type State = 'text' | 'escape' | 'intermediate' | 'csi' | 'string' | 'string-escape'

// Bidirectional controls, zero-width and all other characters without a glyph, and Unicode tags: they reorder, hide or fake
// text. The joiners and variants that Persian, Hindi and emoji need stay.
const INVISIBLE =
  /[[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u{e0000}-\u{e0fff}]--[\u200c\u200d\ufe0e\ufe0f]]/v

/** What in a consent is written as an escape: all that cannot be seen, except for what makes two emoji one, or a sign an emoji. */
const UNSEEN =
  /(?!(?<=[\p{Extended_Pictographic}--\p{C}])\ufe0f|(?<=[\p{Extended_Pictographic}--\p{C}][\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d(?=[\p{Extended_Pictographic}--\p{C}]))[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gv

/** Deepest nesting of a foreign value that is walked or shown. */
const DEEPEST = 100

/** Longest JSON that is set out in lines, in characters. */
const LONGEST_LINES = 50_000

/** Most of what comes: nothing in it has to be looked at. */
const HARMLESS = /^[\n\t -~]*$/

/** Longest control string (OSC, DCS, ...) that is swallowed; past it the rest is shown as text. */
const LONGEST_STRING = 4096

/**
 * Removes whole terminal control sequences and invisible characters from text that arrives in pieces. A sequence that
 * is cut anywhere is recognised all the same, so nothing dangerous can be joined from harmless chunks. Line feeds and
 * tabs stay, every other control character goes. A control string without end ends with its line.
 */
export class BlockCleaner {
  #state: State = 'text'
  #length = 0
  #high = ''

  /** Returns what of the text so far can be shown. */
  push(chunk: string): string {
    if (this.#state === 'text' && this.#high === '' && HARMLESS.test(chunk)) return chunk
    const text = this.#high + chunk
    const last = text.charCodeAt(text.length - 1)
    const split = last >= 0xd800 && last <= 0xdbff
    this.#high = split ? text.slice(-1) : ''
    let out = ''
    for (const char of split ? text.slice(0, -1) : text) out += this.#next(char)
    return out
  }

  #next(char: string): string {
    const code = char.codePointAt(0) ?? 0
    switch (this.#state) {
      case 'text':
        return this.#text(char, code)
      case 'escape':
        if (char === '[') this.#state = 'csi'
        else if (']PX^_'.includes(char)) this.#string()
        else if (code >= 0x20 && code <= 0x2f) this.#state = 'intermediate'
        else if (code !== 0x1b) return this.#leave(char, code, code >= 0x30 && code <= 0x7e)
        return ''
      case 'intermediate':
        if (code >= 0x20 && code <= 0x2f) return ''
        return this.#leave(char, code, code >= 0x30 && code <= 0x7e)
      case 'csi':
        if (code >= 0x20 && code <= 0x3f) return ''
        return this.#leave(char, code, code >= 0x40 && code <= 0x7e)
      case 'string':
        this.#length += 1
        if (code === 0x1b) this.#state = 'string-escape'
        else if (code === 0x07 || code === 0x9c || code === 0x18 || code === 0x1a) this.#state = 'text'
        else if (char === '\n' || this.#length > LONGEST_STRING) return this.#leave(char, code, false)
        return ''
      case 'string-escape':
        if (char === '\\') this.#state = 'text'
        else {
          this.#state = 'escape'
          return this.#next(char)
        }
        return ''
    }
  }

  #text(char: string, code: number): string {
    if (code === 0x1b) this.#state = 'escape'
    else if (code === 0x9b) this.#state = 'csi'
    else if (code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)) this.#string()
    else if (char === '\n' || char === '\t') return char
    else if (code === 0x85 || code === 0x2028 || code === 0x2029) return '\n'
    else if (code >= 0x20 && code !== 0x7f && !(code >= 0x80 && code <= 0x9f)) {
      if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
      return INVISIBLE.test(char) ? '' : char
    }
    return ''
  }

  #string() {
    this.#state = 'string'
    this.#length = 0
  }

  #leave(char: string, code: number, swallow: boolean): string {
    this.#state = 'text'
    return swallow ? '' : this.#text(char, code)
  }
}

/** Cleans a text of several lines that is there as a whole; see {@link BlockCleaner}. */
export function cleanBlock(text: string): string {
  return new BlockCleaner().push(text)
}

/**
 * The door for every foreign text that becomes part of one line: names, codes, scopes, errors. Sequences, control and
 * invisible characters (joiners and variants of emoji too) are removed, white space is folded, and what is longer than `max`
 * characters is cut with `…`.
 */
export function clean(text: string, max = 80): Clean {
  const line = cleanBlock(text.slice(0, Math.max(4096, max * 8)))
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
  const points = Array.from(line)
  return (points.length > max ? `${points.slice(0, max - 1).join('')}…` : line) as Clean
}

/**
 * What somebody is to agree to: nothing is removed, and nothing of it reaches the terminal as a command. What cannot be seen
 * is written as in JSON (`\u200b`), except for line feeds and tabs.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, found =>
    found === '\n' || found === '\t'
      ? found
      : Array.from(
          { length: found.length },
          (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ).join(''),
  )
}

/** True for a value of a stranger that nests deeper than anything real: who walks it, or writes it as JSON, may run out of stack. */
export function nestsTooDeep(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(each => nestsTooDeep(each, levels - 1))
}

/** A value as JSON in lines; in one where it is large, since what is nested becomes many times as long in lines. */
export function jsonLines(value: unknown): string {
  const line = JSON.stringify(value) ?? ''
  return line.length > LONGEST_LINES ? line : (JSON.stringify(value, undefined, 2) ?? '')
}

/** Clean pieces in a row: each but the last one is filled up to its width, in characters, and stands one space before the next. */
export function inColumns(first: readonly (readonly [Clean, number])[], last: Clean): Clean {
  return [...first.map(([text, width]) => text.padEnd(width)), last].join(' ').trimEnd() as Clean
}

/** A name or address as one word of a command line, in any shell; one that quotes do not make safe is left to the person to write. */
export function shellWord(name: Clean): string {
  if (/^[\w.+:/][\w@.+:/-]*$/.test(name)) return name
  return /^[^-"$`\\!%][^"$`\\!%]*$/.test(name) ? `"${name}"` : '<name>'
}

/** What is said in place of data that nobody can read: its media type, and about how many bytes it has. */
export function blobName(kind: string, bytes: number): Clean {
  const [size, unit] = bytes < 1000 ? [bytes, 'B'] : bytes < 1e6 ? [bytes / 1000, 'kB'] : [bytes / 1e6, 'MB']
  return clean(`(${clean(kind, 60)}, ${Math.round(size)} ${unit}, not shown)`)
}

/** The host of an address as it is safe to show: ASCII (punycode), with the port, never text from the address itself. */
export function hostOf(url: string): Clean {
  return clean(URL.canParse(url) ? new URL(url).host : 'unknown host', 255)
}
