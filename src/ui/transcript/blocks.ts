import type { ToolEnd } from '../../runtime/types.ts'
import { cleanBlock } from '../../text.ts'
import { durationText } from '../duration.ts'
import type { Folded } from '../folded.ts'
import type { Style } from '../palette.ts'
import { nameBlobs } from './blob.ts'
import { diffLines, isDiff, linesOf, openDiff, withoutHeaders } from './diff.ts'
import { flow, proseWidth } from './flow.ts'
import { type Line, line, type Span, untab } from './line.ts'

/** A tool call that runs, or ran. */
export interface Tool {
  readonly id: string
  readonly name: string
  readonly server?: string
  readonly summary: string
  readonly agent?: string
  /** As whom it is called, where its server has several accounts. */
  readonly account?: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The newest lines of its output. */
  readonly progress?: string
  /** A command of the person's own: no turn ends it. */
  readonly own?: boolean
  /** The calls of the sub-agent that it started, as far as they have ended. */
  readonly inner?: readonly Line[]
  /** How deep it is drawn below the call that started its sub-agent. */
  readonly depth?: number
}

/** A sub-agent, and the tool call that started it. */
export interface Agent {
  readonly call: string
  readonly name?: string
  readonly background?: boolean
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** How it ended, while the call that started it has not. */
  over?: { end: ToolEnd; text: string }
}

export type Level = 'done' | 'info' | 'warning' | 'error'

const PROMPT_LINES = 20
const OUTPUT_LINES = 5
const DIFF_LINES = 30
const OUTPUT_COLUMNS = 200
/** The key that prints all of what is folded. */
export const FOLD_HINT = ' (Ctrl+O)'
/** What is looked at of an output, and kept of what is folded, in characters. */
const OUTPUT_LENGTH = 256 * 1024
const NOT_KEPT = '\n(the rest is not kept)'

const MARKS: Readonly<Record<Level, Span>> = {
  done: { text: '✓', styles: ['good'] },
  info: { text: '○', styles: ['dim'] },
  warning: { text: '!', styles: ['warning'] },
  error: { text: '✗', styles: ['bad'] },
}

const ENDS: Readonly<Record<ToolEnd, Span>> = {
  ok: { text: '●', styles: ['good'] },
  failed: { text: '✗', styles: ['bad'] },
  denied: { text: '○', styles: ['dim'] },
  cancelled: { text: '○', styles: ['dim'] },
}

/** The first line of a chat. */
export function header(version: string, model: string | undefined, folder: string): Line {
  const rest = [model, folder].filter(part => part !== undefined && part !== '')
  return [
    { text: `copilot-host ${version}`, styles: ['strong'] },
    { text: rest.map(part => ` · ${part}`).join(''), styles: ['dim'] },
  ]
}

/** What the person said, or its beginning, and then all of it. `said` is raw. */
export function promptBlock(said: string, columns: number): { lines: Line[]; folded?: Folded } {
  const all = nameBlobs(cleanBlock(said)).trimEnd()
  const rows = shortened(all, PROMPT_LINES)
  const lines = rows.flatMap(({ text, note }, at) => {
    const lead: Line = [{ text: at === 0 ? '› ' : '  ', styles: ['accent'] }]
    const words: Line = [{ text, styles: note ? ['dim'] : ['strong'] }]
    // What is indented is code, most likely.
    return /^\s/.test(text) ? [[...lead, ...words]] : flow({ lead, hang: 2, words }, proseWidth(columns))
  })
  if (!rows.some(({ note }) => note)) return { lines }
  const kept = all.length > OUTPUT_LENGTH ? beginning(all) + NOT_KEPT : all
  return { lines, folded: { title: 'your message', text: kept } }
}

/** A line of the host's own. */
export function noticeBlock(level: Level, text: string, columns: number): Line[] {
  const words: Line = [{ text: untab(text), styles: level === 'info' ? ['dim'] : [] }]
  return flow({ lead: [MARKS[level], { text: ' ' }], hang: 2, words }, proseWidth(columns))
}

/** A finished tool call with the beginning of its output, and all of that if there is more. `output` is raw. */
export function toolBlock(
  tool: Tool,
  end: ToolEnd,
  output: string,
  now: number,
  columns: number,
): { row: Line[]; shown: Line[]; folded?: Folded } {
  const word = end === 'ok' ? '' : `  ${end}`
  const row = toolRow(tool, ENDS[end], word, now, columns)
  if (end === 'denied') return { row, shown: [] }
  const text = nameBlobs(beginning(output).trim())
  if (text === '') return { row, shown: [] }
  const diff = isDiff(text)
  const lines = shortened(
    diff ? withoutHeaders(text, toldFile(tool, text)) : text,
    diff ? DIFF_LINES : OUTPUT_LINES,
  )
  const shown = diff
    ? diffLines(
        lines.map(({ text }) => cut(text)),
        openDiff(),
      ).map(indented)
    : lines.map(({ text }) => line(`  ${cut(text)}`, 'dim'))
  const whole = lines.every(({ text, note }) => !note && text === cut(text)) && output.length <= OUTPUT_LENGTH
  if (whole) return { row, shown }
  const more = output.length > OUTPUT_LENGTH ? NOT_KEPT : ''
  const name = toolName({ ...tool, summary: '' })
    .map(span => span.text)
    .join('')
  return { row, shown, folded: { title: `the output of ${name}`, text: text + more } }
}

/** The file of a diff, where the row of the call names it. */
function toldFile({ summary }: Tool, diff: string): string | undefined {
  const file = /^\+\+\+ b\/(.+)$/m.exec(diff)?.[1]
  const told = /(?:^| )path=…?(.+?)(?= \w+=|$)/.exec(summary)?.[1]
  return file !== undefined && told !== undefined && `/${file}`.endsWith(told) ? file : undefined
}

/** A command of the person's own that has ended, with its output, which is raw, less the `left` lines in front of it. */
export function shellBlock(
  tool: Tool,
  { code, text: output, left }: { code?: number; text: string; left: number },
  now: number,
  columns: number,
): Line[] {
  const word = code === undefined ? '  stopped' : code === 0 ? '' : `  exit code ${code}`
  const end = ENDS[code === undefined ? 'cancelled' : code === 0 ? 'ok' : 'failed']
  const note = left > 0 ? [line(`  … ${left} lines before are left out`, 'dim')] : []
  const text = cleanBlock(output).trimEnd()
  return [
    ...toolRow(tool, end, word, now, columns),
    ...note,
    ...(text === '' ? [] : linesOf(text).map(indented)),
  ]
}

function toolRow(tool: Tool, end: Span, word: string, now: number, columns: number): Line[] {
  const words = [
    ...toolName(tool),
    { text: `${word}${calledAs(tool)}${took(tool, now)}`, styles: ['dim'] as const },
  ]
  return flow({ lead: [end, { text: ' ' }], hang: 4, words }, proseWidth(columns))
}

function indented(spans: Line): Line {
  return [{ text: '  ' }, ...spans]
}

/** `server · tool  arguments` */
export function toolName(tool: Tool): Span[] {
  const dim: readonly Style[] = ['dim']
  return [
    ...(tool.agent === undefined ? [] : [{ text: '↳ ', styles: dim }]),
    ...(tool.server === undefined ? [] : [{ text: `${tool.server} · `, styles: dim }]),
    { text: tool.name, styles: ['strong'] },
    ...(tool.summary === '' ? [] : [{ text: `  ${tool.summary}` }]),
  ]
}

/** As whom a tool is called, where there is more than one who could. */
export function calledAs({ account }: Tool): string {
  return account === undefined ? '' : `  as ${account}`
}

/** How long a tool has run, once that is worth telling. */
export function took(tool: Tool, now: number): string {
  const text = durationText(now - tool.startedAt)
  return text === '' ? '' : `  ${text}`
}

function shortened(text: string, most: number): { text: string; note: boolean }[] {
  const lines = text.split('\n')
  // A note that stands for a single line would take the place of that line.
  const shown = lines.length <= most + 1 ? lines : lines.slice(0, most)
  const rows = shown.map(source => ({ text: untab(source).trimEnd(), note: false }))
  if (shown.length < lines.length)
    rows.push({ text: `… ${lines.length - shown.length} more lines${FOLD_HINT}`, note: true })
  return rows
}

/** Cleaned, and a string of its own: a piece of one keeps all of that in memory. */
function beginning(text: string): string {
  return Buffer.from(cleanBlock(text.slice(0, OUTPUT_LENGTH))).toString()
}

function cut(text: string): string {
  const points = Array.from(text.slice(0, OUTPUT_COLUMNS * 2))
  return points.length > OUTPUT_COLUMNS ? `${points.slice(0, OUTPUT_COLUMNS).join('')}…` : text
}
