import type { Host } from '../host.ts'
import { openPlainChat } from '../ui/plain/chat.ts'
import type { ChatOptions } from './options.ts'
import type { SessionChoice } from './pick-session.ts'
import type { Running } from './running.ts'
import type { Settings } from './settings.ts'
import { talk } from './talk.ts'

/** The same chat as lines that are never changed: nothing of Ink is loaded. */
export function chatInLines(
  options: ChatOptions & { session: SessionChoice },
  settings: Settings,
  running: Running,
  host: Host,
): Promise<number> {
  const { stdin, stdout, clock, interrupts } = host
  return talk(options, settings, running, host, ports =>
    openPlainChat({ ...ports, stdin, stdout, clock, interrupts }),
  )
}
