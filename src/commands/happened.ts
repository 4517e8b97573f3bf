import type { HostEvent } from '../runtime/types.ts'
import { reached } from '../trace.ts'

/** One line for the debug log: what happened to whom, never what was said. */
export function happened(event: HostEvent): string {
  if (event.type === 'server') return `event server ${event.name} ${event.status}`
  if (event.type === 'tool-start' || event.type === 'tool-end') return `event ${event.type} ${event.id}`
  return 'id' in event ? `event ${event.type} ${event.id}` : `event ${event.type}`
}

/** Takes down what happens in a session: into the debug log, and the milestones of its first turn. */
export function chronicle(log: (line: string) => void): (event: HostEvent) => void {
  let spoken = false
  return event => {
    if (event.type === 'turn-start') reached('turn begun')
    if (event.type === 'reply-delta' && !spoken) {
      spoken = true
      reached('first token')
    }
    if (!event.type.endsWith('-delta') && event.type !== 'tool-output') log(happened(event))
  }
}
