import type { HostEvent } from '../runtime/types.ts'

/** One line for the debug log: what happened to whom, never what was said. */
export function happened(event: HostEvent): string {
  if (event.type === 'server') return `event server ${event.name} ${event.status}`
  if (event.type === 'tool-start' || event.type === 'tool-end') return `event ${event.type} ${event.id}`
  return 'id' in event ? `event ${event.type} ${event.id}` : `event ${event.type}`
}
