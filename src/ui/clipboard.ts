import { takesOsc } from './osc.ts'

export interface ClipboardOptions {
  stdout: { write(text: string): unknown }
  env: Readonly<Record<string, string | undefined>>
  /** Whatever else, beside the terminal, brings a text there. */
  copyAside?(text: string): void
}

/**
 * Puts a text on the clipboard of the terminal in front of the person (OSC 52), also over SSH; gives false where the terminal
 * would print the sequence. Inside tmux it is sent once more wrapped, for those that let wrapped sequences through and not
 * plain ones.
 */
export function openClipboard({ stdout, env, copyAside }: ClipboardOptions): (text: string) => boolean {
  return text => {
    if (!takesOsc(env)) return false
    const copy = `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`
    stdout.write(env.TMUX ? `${copy}\u001bPtmux;\u001b${copy}\u001b\\` : copy)
    copyAside?.(text)
    return true
  }
}
