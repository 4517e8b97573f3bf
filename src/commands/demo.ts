import type { Host } from '../host.ts'

/** Runs the practice world, which nothing else of the program knows. */
export async function demo(options: { auto?: boolean }, host: Host): Promise<number> {
  const { playDemo } = await import('../../demo/demo.ts')
  return playDemo(options, host)
}
