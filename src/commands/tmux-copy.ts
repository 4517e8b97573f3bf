import { feedProgram } from '../spawn.ts'

/** How long tmux may take, in milliseconds. */
const PATIENCE = 2000

/**
 * Gives tmux a text for its buffer and for the clipboard of the terminal outside (`-w`, tmux 3.2): as it is set up by default
 * it takes that from its own command, and not from the programs in it. Does nothing elsewhere.
 */
export async function copyInTmux(text: string, env: Readonly<Record<string, string>>): Promise<void> {
  if (!env.TMUX) return
  await feedProgram({ program: 'tmux', args: ['load-buffer', '-w', '-'], env }, text, PATIENCE)
}
