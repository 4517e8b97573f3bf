import { type Instance, render } from 'ink'
import type { ReactElement } from 'react'
import type { WindowSize } from './app.tsx'
import { openKeyboard } from './keyboard.ts'
import { openPaper } from './paper.ts'
import type { ChatScreenOptions } from './types.ts'

/** Draws inline, below what the terminal shows already, until it is unmounted: what `element` gives for the window as it is. */
export function draw(
  element: (window: WindowSize) => ReactElement,
  { stdin, stdout, now }: Pick<ChatScreenOptions, 'stdin' | 'stdout' | 'now'>,
): Instance {
  // Ink does it too, but only behind its first frame, and an Enter before that would become a line feed.
  if (stdin.isTTY) stdin.setRawMode(true)
  let app: Instance | undefined
  const fitted = () => element({ columns: stdout.columns || 80, rows: stdout.rows || 24 })
  // Ink listens too, and then draws what is laid out: by now, that is for the new size. It would not where that looks the
  // same, but the terminal may have dropped rows in between.
  const resized = () => {
    app?.clear()
    app?.rerender(fitted())
  }
  stdout.on('resize', resized)
  app = render(fitted(), {
    stdin: openKeyboard(stdin, now),
    stdout: openPaper(stdout, () => app?.clear()),
    interactive: stdout.isTTY,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 250,
  })
  const { unmount, ...drawn } = app
  const ended = () => stdout.off('resize', resized)
  drawn.waitUntilExit().then(ended, ended)
  return {
    ...drawn,
    unmount() {
      // Whatever is drawn after this would take the keys again.
      ended()
      unmount()
    },
  }
}
