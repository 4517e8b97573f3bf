/** A menu that is longer than this, in characters, has a line for each number. */
const LONG = 240

export const NONE = 'That is none of these.'

/** What is said about a line that names nothing of a menu: the menu itself only to who asks for it. */
export function unlisted(line: string, menu: string): string {
  return line === '?' ? menu : `${NONE} ? lists them.`
}

/** `1 open the browser, 2 later`: numbers first, so that they are heard first. */
export function numbered(texts: readonly string[]): string {
  const items = texts.map((text, at) => `${at + 1} ${text}`)
  const line = items.join(', ')
  return line.length > LONG ? items.join('\n') : line
}

/** A line that is a number and nothing else, of a size that a menu may have. */
export function isNumber(line: string): boolean {
  return /^\d{1,3}$/.test(line)
}

/** What a line names by its number; undefined for any other line. */
export function pick<T>(line: string, from: readonly T[]): T | undefined {
  return isNumber(line) ? from[Number(line) - 1] : undefined
}
