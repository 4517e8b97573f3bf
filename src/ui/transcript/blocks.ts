import type { ToolEnd } from '../../runtime/types.ts'
import { cleanBlock } from '../../text.ts'
import { durationText } from '../duration.ts'
import type { Style } from '../palette.ts'
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
  /** The newest line of its output. */
  readonly progress?: string
  /** A command of the person's own: no turn ends it. */
  readonly own?: boolean
}

export type Level = 'done' | 'info' | 'warning' | 'error'

const PROMPT_LINES = 20
const OUTPUT_LINES = 5
const OUTPUT_COLUMNS = 200
/** What is looked at of an output, in characters. */
const OUTPUT_LENGTH = 256 * 1024

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

/** What the person said. */
export function promptBlock(text: string): Line[] {
  return shortened(cleanBlock(text).trimEnd(), PROMPT_LINES).map(({ text, note }, at) => [
    { text: at === 0 ? '› ' : '  ', styles: ['accent'] },
    { text, styles: note ? ['dim'] : ['strong'] },
  ])
}

/** Several lines as they are; those of a unified diff in its colours. */
export function textBlock(text: string, diff = false): Line[] {
  return cleanBlock(text)
    .split('\n')
    .map(each => line(untab(each), ...(diff ? diffStyle(each) : [])))
}

function diffStyle(text: string): Style[] {
  if (/^(?:diff |index |---|\+\+\+|@@)/u.test(text)) return ['dim']
  if (text.startsWith('+')) return ['good']
  return text.startsWith('-') ? ['bad'] : []
}

/** A line of the host's own. */
export function noticeBlock(level: Level, text: string): Line[] {
  return [[MARKS[level], { text: ' ' }, { text: untab(text), styles: level === 'info' ? ['dim'] : [] }]]
}

/** A finished tool call with the beginning of its output. `output` is raw. */
export function toolBlock(tool: Tool, end: ToolEnd, output: string, now: number): Line[] {
  const word = end === 'ok' ? '' : `  ${end}`
  const row: Line = [
    ENDS[end],
    { text: ' ' },
    ...toolName(tool),
    { text: `${word}${calledAs(tool)}${took(tool, now)}`, styles: ['dim'] },
  ]
  if (end === 'denied' || end === 'cancelled') return [row]
  const text = cleanBlock(output.slice(0, OUTPUT_LENGTH)).trim()
  if (text === '') return [row]
  return [row, ...shortened(text, OUTPUT_LINES).map(({ text }) => line(`  ${cut(text)}`, 'dim'))]
}

/** A command of the person's own that has ended, with its output, which is raw, less the `left` lines in front of it. */
export function shellBlock(
  tool: Tool,
  { code, text: output, left }: { code?: number; text: string; left: number },
  now: number,
): Line[] {
  const word = code === undefined ? '  stopped' : code === 0 ? '' : `  exit code ${code}`
  const end = ENDS[code === undefined ? 'cancelled' : code === 0 ? 'ok' : 'failed']
  const row: Line = [
    end,
    { text: ' ' },
    ...toolName(tool),
    { text: `${word}${took(tool, now)}`, styles: ['dim'] },
  ]
  const note = left > 0 ? [line(`  … ${left} lines before are left out`, 'dim')] : []
  const text = cleanBlock(output).trimEnd()
  return [row, ...note, ...(text === '' ? [] : text.split('\n').map(each => line(`  ${untab(each)}`)))]
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
    rows.push({ text: `… ${lines.length - shown.length} more lines`, note: true })
  return rows
}

function cut(text: string): string {
  const points = Array.from(text.slice(0, OUTPUT_COLUMNS * 2))
  return points.length > OUTPUT_COLUMNS ? `${points.slice(0, OUTPUT_COLUMNS).join('')}…` : text
}
