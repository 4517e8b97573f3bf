/** The word that was meant, if one is near enough: it begins or ends so, or differs in a letter or two. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const ranked = words
    .map(each => ({ each, away: each.startsWith(word) ? 0 : distance(word, each) }))
    .sort((one, other) => one.away - other.away)
  const [best] = ranked
  return best !== undefined && best.away <= (word.length > 4 ? 2 : 1) ? best.each : undefined
}

/** How many letters have to be changed, added, left out or swapped (optimal string alignment). */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1]
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      row.push(
        Math.min(
          (rows[i - 1]?.[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    rows.push(row)
  }
  return rows.at(-1)?.at(-1) ?? 0
}
