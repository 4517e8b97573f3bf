import { maskSecrets } from '../mask.ts'
import type { HostEvent } from '../runtime/types.ts'
import { clean } from '../text.ts'

/** Takes the home folder and what looks like a secret out of a text that others will read. */
export function redacting(home: string): (text: string) => string {
  const found = inText(home)
  return text => maskSecrets(found === undefined ? text : text.replaceAll(found, '~'))
}

/**
 * The home folder in a text, on Windows with either slash, doubled ones too, in either case; not the beginning of the name of another
 * folder. Undefined where there is none, or where it is the root: a `/` may be anything.
 */
function inText(home: string): RegExp | undefined {
  const windows = /^(?:[a-z]:|\\)/i.test(home)
  const [first = '', ...parts] = home
    .replace(windows ? /[\\/]+$/ : /\/+$/, '')
    .split(windows ? /[\\/]+/ : '/')
  if (parts.length === 0) return undefined
  const path = [first, ...parts].map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(
    `${path.join(windows ? '[\\\\/]+' : '/')}(?![\\p{L}\\p{M}\\p{N}_-]|\\.[\\p{L}\\p{N}_])`,
    windows ? 'giu' : 'gu',
  )
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
