import type fc from 'fast-check'

const { FUZZ_SECONDS, FUZZ_SEED } = process.env

/**
 * How long a property is tried: a few seconds with the same cases each time, or as long as `npm run fuzz` says, with the seed
 * that it prints.
 */
export const TRIALS: fc.Parameters<unknown> = {
  seed: Number(FUZZ_SEED ?? 20261121),
  numRuns: FUZZ_SECONDS === undefined ? 150 : 1_000_000,
  interruptAfterTimeLimit: Number(FUZZ_SECONDS ?? 4) * 1000,
}

/** The same for one whose cases wait for something. */
export const SLOW_TRIALS: fc.Parameters<unknown> =
  FUZZ_SECONDS === undefined ? { ...TRIALS, numRuns: 25 } : TRIALS

/** The same for one that starts processes: a few cases, however long they take. */
export const FEW_TRIALS: fc.Parameters<unknown> =
  FUZZ_SECONDS === undefined
    ? { seed: TRIALS.seed, numRuns: 3 }
    : { ...TRIALS, interruptAfterTimeLimit: Math.max(30, Number(FUZZ_SECONDS)) * 1000 }

/** How long a test of one property may take, in milliseconds: what is under way at the end is finished, and made smaller if it fails. */
export const LONGEST_TRIAL = 60_000 + Number(FUZZ_SECONDS ?? 0) * 2000
