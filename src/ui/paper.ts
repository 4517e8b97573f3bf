/** Begin and end of a synchronized update (mode 2026): Ink puts each frame between them. */
const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'
/** How Ink erases a frame from its first cell on, and the same from the cell beside it. */
const ERASE = '\u001b[1G\u001b[J'
const ERASE_BESIDE = '\u001b[2K\u001b[2G\u001b[J\u001b[1G'

/**
 * The terminal as Ink is given it. A terminal that gets lower drops the rows below the cursor before it scrolls, so whoever
 * erases from the bottom of the last frame upward takes rows of finished text along. Ink knows that when it has heard of the new
 * size; a frame that is written before has to be safe, too. So each one begins with `erase`, which finds the last frame from
 * the cursor, and goes out in one piece. What is erased by itself goes out with the next frame: nobody sees a gap.
 */
export function openPaper(stdout: NodeJS.WriteStream, erase: () => void): NodeJS.WriteStream {
  let held = ''
  let drawing = false

  function write(given: string, ...rest: (() => void)[]): boolean {
    if (given === BEGIN) {
      held = BEGIN + held
      drawing = true
      erase()
      return true
    }
    // Erasing all from the first cell of the window is a `clear` for tmux, which keeps what was there in its history.
    const erases = given.endsWith(ERASE)
    held += erases ? given.slice(0, -ERASE.length) + ERASE_BESIDE : given
    if (given === END) drawing = false
    if (drawing || erases || (given === '' && rest.length === 0)) return true
    const whole = held
    held = ''
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
