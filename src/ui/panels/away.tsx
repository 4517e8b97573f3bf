import { Text } from 'ink'
import { clean } from '../../text.ts'
import { usePalette } from '../palette.ts'
import type { Panel } from '../state.ts'
import { type Line, line, paint, truncate } from '../transcript/line.ts'

/** The one row of the questions that were put away. */
export function Away({ away, width }: { away: readonly Panel[]; width: number }) {
  return <Text wrap="truncate">{paint(awayRow(away, width), usePalette())}</Text>
}

/** How many wait, the key that calls them back, and what the first one is about. */
export function awayRow(away: readonly Panel[], width: number): Line {
  const [first] = away
  const count = away.length === 1 ? '1 question waits' : `${away.length} questions wait`
  const about = first === undefined ? '' : aboutOf(first)
  return truncate([...line(`? ${count} · Ctrl+L`, 'accent'), ...line(about, 'dim')], width)
}

function aboutOf(panel: Panel): string {
  if (panel.kind === 'sign-in') return ''
  const { ask } = panel.state
  const text = clean('title' in ask ? ask.title : ask.text, 100)
  return text === '' ? '' : ` · ${text}`
}
