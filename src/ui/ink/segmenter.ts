/** Characters that are whole ones in every text: no mark joins a neighbour. `\r` is none, it joins a line feed. */
const SINGLE = /^[\0-\f\u000e-~·›…•─│╭╮╰╯✓✗]*$/

/**
 * `Intl.Segmenter` for a start that waits for nothing: its tables take about 13 ms to load, and Ink asks for the characters of every
 * row of every frame. Text of single characters is cut here; anything else goes to the real one, which is made when it is first
 * needed. The build puts this in the place of `Intl.Segmenter`.
 */
export class LateSegmenter {
  readonly #make: () => Intl.Segmenter
  readonly #graphemes: boolean
  #real: Intl.Segmenter | undefined

  constructor(locales?: Intl.LocalesArgument, options?: Intl.SegmenterOptions) {
    const { Segmenter } = Intl
    this.#make = () => new Segmenter(locales, options)
    this.#graphemes = (options?.granularity ?? 'grapheme') === 'grapheme'
  }

  segment(text: string): Pick<Intl.Segments, 'containing' | typeof Symbol.iterator> {
    if (this.#graphemes && SINGLE.test(text)) return new Singles(text)
    this.#real ??= this.#make()
    return this.#real.segment(text)
  }
}

class Singles {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  containing(index = 0): Intl.SegmentData | undefined {
    const at = Math.trunc(index) || 0
    return at >= 0 && at < this.#text.length ? this.#at(at) : undefined
  }

  *[Symbol.iterator](): Generator<Intl.SegmentData, undefined> {
    for (let at = 0; at < this.#text.length; at++) yield this.#at(at)
  }

  #at(index: number): Intl.SegmentData {
    return { segment: this.#text.charAt(index), index, input: this.#text }
  }
}
