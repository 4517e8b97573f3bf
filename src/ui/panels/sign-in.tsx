import { Text } from 'ink'
import { useEffect, useReducer } from 'react'
import { Caret } from '../composer/caret.tsx'
import { dress, usePalette } from '../palette.ts'
import { cells, keepEnd, steady } from '../width.ts'
import { Panel, type PanelProps, usePrinted } from './panel.tsx'
import { longTexts, type SignInSize, signInRows } from './sign-in-rows.ts'
import { type SignInState, signInAsksFor } from './sign-in-state.ts'

export interface SignInPanelProps extends SignInSize, Omit<PanelProps, 'open'> {
  state: SignInState
  now: () => number
}

/** The sign-in panel. Its width and rows are the cap of the live region, not the window. Draws itself anew each second. */
export function SignInPanel({ state, now, top, onLongText, ...size }: SignInPanelProps) {
  const colours = usePalette()
  const [, tick] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    const timer = setInterval(tick, 1000)
    return () => clearInterval(timer)
  }, [])
  usePrinted(longTexts(state, size.width), onLongText)

  const { above, below } = signInRows(state, size, now())
  const asked = signInAsksFor(state)
  if (asked === undefined) return <Panel rows={[...above, ...below]} />
  const text = steady(state.input.text)
  const typed = keepEnd(asked === 'paste' ? hideCode(text) : text, size.width - 3)
  return (
    <>
      <Panel rows={above} />
      <Text wrap="truncate">
        {dress('› ', ['accent'], colours)}
        {typed}
      </Text>
      <Panel rows={below} />
      {top !== undefined && <Caret x={2 + cells(typed)} y={top + above.length} />}
    </>
  )
}

/** What follows `?` or `#` holds the authorization code: its length is enough to see that it arrived. */
function hideCode(address: string): string {
  const start = address.search(/[?#]/)
  const hidden = start < 0 ? 0 : address.length - start - 1
  return hidden === 0 ? address : `${address.slice(0, start + 1)}… (${hidden} characters)`
}
