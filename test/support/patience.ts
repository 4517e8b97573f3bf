/** For how many milliseconds a test waits for what has to come: the time of a busy machine, since none is waited out. */
export const PATIENCE = 45_000

/**
 * Within how many milliseconds ends what waits for nothing and does little: far more than a busy machine needs. What it is told
 * from takes longer: a deadline of the product, or work that grows as the square of what it is given.
 */
export const SOON = 10_000
