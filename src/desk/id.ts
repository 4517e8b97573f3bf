import { randomInt } from 'node:crypto'

/** Digits and letters of which no two look alike. */
const SIGNS = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 6

/** A new name for a sign-in that waits: short enough to type. */
export function newId(): string {
  return Array.from({ length: LENGTH }, () => SIGNS[randomInt(SIGNS.length)]).join('')
}

/** The name as it was meant, whatever the case it was typed in; undefined for what is none. */
export function idOf(text: string): string | undefined {
  const id = text.trim().toUpperCase()
  return id.length === LENGTH && Array.from(id).every(sign => SIGNS.includes(sign)) ? id : undefined
}
