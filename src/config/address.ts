/** Longest address that is taken, in characters. */
const LONGEST = 2048

/**
 * What is wrong with the address of a server as a person wrote it, as the end of a sentence; undefined if nothing is.
 * Plain http is the person's own choice here, signing in over it is not (`auth/url.ts`). The address itself is never
 * in the text, since it can hold a key.
 */
export function addressFault(text: string): string | undefined {
  if (text === '') return 'is empty'
  if (text.length > LONGEST) return `is longer than ${LONGEST} characters`
  if (/[\p{C}\p{Z}]/u.test(text)) return 'holds white space or invisible characters'
  if (!URL.canParse(text)) return 'is not a valid address (https://host/path)'
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'does not begin with https:// or http://'
  if (url.username !== '' || url.password !== '') return 'holds a user name or a password'
  return undefined
}
