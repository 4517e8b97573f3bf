import type { Choice } from '../../auth/types.ts'
import type { Panel } from '../state.ts'
import { line, truncate } from '../transcript/line.ts'
import { cells, keepEnd } from '../width.ts'
import { blank, isNarrow, type PanelSize, prose, type Row } from './rows.ts'
import { type SignInState, signInTakesText } from './sign-in-state.ts'

/** Most rows of the list; what is behind them is counted. */
const MOST = 5
const LONGEST_NAME = 16
const SHORTEST_HOST = 10

/** The sign-ins that wait, the one on screen first. */
export function waitingSignIns(panels: readonly Panel[]): SignInState[] {
  return panels.flatMap(panel => (panel.kind === 'sign-in' ? [panel.state] : []))
}

/** The panel in front goes to the end of the row; nothing is answered. */
export function skipPanel(panels: readonly Panel[]): Panel[] {
  return [...panels.slice(1), ...panels.slice(0, 1)]
}

/** True where one key can take on more than one of them. */
export function canDoAll(waiting: readonly SignInState[]): boolean {
  const untouched = waiting.filter(isFree).length
  return untouched > 0 && untouched + waiting.filter(isInBrowser).length > 1
}

/**
 * Takes on all that can go by browser and do not yet: the first is opened, unless one is open already, and the others
 * follow in its tab. One whose sign-in page has changed waits for its own confirmation.
 */
export function doAll(panels: readonly Panel[]): {
  panels: Panel[]
  choices: { panel: number; choice: Choice }[]
} {
  const choices: { panel: number; choice: Choice }[] = []
  let open = waitingSignIns(panels).some(isInBrowser)
  const next = panels.map((panel): Panel => {
    if (panel.kind !== 'sign-in' || !isFree(panel.state)) return panel
    const follows = open
    open = true
    choices.push({
      panel: panel.key,
      choice: follows ? { kind: 'follow' } : { kind: 'route', route: 'browser' },
    })
    return { ...panel, state: { ...panel.state, shown: 'browser', drawn: undefined, started: true, follows } }
  })
  return { panels: next, choices }
}

/** Where more than one waits: server, host of the sign-in page, how far it is. In a low panel the names alone. */
export function signInList(waiting: readonly SignInState[], { width, maxRows }: PanelSize): Row[] {
  if (waiting.length < 2) return []
  if (maxRows <= 12) {
    const others = waiting.slice(1)
    const then = others.every(({ follows }) => follows) ? 'Then, in the same tab' : 'Then'
    return prose(7, `${then}: ${others.map(({ view }) => view.server).join(', ')}`, width, 1, 'dim')
  }
  const shown = waiting.slice(0, waiting.length > MOST ? MOST - 1 : MOST)
  const narrow = isNarrow(width)
  const name = Math.min(widest(shown.map(({ view }) => view.server)), LONGEST_NAME)
  const host = width - 6 - name - widest(shown.map(state => progressText(state, narrow)))
  const rows = shown.map((state, at): Row => {
    const { server, pageHost } = state.view
    const columns = [column(truncated(server, name), name)]
    if (host >= SHORTEST_HOST && !narrow) columns.push(column(keepEnd(pageHost, host), host))
    return {
      rank: 6,
      line: truncate(
        [
          { text: at === 0 ? '› ' : '  ', styles: ['accent'] },
          { text: `${columns.join('  ')}  ` },
          { text: progressText(state, narrow), styles: ['dim'] },
        ],
        width,
      ),
    }
  })
  const left = waiting.length - shown.length
  return [...rows, ...(left === 0 ? [] : prose(6, `  and ${left} more`, width, 1, 'dim')), blank()]
}

function progressText(state: SignInState, narrow: boolean): string {
  if (state.shown === 'device') return 'code shown'
  if (state.client !== undefined) return narrow ? 'client id' : 'needs a client id'
  if (state.follows) return narrow ? 'same tab' : 'follows in the same tab'
  if (isInBrowser(state)) return narrow ? 'browser' : 'in the browser'
  return state.shown === undefined ? 'asking' : 'address shown'
}

/** Nobody has chosen anything, or only a code is shown; and nothing has to be typed before. */
function isFree(state: SignInState): boolean {
  const { view, shown, started, asking } = state
  const begun = asking !== undefined || (shown === undefined ? started === true : shown !== 'device')
  return !begun && !signInTakesText(state) && view.routes[0] === 'browser'
}

function isInBrowser({ shown, follows, browser, client }: SignInState): boolean {
  return shown === 'browser' && !follows && browser?.opened !== false && client === undefined
}

function truncated(text: string, width: number): string {
  return truncate(line(text), width)
    .map(span => span.text)
    .join('')
}

function column(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)))
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(cells))
}
