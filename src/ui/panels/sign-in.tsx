import { Text } from 'ink'
import { useEffect, useReducer, useRef } from 'react'
import { Caret } from '../composer/caret.tsx'
import { dress, usePalette } from '../palette.ts'
import { cells, keepEnd, steady } from '../width.ts'
import { Panel } from './panel.tsx'
import { longAddress, type SignInSize, signInRows } from './sign-in-rows.ts'
import { type SignInState, signInTakesText } from './sign-in-state.ts'

export interface SignInPanelProps extends SignInSize {
  state: SignInState
  now: () => number
  /** The row of the panel's first line from the top of the live region, for the cursor in the line to type in. */
  top?: number
  /** Called once for each address that is too long for the panel: print it whole, as one line, into the scrollback. */
  onLongAddress: (address: string) => void
}

/** The sign-in panel. Its width and rows are the cap of the live region, not the window. Draws itself anew each second. */
export function SignInPanel({ state, now, top, onLongAddress, ...size }: SignInPanelProps) {
  const colours = usePalette()
  const [, tick] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    const timer = setInterval(tick, 1000)
    return () => clearInterval(timer)
  }, [])

  const printed = useRef(new Set<string>())
  const address = longAddress(state, size.width)
  useEffect(() => {
    if (address === undefined || printed.current.has(address)) return
    printed.current.add(address)
    onLongAddress(address)
  }, [address, onLongAddress])

  const { above, below } = signInRows(state, size, now())
  if (!signInTakesText(state)) return <Panel rows={[...above, ...below]} />
  const typed = keepEnd(hideCode(steady(state.input.text)), size.width - 3)
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

/** What follows `?` holds the authorization code: its length is enough to see that it arrived. */
function hideCode(address: string): string {
  const [page = '', ...query] = address.split('?')
  const hidden = query.join('?').length
  return hidden === 0 ? address : `${page}?… (${hidden} characters)`
}
