import type { Figures } from './measures.ts'
import { median } from './measures.ts'

/** What each program was measured at in each round, by its name. */
export type Rounds = ReadonlyMap<string, readonly Figures[]>

interface Row {
  figure: string
  median: number
  least: number
  most: number
  /** This program's figure by that of another one in the same rounds. */
  ratios: Record<string, number>
}

/** The figures of the first program, with its ratios to the others: medians of the ratios round by round. */
export function rowsOf(rounds: Rounds): Row[] {
  const [[own, figures] = ['', []], ...others] = [...rounds]
  const names = [...new Set(figures.flatMap(each => Object.keys(each)))]
  return names.map(figure => {
    const values = valuesOf(figures, figure)
    const ratios = others.flatMap(([name, theirs]) => {
      const pairs = figures.flatMap((each, at) => {
        const [mine, other] = [each[figure], theirs[at]?.[figure]]
        return mine === undefined || other === undefined || other === 0 ? [] : [mine / other]
      })
      return pairs.length === 0 || name === own ? [] : [[name, median(pairs)] as const]
    })
    return {
      ...{ figure, median: median(values), least: Math.min(...values), most: Math.max(...values) },
      ratios: Object.fromEntries(ratios),
    }
  })
}

/** As a table in Markdown. */
export function tableOf(rounds: Rounds): string {
  const [own = '', ...others] = rounds.keys()
  const head = ['', own, '', ...others.map(name => `/ ${name}`)]
  const rows = rowsOf(rounds).map(({ figure, median, least, most, ratios }) => [
    figure,
    short(median),
    `${short(least)}-${short(most)}`,
    ...others.map(name => (ratios[name] === undefined ? '' : ratios[name].toFixed(2))),
  ])
  const cells = [head, head.map((_, at) => (at === 0 ? '---' : '--:')), ...rows]
  const widths = head.map((_, at) => Math.max(...cells.map(row => (row[at] ?? '').length)))
  return cells
    .map(
      row =>
        `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`,
    )
    .join('\n')
}

function valuesOf(figures: readonly Figures[], name: string): number[] {
  return figures.flatMap(each => each[name] ?? [])
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
