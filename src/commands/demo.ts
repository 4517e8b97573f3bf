import type { Raced } from '../../demo/race.ts'
import type { Host } from '../host.ts'

/** Runs the practice world, which nothing else of the program knows. */
export async function demo(options: { auto?: boolean }, host: Host): Promise<number> {
  const { playDemo } = await import('../../demo/demo.ts')
  return playDemo(options, host)
}

/** The self-test of renewal: six programs, one sign-in. */
export async function raceRenewals(host: Host): Promise<Raced> {
  const { race } = await import('../../demo/race.ts')
  return race(host)
}
