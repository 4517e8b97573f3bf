import type stringWidth from 'string-width'

type Width = typeof stringWidth

/** Characters of one cell wherever they stand: ASCII, and what the chat itself draws with. */
const NARROW = /^[ -~·›…•─│╭╮╰╯✓✗]*$/
/** Colours and weights, which take no room. */
const STYLE = /\u001B\[[\d;]*m/g

/**
 * The width of text in cells by `string-width`, which `load` gives when something has to be looked up for the first time: its pattern
 * of all emoji takes about 30 ms, and the first frames hold none. The build puts this in the place of `string-width`, also for Ink.
 */
export function lateWidth(load: () => Width): Width {
  let real: Width | undefined
  return (text, options) => {
    if (typeof text === 'string') {
      const seen = options === undefined ? text.replace(STYLE, '') : text
      if (options?.ambiguousIsNarrow !== false && NARROW.test(seen)) return seen.length
    }
    real ??= load()
    return real(text, options)
  }
}
