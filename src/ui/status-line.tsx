import { Text } from 'ink'
import type { Search } from './composer/recall.ts'
import { usePalette } from './palette.ts'
import type { View } from './state.ts'
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

/** Where room is short, what is going on stays, and what can be seen elsewhere goes. */
export function statusLine(view: View, room: number, frame: number): Line {
  const state = stateOf(view, frame)
  const { model, context, folder } = view
  const percent = context === undefined ? undefined : `${context}% context`
  const choices = [[model, percent, folder], [model, folder], [model], []]
  for (const parts of choices) {
    const row = join([...parts.filter(part => part !== undefined && part !== '').map(dim), ...state])
    if (width(row) <= room) return row
  }
  return truncate(join(state), room)
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
    const doing = view.retry ?? (view.thinking ? 'thinking…' : 'working…')
    const turn = FRAMES[frame % FRAMES.length] ?? ''
    return [...waiting, dim(`${turn} ${doing}`), ...(view.panels.length > 0 ? [] : [dim('Esc interrupts')])]
  }
  if (waiting.length > 0) return waiting
  const asked = view.panels.flatMap(panel => (panel.kind === 'sign-in' ? [panel.state.view.server] : []))
  const needing = Object.entries(view.servers).flatMap(([name, status]) =>
    status === 'needs-auth' ? [name] : [],
  )
  const names = [...new Set([...needing, ...view.unsigned])].filter(
    name => !asked.some(server => server === name),
  )
  if (names.length === 0) return []
  return [{ text: `sign-in waiting: ${names.join(', ')}`, styles: ['accent'] }]
}

function dim(text: string | undefined): Span {
  return { text: text ?? '', styles: ['dim'] }
}

function join(spans: readonly Span[]): Line {
  return spans.flatMap((span, at) => (at === 0 ? [span] : [dim(' · '), span]))
}
