/** For how many milliseconds a test waits for what has to come: the time of a busy machine, since none is waited out. */
export const PATIENCE = 45_000
