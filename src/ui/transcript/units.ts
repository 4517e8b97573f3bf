/** Scripts that write no spaces between words. A row may end behind each character of the first kind. */
const IDEOGRAPHS = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}'
const LETTERS = '\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}'
export const UNSPACED = new RegExp(`[${IDEOGRAPHS}${LETTERS}]`, 'u')

/** Marks that stay with the character before them, among them those that must not begin a row. */
const BEHIND =
  '[\\p{M}々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ、。，．・：；？！）」』】〉》〕］｝…\\u200c\\u200d\\ufe00-\\ufe0f]'
const BEFORE = '（「『【〈《〔［｛'
/** A row of opening brackets is taken as a whole or not at all, so that a long one is not looked at from each of them. */
const UNIT = new RegExp(
  `\\s+|[${BEFORE}]*[${IDEOGRAPHS}]${BEHIND}*|(?:[${BEFORE}]+(?![${BEFORE}${IDEOGRAPHS}])|[^\\s${BEFORE}${IDEOGRAPHS}])+`,
  'gu',
)

const words = new Intl.Segmenter(undefined, { granularity: 'word' })

/** Text in pieces between which a row may end: spaces, and what stands between them. */
export function unitsOf(text: string): string[] {
  if (!UNSPACED.test(text)) return text.match(/\s+|\S+/g) ?? []
  return (text.match(UNIT) ?? []).flatMap(unit => (WRITTEN_TOGETHER.test(unit) ? split(unit) : unit))
}

const WRITTEN_TOGETHER = new RegExp(`[${LETTERS}]`, 'u')

/** Words that only a dictionary can tell apart. */
function split(run: string): string[] {
  const units: string[] = []
  let before = true
  for (const { segment, isWordLike = false } of words.segment(run)) {
    const letters = WRITTEN_TOGETHER.test(segment)
    if (units.length === 0 || (isWordLike && (letters || before))) units.push(segment)
    else units[units.length - 1] += segment
    before = letters
  }
  return units
}
