import { existsSync } from 'node:fs'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import { callDesk } from './connect.ts'
import { type Descriptor, forget, isGone, isRefused, readDescriptors } from './descriptor.ts'
import type { DeskPlace } from './folder.ts'
import type { Waiting } from './wire.ts'

/** How long one process may take to say what waits in it, in milliseconds. */
const LIST_LIMIT = 3_000
const MOST = 100

export type Found = Waiting & { descriptor: Descriptor }

/**
 * Every sign-in of this user that waits on this machine, oldest first. What dead processes have left is cleared away; a
 * process that does not answer, or cannot be trusted, is told in a line. Throws HostError `failure`.
 */
export async function findWaiting(
  place: DeskPlace,
  signal: AbortSignal,
): Promise<{ waiting: Found[]; lines: string[] }> {
  const descriptors = await readDescriptors(place)
  const lines: string[] = []
  const lists = await Promise.all(
    descriptors.map(async descriptor => {
      try {
        return await listOf(descriptor, place, AbortSignal.any([signal, AbortSignal.timeout(LIST_LIMIT)]))
      } catch (thrown) {
        signal.throwIfAborted()
        // It is another machine that has this folder too, and not this one under the name of before.
        if (descriptor.machine !== place.machine) return []
        // A socket that was cleared away says nothing about the process that listened there.
        if (isRefused(thrown) || (isGone(thrown) && !place.isRunning(descriptor.pid)))
          await forget(descriptor, place)
        // A desk that was closed meanwhile has taken its descriptor away.
        else if (existsSync(descriptor.file)) lines.push(lineAbout(descriptor, thrown))
        return []
      }
    }),
  )
  return { waiting: lists.flat().sort((one, other) => one.since - other.since), lines }
}

async function listOf(descriptor: Descriptor, place: DeskPlace, signal: AbortSignal): Promise<Found[]> {
  const call = await callDesk(descriptor, place, signal)
  try {
    const found: Found[] = []
    call.send({ type: 'list' })
    while (found.length < MOST) {
      const report = await call.next(signal)
      if (report.type === 'listed') break
      if (report.type === 'waiting') found.push({ ...report.waiting, descriptor })
    }
    return found
  } finally {
    call.close()
  }
}

function lineAbout({ pid }: Descriptor, thrown: unknown): string {
  const silent = isGone(thrown) ? 'its socket is gone, answer it where it waits' : 'it does not answer'
  const why = thrown instanceof HostError ? thrown.detail : silent
  return `process ${pid} is left out: ${clean(why, 200)}`
}
