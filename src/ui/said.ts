import type { HostEvent } from '../runtime/types.ts'

const SAID = [
  'user',
  'reply',
  'agent',
  'agent-end',
  'tool-start',
  'tool-end',
  'interrupted',
  'error',
  'notice',
] as const

/** What somebody said or did; the state of servers and of the session is of today. */
export function isSaid(event: HostEvent): event is Extract<HostEvent, { type: (typeof SAID)[number] }> {
  return SAID.some(type => type === event.type)
}
