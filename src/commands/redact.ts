import { maskSecrets } from '../mask.ts'
import type { HostEvent } from '../runtime/types.ts'
import { clean } from '../text.ts'

/** Takes the home folder and what looks like a secret out of a text that others will read. */
export function redacting(home: string): (text: string) => string {
  return text => maskSecrets(home === '' ? text : text.replaceAll(home, '~'))
}

/** ... out of an event of a conversation; of a tool only its name and how it ended are left. */
export function redactEvent(event: HostEvent, redact: (text: string) => string): HostEvent {
  switch (event.type) {
    case 'tool-start':
      return { ...event, summary: clean('[redacted]') }
    case 'tool-end':
      return { ...event, text: '' }
    case 'user':
    case 'reply':
      return { ...event, text: redact(event.text) }
    case 'agent':
      return { ...event, name: undefined }
    case 'agent-end':
      return { ...event, text: '' }
    case 'error':
    case 'notice':
      return { ...event, text: clean(redact(event.text), 300) }
    default:
      return event
  }
}
