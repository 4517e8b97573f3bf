import { Text } from 'ink'
import type { ServerStatus } from '../runtime/types.ts'
import type { Search } from './composer/recall.ts'
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
  const row = search === undefined ? statusLine(view, width, frame) : searchLine(search, width)
  return <Text wrap="truncate">{paint(row, colours) || ' '}</Text>
}

/** Where room is short, what can be seen elsewhere goes first; what is going on stays. */
export function statusLine(view: View, room: number, frame: number): Line {
  const state = stateOf(view, frame)
  for (let step = 0; step <= LAST; step += 1) {
    const shown = partsOf(view).filter(({ from = 0, until }) => from <= step && step <= until)
    const told = step < LAST ? state : state.filter(span => span !== HINT)
    const row = join([...shown.map(({ span }) => span), ...told])
    if (width(row) <= room) return row
  }
  return truncate(join(state), room)
}

/** How many steps there are from all that could be told to what must be. */
const LAST = 8

const HINT = dim('Esc interrupts')

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
    { text: model === undefined ? '' : modelWords(model, effort), until: 5 },
    { text: permissions === 'manual' ? '' : permissions.replace('-', ' '), until: 8, styles: ['warning'] },
    { text: mode === 'interactive' ? '' : mode, until: 6, styles: ['accent'] },
    { text: context === undefined ? '' : `${context}% context`, until: 1 },
    { text: folder === '' ? '' : `${folder}${inBranch}`, until: 3 },
    { text: folder === '' ? '' : `${name}${inBranch}`, from: 4, until: 4 },
    { text: premiumRequests > 0 ? `${premiumRequests} premium` : '', until: 2 },
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
  const waiting = view.waiting.length > 0 ? [{ text: `waiting for ${view.waiting.join(', ')}…` }] : []
  if (view.busy) {
    const doing = view.retry ?? (view.reasoning ? 'thinking…' : 'working…')
    const turn = FRAMES[frame % FRAMES.length] ?? ''
    return [...waiting, dim(`${turn} ${doing}`), ...(view.panels.length > 0 ? [] : [HINT])]
  }
  if (waiting.length > 0) return waiting
  const asked = view.panels.flatMap(panel => (panel.kind === 'sign-in' ? [panel.state.view.server] : []))
  const are = (wanted: ServerStatus) =>
    Object.entries(view.servers).flatMap(([name, status]) => (status === wanted ? [name] : []))
  // Who has declined more rights only is signed in.
  const unsigned = view.unsigned.filter(name => view.servers[name] !== 'connected')
  const out = [...new Set([...are('needs-auth'), ...unsigned])].filter(name => !view.later.includes(name))
  const free = (names: readonly string[]) => names.filter(name => !asked.some(server => server === name))
  return [
    ...told('sign-in waiting', free(view.later), 'accent'),
    ...told('not signed in', free(out), 'dim'),
    ...told('not available', are('failed'), 'warning'),
  ]
}

function told(what: string, names: readonly string[], style: Style): Span[] {
  return names.length === 0 ? [] : [{ text: `${what}: ${names.join(', ')}`, styles: [style] }]
}

function dim(text: string | undefined): Span {
  return { text: text ?? '', styles: ['dim'] }
}

function join(spans: readonly Span[]): Line {
  return spans.flatMap((span, at) => (at === 0 ? [span] : [dim(' · '), span]))
}
