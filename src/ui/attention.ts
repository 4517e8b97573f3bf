import { callSequence, createCaller } from './notify.ts'
import type { View } from './state.ts'
import { openTitle } from './title.ts'

/** What a person sees and hears of a chat that they do not look at: the title, and a call when they are needed. */
export interface Attention {
  look(view: View): void
  /** The person has typed. */
  typed(): void
  /** The terminal is given back. */
  restore(): void
}

export function openAttention(
  stdout: { write(text: string): unknown },
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
  later: (work: () => void, ms: number) => () => void,
): Attention {
  const title = openTitle(text => void stdout.write(text), env)
  const caller = createCaller(() => void stdout.write(callSequence(env)), now, later)
  return {
    look(view) {
      if (!view.open) return
      title.show(view)
      caller.asks(view.panels[0]?.key)
    },
    typed: caller.typed,
    restore: title.restore,
  }
}
