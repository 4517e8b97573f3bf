import { takesOsc } from './osc.ts'

const PIECES = /.{1,200}/gs

export interface ClipboardOptions {
  stdout: { write(text: string): unknown }
  env: Readonly<Record<string, string | undefined>>
  /** Whatever else, beside the terminal, brings a text there. */
  copyAside?(text: string): void
}

/**
 * Puts a text on the clipboard of the terminal in front of the person (OSC 52), also over SSH; gives false where the terminal
 * would print the sequence. Inside tmux it is sent once more wrapped, for those that let wrapped sequences through and not
 * plain ones; inside GNU screen wrapped only, in pieces that it has room for.
 */
export function openClipboard({ stdout, env, copyAside }: ClipboardOptions): (text: string) => boolean {
  return text => {
    if (!takesOsc(env)) return false
    const copy = `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`
    if (env.TMUX) stdout.write(`${copy}\u001bPtmux;\u001b${copy}\u001b\\`)
    else if (env.STY) stdout.write(copy.replaceAll(PIECES, '\u001bP$&\u001b\\'))
    else stdout.write(copy)
    copyAside?.(text)
    return true
  }
}
