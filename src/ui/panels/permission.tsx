import { clean } from '../../text.ts'
import { Composer } from '../composer/composer.tsx'
import { askedBy, whyAgain } from '../permission-words.ts'
import { linesOf } from '../transcript/diff.ts'
import { line, truncate, wrap } from '../transcript/line.ts'
import { Panel } from './panel.tsx'
import { isLong, type PermissionState, shownBody } from './permission-state.ts'
import { fitRows, isNarrow, keyRows, type PanelSize, prose, type Row, titleRow } from './rows.ts'

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
          ...(ask.approval === undefined ? [] : longer(width)),
          ['n', 'no'],
          ['N', 'no, and say why'],
        ],
        width,
      )
  const title = titleRow(ask.title, index, total, width)
  const warning = ask.warning ? prose(9, `! ${clean(ask.warning, 400)}`, width, 2, 'warning') : []
  const why = whyAgain(ask)
  const again = why === undefined ? [] : prose(7, clean(why, 400), width, 2, 'accent')
  const beside = [
    ...aside(5, askedBy(ask), width),
    ...aside(6, ask.lasting && `s and p allow from now on: ${ask.lasting}`, width),
  ]
  const taken = 1 + warning.length + again.length + below.length + (reason ? REASON_ROWS + 1 : 0)
  // What is told of it gives way to what will happen, which gives way to nothing but the keys and the warning.
  const body = bodyRows(ask.body, width, Math.max(3, Math.min(MOST_ROWS, maxRows - taken - beside.length)))
  const above = [title, ...warning, ...again, ...body, ...aside(4, ask.intention, width), ...beside]
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

/** The keys that allow more than once. */
function longer(width: number): [key: string, text: string][] {
  const [session, project] = isNarrow(width) ? ['session', 'project'] : ['this session', 'this project']
  return [
    ['s', session],
    ['p', project],
  ]
}

function aside(rank: number, text: string | undefined, width: number): Row[] {
  return text === undefined ? [] : prose(rank, clean(text, 400), width, 2, 'dim')
}

/** The first rows and the last one, which may be what matters; never fewer than three. */
function bodyRows(body: string, width: number, most: number): Row[] {
  const rows = linesOf(shownBody(body.slice(0, LONGEST_BODY))).flatMap(spans => wrap(spans, width - 2))
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
