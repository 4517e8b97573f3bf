/** How one measure went over a run. */
export interface Growth {
  first: number
  middle: number
  last: number
  highest: number
  /** By how much the line through the second half rises from its beginning to its end. */
  rise: number
  grows: boolean
}

/**
 * Judges samples in their order. The first half is warming up; in the second a straight line is laid through the samples (the
 * median of all slopes between two of them, Theil and Sen, so that single peaks do not tilt it). What rises by more than
 * `noise`, and in its last quarter still as in the one before, grows.
 */
export function growthOf(samples: readonly number[], noise: number): Growth {
  const half = samples.slice(Math.floor(samples.length / 2))
  const slopes: number[] = []
  for (const [from, one] of half.entries()) {
    for (const [at, other] of half.slice(from + 1).entries()) slopes.push((other - one) / (at + 1))
  }
  const rise = median(slopes) * Math.max(0, half.length - 1)
  const quarter = Math.floor(half.length / 2)
  const later = median(half.slice(quarter)) - median(half.slice(0, quarter))
  return {
    first: samples[0] ?? 0,
    middle: half[0] ?? 0,
    last: samples.at(-1) ?? 0,
    highest: samples.reduce((most, each) => Math.max(most, each), 0),
    rise,
    grows: rise > noise && later > noise / 4,
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
