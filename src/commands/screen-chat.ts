import type { Host } from '../host.ts'
import type { Runtime } from '../runtime/types.ts'
import { openChat } from '../ui/screen.ts'
import type { ChatOptions } from './options.ts'
import type { SessionChoice } from './pick-session.ts'
import type { Settings } from './settings.ts'
import { talk } from './talk.ts'

/** The chat on the screen: Ink, inline. */
export function chatOnScreen(
  options: ChatOptions & { session: SessionChoice },
  settings: Settings,
  starting: Promise<Runtime>,
  host: Host,
): Promise<number> {
  const { stdin, stdout, env, suspend, clock } = host
  return talk(options, settings, starting, host, ports =>
    openChat({ ...ports, stdin, stdout, env, suspend, now: clock.now }),
  )
}
