/**
 * The sequence that puts a text on the clipboard of the terminal in front of the person (OSC 52), also over SSH. Inside tmux it
 * is sent once more wrapped, for those that let wrapped sequences through and not plain ones.
 */
export function clipboard(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const copy = `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`
  return env.TMUX ? `${copy}\u001bPtmux;\u001b${copy}\u001b\\` : copy
}
