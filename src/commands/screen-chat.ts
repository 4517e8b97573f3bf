import type { Host } from '../host.ts'
import { openChat } from '../ui/screen.ts'
import { screenEnvironment } from './configure.ts'
import { editText } from './edit-text.ts'
import type { ChatOptions } from './options.ts'
import type { SessionChoice } from './pick-session.ts'
import { openPromptHistory } from './prompt-history.ts'
import type { Running } from './running.ts'
import type { Settings } from './settings.ts'
import { createShell, type Shell } from './shell.ts'
import { talk } from './talk.ts'
import { readTheme } from './theme.ts'
import { copyInTmux } from './tmux-copy.ts'

/** No update is open, and pastes are not marked any more. */
const AS_BEFORE = '\u001b[?2026l\u001b[?2004l'

/** The chat on the screen: Ink, inline. */
export async function chatOnScreen(
  options: ChatOptions & { session: SessionChoice },
  settings: Settings,
  running: Running,
  host: Host,
): Promise<number> {
  const { stdin, stdout, suspend, watchStops, clock, platform } = host
  const { runtime, folders } = settings
  const env = screenEnvironment(settings.configuration, host.env)
  const history = openPromptHistory(folders.state)
  const [earlier, theme] = await Promise.all([history.read(), readTheme(folders.state, env)])
  // Ink says so when it ends. But Ctrl+C once more, by whoever is in a hurry, makes the system drop what the terminal has not read.
  if (stdout.isTTY) host.atExit(() => void stdout.write(AS_BEFORE))
  let kept = Promise.resolve()
  let shell: Shell | undefined

  const code = await talk(options, settings, running, host, ports => {
    const chat = openChat({
      ...ports,
      ...{ stdin, stdout, env, suspend, watchStops, theme },
      now: clock.now,
      prompts: earlier,
      onSubmit(text, now) {
        kept = kept.then(() => history.add(text))
        // Only here: in plain lines a paste cannot be told from what was typed.
        if (text.startsWith('!')) void shell?.run(text)
        else ports.onSubmit(text, now)
      },
      onInterrupt() {
        if (!shell?.stop()) ports.onInterrupt()
      },
      copyAside: text => void copyInTmux(text, runtime.env),
      editText: text => editText(text, { ...host, env: runtime.env }),
    })
    shell = createShell({ env: runtime.env, platform, show: chat.show })
    return chat
  })
  shell?.stop()
  await Promise.all([shell?.ended(), kept])
  return code
}
