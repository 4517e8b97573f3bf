import { clean, cleanBlock } from '../../text.ts'
import { Composer } from '../composer/composer.tsx'
import { isDiff, linesOf, withoutHeaders } from '../transcript/diff.ts'
import { line, truncate, wrap } from '../transcript/line.ts'
import { Panel } from './panel.tsx'
import { isLong, type PermissionState } from './permission-state.ts'
import { fitRows, keyRows, type PanelSize, prose, type Row, titleRow } from './rows.ts'

export interface PermissionPanelProps extends PanelSize {
  state: PermissionState
  /** The row of the panel's first line from the top of the live region, for the cursor in the line for the reason. */
  top?: number
}

/** Rows of the line for the reason. */
const REASON_ROWS = 2

/** Rows of what will happen, however high the window is. */
const MOST_ROWS = 12

/** Longest text that is laid out, in characters: more than any window shows. */
const LONGEST_BODY = 20_000

/** The permission question: what exactly will happen, and the keys that answer. */
export function PermissionPanel({ state, index, total, width, maxRows, top }: PermissionPanelProps) {
  const { ask, reason } = state
  const below = reason
    ? keyRows(
        [
          ['⏎', 'no, with this reason'],
          ['Esc', 'back'],
        ],
        width,
      )
    : keyRows(
        [
          ['y', 'once'],
          ...(ask.approval === undefined ? [] : [['s', 'this session'] as const]),
          ['n', 'no'],
          ['N', 'no, and say why'],
        ],
        width,
      )
  const title = titleRow(ask.title, index, total, width)
  const warning = ask.warning ? prose(9, `! ${clean(ask.warning, 400)}`, width, 2, 'warning') : []
  const intention = ask.intention ? prose(4, clean(ask.intention, 400), width, 2, 'dim') : []
  const taken = 1 + warning.length + below.length + (reason ? REASON_ROWS + 1 : 0)
  // The intention gives way to what will happen, which gives way to nothing but the keys and the warning.
  const body = bodyRows(ask.body, width, Math.max(3, Math.min(MOST_ROWS, maxRows - taken - intention.length)))
  const room = maxRows - taken - body.length
  const above = [title, ...warning, ...body, ...intention.slice(0, Math.max(0, room))]
  if (!reason) return <Panel rows={[...fitRows(above, maxRows - below.length, width), ...below]} />
  const asked = fitRows(
    [...above, ...prose(9, 'What should the model know?', width, 1)],
    maxRows - below.length - REASON_ROWS,
    width,
  )
  return (
    <>
      <Panel rows={asked} />
      <Composer
        editor={reason}
        width={width}
        maxRows={REASON_ROWS}
        top={top === undefined ? undefined : top + asked.length}
      />
      <Panel rows={below} />
    </>
  )
}

/** The first rows and the last one, which may be what matters; never fewer than three. */
function bodyRows(body: string, width: number, most: number): Row[] {
  const text = cleanBlock(body.slice(0, LONGEST_BODY)).trimEnd()
  const shown = isDiff(text) ? withoutHeaders(text, text.slice(0, text.indexOf('\n'))) : text
  const rows = linesOf(shown).flatMap(spans => wrap(spans, width - 2))
  const cut = body.length > LONGEST_BODY
  if (rows.length <= most && !cut) return rows.map(indented)
  const hidden = rows.length - most + 1
  const words = `… ${cut ? 'many' : hidden} more lines${isLong(body) ? ', all of them above' : ''}`
  const note = truncate(line(words, 'dim'), width - 2)
  const last = cut ? truncate(line('(too long to be shown)', 'dim'), width - 2) : (rows.at(-1) ?? [])
  return [...rows.slice(0, most - 2), note, last].map(indented)
}

function indented(spans: Row['line']): Row {
  return { rank: 8, line: [{ text: '  ' }, ...spans] }
}
