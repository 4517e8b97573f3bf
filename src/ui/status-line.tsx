import { Text } from 'ink'
import type { ServerStatus } from '../runtime/types.ts'
import type { Search } from './composer/recall.ts'
import { composing } from './frame.ts'
import { type Style, usePalette } from './palette.ts'
import type { View } from './state.ts'
import { modelWords } from './status-words.ts'
import { type Line, paint, type Span, truncate, width } from './transcript/line.ts'
import { graphemes, visible } from './width.ts'

const FRAMES = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇']

/** The last row: `model · context · folder · what is going on`. */
export function StatusLine({ view, width, frame }: { view: View; width: number; frame: number }) {
  const colours = usePalette()
  const { search } = view.editor
  const searching = search !== undefined && composing(view)
  const row = searching ? searchLine(search, width) : statusLine(view, width, frame)
  return <Text wrap="truncate">{paint(row, colours) || ' '}</Text>
}

/**
 * Where room is short, parts go from the right, so that what stays does not move when a turn begins or ends; what is going on
 * stays, and who decides about tools.
 */
export function statusLine(view: View, room: number, frame: number): Line {
  const state = stateOf(view, frame)
  for (let step = 0; step <= LAST; step += 1) {
    const shown = partsOf(view).filter(({ from = 0, until }) => from <= step && step <= until)
    const row = join([...shown.map(({ span }) => span), ...(step <= HINTED ? state : without(state, HINT))])
    if (width(row) <= room) return row
  }
  return truncate(join(state), room)
}

/** How many steps there are from all that could be told to what must be. */
const LAST = 8
/** The last one at which the key that stops a turn is told: what stands to the left of it stays where it is. */
const HINTED = 4
const HINT = dim('Esc stops')

interface Part {
  span: Span
  /** The steps at which it is there. */
  from?: number
  until: number
}

/** From left to right. Nothing is there that is as it always is. */
function partsOf({ model, context, folder, status }: View): Part[] {
  const { mode, permissions, effort, branch, premiumRequests } = status
  const inBranch = branch === undefined ? '' : ` (${branch})`
  const name = folder.split('/').findLast(part => part !== '') ?? folder
  const dim: readonly Style[] = ['dim']
  const parts: { text: string; until: number; from?: number; styles?: readonly Style[] }[] = [
    { text: model === undefined ? '' : modelWords(model, effort), until: 7 },
    { text: permissions === 'manual' ? '' : permissions.replace('-', ' '), until: 8, styles: ['warning'] },
    { text: mode === 'interactive' ? '' : mode, until: 6, styles: ['accent'] },
    { text: context === undefined ? '' : `${context}% context`, until: 3 },
    { text: premiumRequests > 0 ? `${premiumRequests} premium` : '', until: 2 },
    { text: folder === '' ? '' : `${folder}${inBranch}`, until: 0 },
    { text: folder === '' ? '' : `${name}${inBranch}`, from: 1, until: 1 },
  ]
  return parts
    .filter(({ text }) => text !== '')
    .map(({ text, styles = dim, ...steps }) => ({ span: { text, styles }, ...steps }))
}

/** What Ctrl+R looks for; the keys are not told where room is short. */
export function searchLine({ query, failed }: Search, room: number): Line {
  const asked = [
    { text: 'search: ', styles: ['accent' as const] },
    { text: graphemes(query).map(visible).join('') },
    ...(failed ? [dim(' (not found)')] : []),
  ]
  const keys = 'Ctrl+R older · Enter takes it · Esc goes back'
  const row = [...asked, dim(`  ${keys}`)]
  return width(row) <= room ? row : truncate(asked, room)
}

function stateOf(view: View, frame: number): Span[] {
  if (view.leaving !== undefined) return [{ text: '^C again to leave', styles: ['accent'] }]
  if (view.status.stopped === 'stopped')
    return [{ text: 'stopped', styles: ['warning'] }, dim('Enter starts it again')]
  if (view.status.stopped === 'restarting') return [dim('starting again…')]
  const sorted = (names: readonly string[]) => inOrder(names, view.order)
  // A message that was taken back waits for nothing.
  const waits = view.waiting.length > 0 && view.queued.length > 0
  const waiting = waits ? [{ text: `waiting for ${sorted(view.waiting).join(', ')}…` }] : []
  // Nothing turns while the person is waited for.
  if (view.busy && view.panels.length > 0) return [...waiting, dim('waiting for you')]
  if (view.busy) {
    const doing = view.retry ?? (view.reasoning ? 'thinking…' : `${view.status.doing ?? 'working'}…`)
    const turn = FRAMES[frame % FRAMES.length] ?? ''
    // What changes stands last.
    return [...waiting, HINT, dim(`${turn} ${doing}`)]
  }
  if (waiting.length > 0) return waiting
  const asked = view.panels.flatMap(panel => (panel.kind === 'sign-in' ? [panel.state.view.server] : []))
  const are = (wanted: ServerStatus) =>
    Object.entries(view.servers).flatMap(([name, status]) => (status === wanted ? [name] : []))
  // Who has declined more rights only is signed in.
  const unsigned = view.unsigned.filter(name => view.servers[name] !== 'connected')
  const out = [...new Set([...are('needs-auth'), ...unsigned])].filter(name => !view.later.includes(name))
  const free = (names: readonly string[]) =>
    sorted(names).filter(name => !asked.some(server => server === name))
  return [
    ...told('sign-in waiting', free(view.later), 'accent'),
    ...told('not signed in', free(out), 'dim'),
    ...told('not available', sorted(are('failed')), 'warning'),
  ]
}

function without(spans: readonly Span[], span: Span): Span[] {
  return spans.filter(each => each !== span)
}

function told(what: string, names: readonly string[], style: Style): Span[] {
  if (names.length === 0) return []
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
  return [{ text: `${what}: ${names.slice(0, MOST_NAMES).join(', ')}${more}`, styles: [style] }]
}

/** As they are configured; what is not comes last. */
function inOrder(names: readonly string[], order: readonly string[]): string[] {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  return [...names].sort((one, other) => place(one) - place(other))
}

/** So many servers are named; /mcp names them all. */
const MOST_NAMES = 3

function dim(text: string | undefined): Span {
  return { text: text ?? '', styles: ['dim'] }
}

function join(spans: readonly Span[]): Line {
  return spans.flatMap((span, at) => (at === 0 ? [span] : [dim(' · '), span]))
}
