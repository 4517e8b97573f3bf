import type { Mode, PermissionMode } from '../runtime/types.ts'

/** Who decides about tools, as a sentence. */
export const PERMISSION_WORDS: Readonly<Record<PermissionMode, string>> = {
  manual: 'you are asked before a tool does something',
  assisted: 'you are asked before a tool does something, with the advice of a model',
  'allow-all': 'every tool runs without asking (/permissions manual asks again)',
}

/** How the agent works, as a line. */
export const MODE_WORDS: Readonly<Record<Mode, string>> = {
  interactive: 'mode: interactive',
  plan: 'mode: plan (nothing is changed before you have agreed to a plan)',
  autopilot: 'mode: autopilot (it goes on by itself until it is done)',
}

/** A line that may say what can be done about it. */
export function noticeWords({ text, hint }: { text: string; hint?: string }): string {
  return hint === undefined ? text : `${text} (${hint})`
}

/** Behind the part of a reply that is printed already. */
export const BROKEN_OFF = 'the reply broke off here and begins anew'

/** When the runtime has stopped: what one key does. */
export const RESTART = 'Enter starts it again and goes on with this session; Ctrl+C twice leaves'

/** What brings back a server that is not available. */
export const TRY_AGAIN = '/mcp reload tries again'

/** A model, with how hard it was told to think. */
export function modelWords(model: string, effort: string | undefined): string {
  return effort === undefined ? model : `${model} (${effort})`
}
