import { clean } from '../../text.ts'
import { Composer } from '../composer/composer.tsx'
import type { Style } from '../palette.ts'
import { askedBy, whyAgain } from '../permission-words.ts'
import { linesOf } from '../transcript/diff.ts'
import { type Line, line, plain, truncate, wrap } from '../transcript/line.ts'
import { Panel, type PanelProps, usePrinted } from './panel.tsx'
import { type PermissionState, shownBody } from './permission-state.ts'
import { fitRows, isNarrow, keyRows, prose, type Row, titleRow } from './rows.ts'

export interface PermissionPanelProps extends PanelProps {
  state: PermissionState
}

/** What is told besides what will happen: its rank where room is short, and its look. */
type Told = readonly [rank: number, text: string | undefined, look: Style]

/** Rows of the line for the reason. */
const REASON_ROWS = 2

/** Rows of what will happen, however high the window is. */
const MOST_ROWS = 12

/** Longest text that is laid out, in characters: more than any window shows. */
const LONGEST_BODY = 20_000

/** The permission question: what exactly will happen, and the keys that answer. */
export function PermissionPanel(props: PermissionPanelProps) {
  const { state, index, total, width, maxRows, top, open, onLongText } = props
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
  const before: Told[] = [
    [9, ask.warning && `! ${ask.warning}`, 'warning'],
    [7, whyAgain(ask), 'accent'],
  ]
  const beside: Told[] = [
    [5, askedBy(ask), 'dim'],
    [6, ask.lasting && `s and p allow from now on: ${ask.lasting}`, 'dim'],
  ]
  const behind: Told[] = [[4, ask.intention, 'dim'], ...beside]
  const room = maxRows - below.length - (reason ? REASON_ROWS : 0)
  const question = reason ? prose(9, 'What should the model know?', width, 1) : []
  const left = room - 1 - question.length - toldRows(before, width, 2).length
  // What is told of it gives way to what will happen, which gives way to nothing but the keys and the warning.
  const least = Math.min(3, Math.max(1, left))
  const most = Math.max(least, Math.min(MOST_ROWS, left - toldRows(beside, width, 2).length))
  const body = linesOf(shownBody(ask.body.slice(0, LONGEST_BODY))).flatMap(spans => wrap(spans, width - 2))
  const cut = ask.body.length > LONGEST_BODY
  const shown = fitRows(
    [
      title,
      ...toldRows(before, width, 2),
      ...bodyRows(body, cut, width, most, open),
      ...toldRows(behind, width, 2),
      ...question,
    ],
    room,
    width,
  )
  // Nobody shall allow what could not be read.
  const all = toldRows([...before, ...behind], width).length + body.length + 1 + question.length
  const lost = cut || shown.length < all || !plain(title.line).includes(ask.title)
  const texts = [ask.title, ...before.map(textOf), shownBody(ask.body), ...behind.map(textOf)]
  usePrinted(open && lost ? [texts.filter(Boolean).join('\n')] : [], onLongText)
  if (!reason) return <Panel rows={[...shown, ...below]} />
  return (
    <>
      <Panel rows={shown} />
      <Composer
        editor={reason}
        width={width}
        maxRows={REASON_ROWS}
        top={top === undefined ? undefined : top + shown.length}
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

function textOf([, text]: Told): string {
  return text ?? ''
}

/** Each of them in at most so many rows. */
function toldRows(told: readonly Told[], width: number, most = Number.POSITIVE_INFINITY): Row[] {
  return told.flatMap(([rank, text, look]) => (text ? prose(rank, clean(text, 400), width, most, look) : []))
}

/** The first rows and the last one, which may be what matters; where there is no room for three, that there are more. */
function bodyRows(rows: readonly Line[], cut: boolean, width: number, most: number, above: boolean): Row[] {
  if (rows.length <= most && !cut) return rows.map(indented)
  const hidden = rows.length - most + 1
  const words = `… ${cut ? 'many' : hidden} more lines${above ? ', all of them above' : ''}`
  const note = truncate(line(words, 'dim'), width - 2)
  if (most < 3) return [...rows.slice(0, most - 1), note].map(indented)
  const last = cut ? truncate(line('(too long to be shown)', 'dim'), width - 2) : (rows.at(-1) ?? [])
  return [...rows.slice(0, most - 2), note, last].map(indented)
}

function indented(spans: Row['line']): Row {
  return { rank: 8, line: [{ text: '  ' }, ...spans] }
}
