/** Waits for something, but not for ever: a terminal that is gone takes no more bytes. */
export async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const limit = Promise.withResolvers<void>()
  const timer = setTimeout(limit.resolve, ms)
  await Promise.race([work, limit.promise]).finally(() => clearTimeout(timer))
}
