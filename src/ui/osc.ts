/**
 * True if the terminal obeys operating system commands (OSC: title, clipboard, links, notifications), or at least swallows
 * them. The others print their text into the middle of the chat.
 */
export function takesOsc({ TERM, WT_SESSION }: Readonly<Record<string, string | undefined>>): boolean {
  // Windows has no TERM; its terminal is known by a variable of its own.
  if (TERM === undefined || TERM === '') return WT_SESSION !== undefined
  return !/^(?:dumb|linux|cons25|vt\d)/.test(TERM)
}
