/** How long something took, in milliseconds, once that is worth telling: `0.4s`, `12s`, `2m 5s`. */
export function durationText(ms: number): string {
  const seconds = ms / 1000
  if (!(seconds >= 0.1)) return ''
  if (seconds < 10) return `${seconds.toFixed(1)}s`
  if (seconds < 60) return `${Math.floor(seconds)}s`
  return `${Math.floor(seconds / 60)}m ${Math.floor(seconds % 60)}s`
}
