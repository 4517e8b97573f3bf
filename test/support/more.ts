import { test } from 'vitest'

/** `npm run test:more` sets it: there is time for everything. */
const MORE = process.env.MORE === '1'

interface More {
  (name: string, body: () => unknown): void
  each: typeof test.each
}

const none: More = Object.assign(() => {}, { each: (() => () => {}) as typeof test.each })

/** A test that looks at a feature from another side than its main one does; `npm run test:more` runs it. */
export const more: More = MORE ? test : none

/** Of variations of one thing every so many-th, counted from the one at `from`; `npm run test:more` tries all. */
export function some<T>(all: readonly T[], every: number, from = 0): T[] {
  return all.filter((_, at) => MORE || at % every === from % every)
}
