import type { Style } from '../palette.ts'
import { type Line, line, untab } from './line.ts'

/** Where in a unified diff the next line stands: so many lines of the old and of the new text are left of the hunk. */
export interface Diff {
  removed: number
  added: number
}

const HUNK = /^@@+ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/
const HEADER = /^(?:diff |index |--- |\+\+\+ |new file|deleted file|old mode|new mode|similarity |rename )/

export function openDiff(): Diff {
  return { removed: 0, added: 0 }
}

/** True if the text is a unified diff, or has one in it. */
export function isDiff(text: string): boolean {
  return /^(?:@@+ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@|diff --git )/m.test(text)
}

/** The text without the headers that only name the file once more. `file`: its path, if it has been said. */
export function withoutHeaders(text: string, file = ''): string {
  const path = file.replace(/^\//, '')
  const names = ['---', '+++'].flatMap(sign => ['a', 'b'].map(side => `${sign} ${side}/${path}`))
  const told = (line: string) =>
    /^(?:diff --git |index |--- a\/dev\/null$)/.test(line) || (path !== '' && names.includes(line))
  const lines = text.split('\n')
  const first = lines.findIndex(line => line.startsWith('@@'))
  return lines.filter((line, at) => at > first || !told(line)).join('\n')
}

/** Clean text line by line; a diff, or what is said to be one, with its colours. */
export function linesOf(text: string, diff = false): Line[] {
  const sources = text.split('\n').map(untab)
  return diff || isDiff(text) ? diffLines(sources, openDiff()) : sources.map(source => line(source))
}

/** The next lines of a diff with their colours; `diff` goes on. */
export function diffLines(sources: readonly string[], diff: Diff): Line[] {
  return sources.map(source => line(source, ...stylesOf(source, diff)))
}

function stylesOf(source: string, diff: Diff): Style[] {
  const hunk = HUNK.exec(source)
  if (hunk !== null) {
    diff.removed = Number(hunk[1] ?? 1)
    diff.added = Number(hunk[2] ?? 1)
    return ['accent']
  }
  // A removed line may look like a header: `-- a comment` becomes `--- a comment`.
  const open = diff.removed > 0 || diff.added > 0
  if (!open && HEADER.test(source)) return ['strong']
  if (source.startsWith('-')) {
    diff.removed -= 1
    return ['bad']
  }
  if (source.startsWith('+')) {
    diff.added -= 1
    return ['good']
  }
  if (open && !source.startsWith('\\')) {
    diff.removed -= 1
    diff.added -= 1
  }
  return []
}
