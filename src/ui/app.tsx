import { Box, Text, useAnimation, useApp, useInput, usePaste, useStdout } from 'ink'
import { useLayoutEffect, useMemo, useSyncExternalStore } from 'react'
import { Composer, Draft, textWidth } from './composer/composer.tsx'
import { MentionList } from './composer/mention-list.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { composing, type Frame, frameOf } from './frame.ts'
import { type Key, toKeys } from './keys.ts'
import { type Palette, PaletteContext } from './palette.ts'
import { AskPanel } from './panels/ask.tsx'
import { Away } from './panels/away.tsx'
import { PermissionPanel } from './panels/permission.tsx'
import { SignInPanel } from './panels/sign-in.tsx'
import { waitingSignIns } from './panels/sign-in-list.ts'
import { Queued } from './queued.tsx'
import type { View } from './state.ts'
import { StatusLine } from './status-line.tsx'
import type { Store } from './store.ts'
import type { Theme } from './theme.ts'
import { liveRows } from './tools.ts'
import { line } from './transcript/line.ts'
import { Tail, tailRows } from './transcript/tail.tsx'
import { ToolRows } from './transcript/tool-rows.tsx'
import { Transcript } from './transcript/transcript.tsx'

/** What the renderer can do beside drawing. */
export interface Terminal {
  /** Writes finished text above the live region. It is not cleaned and ends with a line feed. */
  write: (text: string) => void
  /** Gives the terminal away while the work lasts. */
  suspend: (work: () => Promise<void>) => Promise<void>
}

/** Of the terminal, in cells. */
export interface WindowSize {
  readonly columns: number
  readonly rows: number
}

/** What the person and the renderer do to the screen. */
export interface Actions {
  /** The keys of one read; `width`: columns for the composer's text. */
  onKeys: (keys: readonly Key[], width: number) => void
  onPaste: (text: string) => void
  onPrinted: (count: number) => void
  onLongText: (text: string) => void
  onTerminal: (terminal: Terminal) => void
  onError: (error: unknown) => void
}

interface Props {
  store: Store<View>
  window: WindowSize
  actions: Actions
  coloursOf: (theme: Theme) => Palette
  now: () => number
}

export function App({ store, window, actions, coloursOf, now }: Props) {
  const theme = useSyncExternalStore(store.subscribe, () => store.get().theme)
  const colours = useMemo(() => coloursOf(theme), [coloursOf, theme])
  return (
    <PaletteContext value={colours}>
      <ErrorBoundary onError={actions.onError}>
        <Screen store={store} window={window} actions={actions} now={now} />
      </ErrorBoundary>
    </PaletteContext>
  )
}

function Screen({ store, window, actions, now }: Omit<Props, 'coloursOf'>) {
  const view = useSyncExternalStore(store.subscribe, store.get)
  const { write } = useStdout()
  const { suspendTerminal } = useApp()
  useLayoutEffect(() => {
    actions.onTerminal({ write, suspend: suspendTerminal })
  }, [actions, write, suspendTerminal])
  return (
    <>
      <Transcript blocks={view.done} drops={view.drops} onPrinted={actions.onPrinted} />
      {view.open && <Live view={view} window={window} actions={actions} now={now} />}
    </>
  )
}

/** How long the spinner stays as it is, in milliseconds. */
const TICK = 250

/** What is drawn again and again, from top to bottom; see `frame.ts` for how high each part may be. */
function Live(props: { view: View; window: WindowSize; actions: Actions; now: () => number }) {
  const { view, actions, now } = props
  const { rows, columns } = props.window
  // While a question is open the person is waited for: nothing turns.
  // Text that is written turns it along; a frame for the spinner alone is drawn when there is none.
  const interval = view.tail.lines.length > 0 ? 4 * TICK : TICK
  useAnimation({ interval, isActive: view.busy && view.panels.length === 0 })
  const tick = Math.floor(now() / TICK)
  const frame = frameOf(view, rows, columns)
  useInput((input, key) => actions.onKeys(toKeys(input, key), textWidth(frame.width)))
  usePaste(actions.onPaste)

  const before = view.tail.lines.length > 0 && view.last !== view.tail.kind ? [line('')] : []
  const tail = tailRows([...before, ...view.tail.lines], frame.width, frame.tail)
  const apart = frame.tools > 0 && frame.gap > 0 && (tail.length > 0 || view.last !== 'tool')
  const top = tail.length + (apart ? 1 : 0) + frame.tools + frame.queued + frame.gap + frame.away
  return (
    <Box flexDirection="column" width={frame.toolWidth} maxHeight={Math.max(1, rows - 1)} overflow="hidden">
      <Tail rows={tail} />
      {apart && <Text> </Text>}
      <ToolRows rows={liveRows(view, now(), frame.toolWidth)} width={frame.toolWidth} maxRows={frame.tools} />
      <Queued view={view} width={frame.width} maxRows={frame.queued} />
      {frame.gap > 0 && <Text> </Text>}
      {frame.away > 0 && <Away away={view.away} width={frame.width} />}
      <Front view={view} frame={frame} top={top} actions={actions} now={now} />
      <StatusLine view={view} width={frame.width} frame={tick} />
    </Box>
  )
}

/** What takes keys: the composer, or a panel in its place. Both, while the person is still typing. */
function Front(props: { view: View; frame: Frame; top: number; actions: Actions; now: () => number }) {
  const { view, frame, top, actions, now } = props
  const { width } = frame
  const [panel] = view.panels
  const typing = composing(view)
  const place = {
    index: view.answered + 1,
    total: view.answered + view.panels.length,
    width,
    maxRows: frame.panel,
    top: typing ? undefined : top,
    open: !typing,
    onLongText: actions.onLongText,
  }
  return (
    <>
      {panel?.kind === 'sign-in' && (
        <SignInPanel
          key={panel.key}
          {...place}
          state={panel.state}
          waiting={waitingSignIns(view.panels)}
          now={now}
        />
      )}
      {panel?.kind === 'ask' && <AskPanel key={panel.key} {...place} state={panel.state} />}
      {panel?.kind === 'permission' && <PermissionPanel key={panel.key} {...place} state={panel.state} />}
      {typing && (
        <Composer
          editor={view.editor}
          width={width}
          maxRows={frame.composer}
          top={panel === undefined ? top : undefined}
        />
      )}
      {!typing && frame.composer > 0 && <Draft editor={view.editor} width={width} />}
      {view.mentions.open !== undefined && frame.list > 0 && (
        <MentionList mentions={view.mentions} width={width} maxRows={frame.list} />
      )}
    </>
  )
}
