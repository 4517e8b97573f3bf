import type { Ask } from '../../runtime/types.ts'
import { clean, cleanBlock, hostOf } from '../../text.ts'
import { Composer } from '../composer/composer.tsx'
import { type Line, line, truncate, untab, wrap } from '../transcript/line.ts'
import { type Entry, valueIn, valueText } from './ask-entry.ts'
import { type AskState, askTakesText, entryOf, fieldOf } from './ask-state.ts'
import { Panel, type PanelProps, usePrinted } from './panel.tsx'
import { field as fieldRow, fitRows, keyRows, prose, type Row, titleRow } from './rows.ts'

export interface AskPanelProps extends PanelProps {
  state: AskState
}

/** Rows of the line to type in. */
const LINE_ROWS = 3
/** Rows of the text of a question, however high the window is. */
const MOST_ROWS = 12
/** What a row of that text is worth where room is short. */
const TEXT = 7
/** Longest text that is laid out, in characters. */
const LONGEST_TEXT = 20_000
/** Options shown at once. */
const MOST_OPTIONS = 8
/** Rows of what is told of the option at the cursor. */
const MOST_DETAILS = 3

/** The panel of a question, a form, a plan, or an address to open. */
export function AskPanel({ state, index, total, width, maxRows, top, open, onLongText }: AskPanelProps) {
  const entry = entryOf(state)
  const later: Hint[] = state.leaving ? [] : [['Ctrl+L', 'later']]
  const below = keyRows([...keysOf(state, entry), ...later], width)
  const typing = askTakesText(state)
  const list =
    !typing && !state.leaving && entry?.kind === 'list'
      ? [...optionRows(state, entry, width, maxRows), ...detailRows(state, entry, width)]
      : []
  const note = state.note === undefined || state.leaving ? [] : prose(9, state.note, width, 1, 'warning')
  const taken = 1 + list.length + note.length + below.length + (typing ? LINE_ROWS : 0)
  const form = formRows(state, width)
  const { text } = state.ask
  const whole = cleanBlock(text.slice(0, LONGEST_TEXT))
    .split('\n')
    .flatMap(each => wrap(line(untab(each)), width))
  const most = Math.min(MOST_ROWS, Math.max(2, maxRows - taken - Math.max(2, form.length)))
  const said = textRows(whole, width, most, open)
  const above = [
    titleRow(titleOf(state.ask), index, total, width),
    ...said,
    ...(isReview(state) ? fittedFields(form, maxRows - taken - said.length, width) : form),
    ...list,
    ...note,
  ]
  const rows = fitRows(above, maxRows - below.length - (typing ? LINE_ROWS : 0), width)
  const lost = text.length > LONGEST_TEXT || rows.filter(({ rank }) => rank === TEXT).length < whole.length
  usePrinted(open && lost ? [text] : [], onLongText)
  if (!typing || state.line === undefined) return <Panel rows={[...rows, ...below]} />
  return (
    <>
      <Panel rows={rows} />
      <Composer
        editor={state.line}
        width={width}
        maxRows={LINE_ROWS}
        top={top === undefined ? undefined : top + rows.length}
      />
      <Panel rows={below} />
    </>
  )
}

function titleOf(ask: Ask): string {
  switch (ask.kind) {
    case 'question':
      return 'A question for you'
    case 'plan':
      return 'Go on with this plan?'
    case 'form':
      return `${ask.server ?? 'A server'} asks you`
    case 'address':
      return `${ask.server ?? 'A server'} wants a page to be opened`
  }
}

function textRows(whole: readonly Line[], width: number, most: number, above: boolean): Row[] {
  const cut = whole.length > most
  const rows = whole.slice(0, cut ? most - 1 : most).map(each => ({ rank: TEXT, line: each }))
  const words = `… ${whole.length - rows.length} more lines${above ? ' above' : ''}`
  return cut ? [...rows, { rank: 9, line: truncate(line(words, 'dim'), width) }] : rows
}

/** True where a form is read once more before it is sent. */
function isReview(state: AskState): boolean {
  return state.ask.kind === 'form' && fieldOf(state) === undefined && state.leaving !== true
}

/** The fields of a form that fit, and how many do not. */
function fittedFields(rows: readonly Row[], most: number, width: number): Row[] {
  if (rows.length <= most) return [...rows]
  const shown = fitRows(rows, most - 1, width)
  const count = (all: readonly Row[]) => all.filter(({ more }) => more !== true).length
  const words = `… ${count(rows) - count(shown)} more`
  return [...shown, { rank: 9, line: truncate(line(words, 'dim'), width) }]
}

function formRows(state: AskState, width: number): Row[] {
  const { ask } = state
  if (ask.kind === 'address')
    return fieldRow(9, 'Page', hostOf(ask.address) || clean(ask.address, 200), width, 2)
  if (ask.kind !== 'form') return []
  const field = fieldOf(state)
  if (state.leaving) return prose(9, 'Decline it, or only put an end to it?', width, 2)
  if (field === undefined) {
    const rows = ask.fields.flatMap(each =>
      fieldRow(6, each.title, valueText(each, valueIn(state.values, each)), width, 2),
    )
    return ask.fields.length === 0 ? prose(6, 'There is nothing to fill in.', width) : rows
  }
  const place = ask.fields.length > 1 ? ` (${state.at + 1} of ${ask.fields.length})` : ''
  return [
    ...prose(9, `${field.title}${field.required ? '' : ', if you like'}${place}`, width, 2, 'strong'),
    ...(field.description ? prose(5, field.description, width, 2, 'dim') : []),
  ]
}

/** The options round the cursor. */
function optionRows(
  { cursor, marked }: AskState,
  { options, several }: Extract<Entry, { kind: 'list' }>,
  width: number,
  maxRows: number,
): Row[] {
  const room = Math.min(MOST_OPTIONS, Math.max(2, maxRows - 6))
  const first = Math.max(0, Math.min(cursor - Math.floor(room / 2), options.length - room))
  return options.slice(first, first + room).flatMap(({ value, title }, at) => {
    const number = first + at + 1
    const box = several ? (marked.includes(value) ? '[x] ' : '[ ] ') : ''
    const text = `${number <= 9 ? `${number} ` : '  '}${box}${title}`
    if (first + at !== cursor) return { rank: 8, line: [{ text: '  ' }, ...truncate(line(text), width - 2)] }
    // The one that would be taken can be read on.
    return prose(6, text, width - 2, 3).map((row, below) => ({
      ...row,
      rank: below === 0 ? 9 : 6,
      line: [{ text: below === 0 ? '› ' : '  ', styles: ['accent'] as const }, ...row.line],
    }))
  })
}

/** As many rows for each option, so that nothing moves with the cursor. */
function detailRows(
  { cursor }: AskState,
  { options }: Extract<Entry, { kind: 'list' }>,
  width: number,
): Row[] {
  const most = Math.max(0, ...options.map(({ details = [] }) => Math.min(details.length, MOST_DETAILS)))
  const details = options[cursor]?.details ?? []
  return Array.from({ length: most }, (_, at) => {
    const text = truncate(line(`    ${details[at] ?? ''}`, 'dim'), width)
    return { rank: 4, line: text }
  })
}

type Hint = readonly [key: string, text: string]

function keysOf(state: AskState, entry: Entry | undefined): Hint[] {
  const { ask, leaving } = state
  const end: Hint = ['Esc', ask.kind === 'question' ? 'no answer' : ask.kind === 'plan' ? 'no' : 'cancel']
  if (leaving)
    return [
      ['d', 'decline'],
      ['Esc', 'cancel'],
      ['b', 'back to the form'],
    ]
  const before: Hint[] = ask.kind === 'form' && state.at > 0 ? [['⇧Tab', 'back']] : []
  if (askTakesText(state)) {
    const list = entry?.kind === 'list'
    return [['⏎', ask.kind === 'form' ? 'next' : 'send'], ...before, list ? ['Esc', 'back'] : end]
  }
  if (ask.kind === 'address') return [['⏎', 'open it'], ['u', 'copy address'], ['d', 'decline'], end]
  if (entry === undefined) return [['⏎', 'send'], ['b', 'back'], end]
  if (entry.kind === 'text') return [end]
  const skip: Hint[] = entry.optional ? [['Tab', 'skip']] : []
  const own: Hint[] =
    ask.kind === 'plan'
      ? [['n', 'no, and say what should change']]
      : ask.kind === 'question' && ask.freeform
        ? [['t', 'type an answer']]
        : []
  const pick: Hint[] = entry.several
    ? [
        ['Space', 'mark'],
        ['⏎', 'next'],
      ]
    : [
        ['↑↓', 'move'],
        ['⏎', 'take it'],
      ]
  return [...pick, ...own, ...skip, ...before, end]
}
