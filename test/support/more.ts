import { test } from 'vitest'

/** `npm run test:more` sets it: there is time for everything. */
const MORE = process.env.MORE === '1'

/** A test that looks at a feature from another side than its main one does; `npm run test:more` runs it. */
export function more(name: string, body: () => unknown): void {
  if (MORE) test(name, body)
}

/** Of variations of one thing every so many-th, counted from the one at `from`; `npm run test:more` tries all. */
export function some<T>(all: readonly T[], every: number, from = 0): T[] {
  return all.filter((_, at) => MORE || at % every === from % every)
}
