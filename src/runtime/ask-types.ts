import type { Clean } from '../text.ts'

/** Something to choose: what is answered, and how it is shown. */
export interface Option {
  value: string
  title: Clean
  /** What is told of it while it is the one that would be taken. */
  details?: readonly Clean[]
}

/** A question to the person: of the model, about its plan, or of an MCP server. Texts are cleaned. */
export type Ask = { id: string; toolCallId?: string; text: string } & (
  | { kind: 'question'; choices: readonly Option[]; freeform: boolean }
  /** The first action is the recommended one. */
  | { kind: 'plan'; actions: readonly Option[] }
  | { kind: 'form'; server?: Clean; fields: readonly Field[] }
  /** `address` is as the server gave it: to be judged before it is opened or shown as a link. */
  | { kind: 'address'; server?: Clean; address: string }
)

export type FieldValue = string | number | boolean | readonly string[]

/** One field of a form. Bounds are of the length, the number, or how many are chosen. */
export type Field = {
  name: string
  title: Clean
  description?: Clean
  required: boolean
  default?: FieldValue
} & (
  | { type: 'text'; least?: number; most?: number; format?: 'email' | 'uri' | 'date' | 'date-time' }
  | { type: 'number'; least?: number; most?: number; integer: boolean }
  | { type: 'yes-no' }
  | { type: 'choice'; options: readonly Option[] }
  | { type: 'choices'; options: readonly Option[]; least?: number; most?: number }
)

export type AskAnswer =
  /** To a question: the choice, or what was typed. To a plan: what should be different. */
  | { kind: 'text'; text: string; chosen: boolean }
  | { kind: 'approve'; action?: string }
  /** To a form with its values, to an address without. */
  | { kind: 'accept'; content?: Readonly<Record<string, FieldValue>> }
  | { kind: 'decline' }
  | { kind: 'cancel' }
