/** Begin and end of a synchronized update (mode 2026): Ink puts each frame between them. */
const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'

/**
 * The terminal as Ink is given it. A terminal that gets lower drops the rows below the cursor before it scrolls, so whoever
 * erases from the bottom of the last frame upward takes rows of finished text along. Ink knows that when it has heard of the new
 * size; a frame that is written before has to be safe, too. So each one begins with `erase`, which finds the last frame from
 * the cursor, and goes out in one piece.
 */
export function openPaper(stdout: NodeJS.WriteStream, erase: () => void): NodeJS.WriteStream {
  let frame: string | undefined

  function write(data: string, ...rest: (() => void)[]): boolean {
    if (frame === undefined && data !== BEGIN) return stdout.write(data, ...rest)
    if (frame === undefined) {
      frame = data
      erase()
      return true
    }
    frame += data
    if (data !== END) return true
    const whole = frame
    frame = undefined
    return stdout.write(whole, ...rest)
  }

  return new Proxy(stdout, {
    get(target, key) {
      if (key === 'write') return write
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
