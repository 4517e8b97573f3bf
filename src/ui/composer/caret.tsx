import { useCursor } from 'ink'

/** Puts the terminal's own cursor at a cell of the live region, so that input methods show up in the right place. */
export function Caret({ x, y }: { x: number; y: number }) {
  const { setCursorPosition } = useCursor()
  setCursorPosition({ x, y })
  return null
}
