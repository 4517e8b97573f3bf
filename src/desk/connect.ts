import { once } from 'node:events'
import { createConnection } from 'node:net'
import { HostError, hostError } from '../errors.ts'
import { type Descriptor, judgeWay } from './descriptor.ts'
import type { DeskPlace } from './folder.ts'
import { LINE_LIMITS, type LineLimits, readLines } from './lines.ts'
import { createQueue } from './queue.ts'
import { lineOfRequest, type Report, type Request, reportOf } from './wire.ts'

/** More than a person could read, unread: then it is no desk of ours. */
const MOST_REPORTS = 1000

/** A connection to the process where a sign-in waits. */
export interface DeskCall {
  send(request: Request): void
  /** What that process says next. Rejects when it has gone, or says something unreadable. */
  next(signal: AbortSignal): Promise<Report>
  close(): void
}

/**
 * Connects to a desk after its way was judged, and says the nonce. Rejects with HostError `store-unavailable` where the way is
 * not ours alone, or with what the system says: see `isGone` and `isRefused`.
 */
export async function callDesk(
  descriptor: Descriptor,
  place: DeskPlace,
  signal: AbortSignal,
  limits: LineLimits = LINE_LIMITS,
): Promise<DeskCall> {
  await judgeWay(descriptor, place)
  signal.throwIfAborted()
  const socket = createConnection(descriptor.socket)
  try {
    await once(socket, 'connect', { signal })
  } catch (error) {
    socket.destroy()
    throw error
  }
  const reports = createQueue<Report>()
  const end = (reason: unknown) => {
    reports.end(reason)
    socket.destroy()
  }
  socket.on('error', () => {})
  socket.once('close', () => end(new HostError('failure', 'the program that waited is gone')))
  readLines(socket, limits, line => {
    if (reports.length > MOST_REPORTS)
      return end(new HostError('failure', 'the program that waits says too much'))
    try {
      reports.put(reportOf(line))
    } catch (thrown) {
      end(hostError(thrown, 'the program that waits says something that cannot be read'))
    }
  })
  const send = (request: Request) => void socket.write(`${lineOfRequest(request)}\n`)
  send({ type: 'hello', nonce: descriptor.nonce })
  return { send, next: reports.take, close: () => socket.destroy() }
}
