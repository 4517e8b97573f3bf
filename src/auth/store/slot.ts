import * as v from 'valibot'
import { type Clean, clean } from '../../text.ts'

/** Longest name of an account, in characters. */
export const LONGEST_SLOT = 64

/** The name of an account as it is kept: one clean line in one Unicode form (NFC). Undefined for what is none. */
export function judgeSlot(text: string): Clean | undefined {
  const name = text.normalize()
  const cleaned = clean(name, LONGEST_SLOT)
  return name !== '' && cleaned === name ? cleaned : undefined
}

/** The same for a value of a file; another form than the kept one is not taken. */
export const slotSchema = v.custom<Clean>(value => typeof value === 'string' && judgeSlot(value) === value)
