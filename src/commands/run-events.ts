import type { Reason } from '../auth/types.ts'
import type { Usage } from '../runtime/controls.ts'
import type { ToolEnd } from '../runtime/types.ts'

export const OUTPUTS = ['text', 'json', 'stream-json'] as const
export type OutputKind = (typeof OUTPUTS)[number]

/** Of the events of `--output stream-json` and the result of `--output json`: another number where a field goes or changes. */
export const OUTPUT_VERSION = 1

/** How a run ended: the whole of `--output json`, the last line of `--output stream-json`. */
export interface RunResult {
  version: typeof OUTPUT_VERSION
  /** Absent where none was opened. */
  session?: string
  exitCode: number
  /** What `--output text` would have printed. */
  answer: string
  /** Calls of the model, and of tools. */
  turns: number
  tools: number
  /** Milliseconds. */
  duration: number
  usage?: Usage
  error?: RunError
}

export interface RunError {
  kind: string
  message: string
  exitCode: number
  /** Of a sign-in: to which server, why it was asked for, and the command that signs in. */
  server?: string
  reason?: Reason
  run?: string
}

/** One line of `--output stream-json` (docs/automation.md). */
export type RunEvent =
  | { type: 'session'; version: typeof OUTPUT_VERSION; session: string; folder: string; model?: string }
  | { type: 'turn'; turn: number }
  | { type: 'text'; message: string; text: string }
  /** It broke off and begins anew under another id: what was given of it is no part of the answer. */
  | { type: 'discarded'; message: string }
  | { type: 'reasoning'; text: string }
  | { type: 'tool-start'; id: string; tool: string; server?: string; summary: string; agent?: string }
  | { type: 'tool-end'; id: string; end: ToolEnd; text: string }
  | { type: 'permission'; tool: string; decision: 'allowed' | 'denied' | 'nobody-there'; rule?: string }
  | { type: 'server'; server: string; status: string; error?: string }
  | { type: 'notice'; level: 'info' | 'warning'; text: string }
  | ({ type: 'result' } & RunResult)
