import { clean } from '../text.ts'
import { takesOsc } from './osc.ts'
import type { View } from './state.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The title of the terminal while the chat is open: who is waited for, and where this is. */
export interface Title {
  /** Writes it where it has changed. */
  show(view: View): void
  /** Gives the terminal the title back that it had. */
  restore(): void
}

/**
 * Writes the title by OSC 2; the one before is kept on the terminal's own stack (XTWINOPS 22 and 23). Nothing is written with
 * `COPILOT_HOST_NO_TITLE`, nor where the terminal would print it.
 */
export function openTitle(write: (text: string) => void, env: Env): Title {
  const off = !['', '0', undefined].includes(env.COPILOT_HOST_NO_TITLE)
  const mute = off || !takesOsc(env)
  let shown: string | undefined
  return {
    show(view) {
      const title = titleOf(view)
      if (mute || title === shown) return
      write(`${shown === undefined ? '\u001b[22;2t' : ''}\u001b]2;${title}\u0007`)
      shown = title
    },
    restore() {
      // A terminal without such a stack is left with no title rather than with ours.
      if (shown !== undefined) write('\u001b]2;\u0007\u001b[23;2t')
      shown = undefined
    },
  }
}

function titleOf({ panels, away, busy, folder }: View): string {
  const mark = panels.length + away.length > 0 ? '? ' : busy ? '… ' : ''
  return `${mark}copilot-host ${clean(folder, 60)}`
}
