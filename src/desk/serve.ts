import { createHash, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { type LineLimits, readLines } from './lines.ts'
import type { Posting, Watcher } from './posting.ts'
import { lineOfReport, type Program, type Report, type Request, requestOf, type Waiting } from './wire.ts'

/** Who does not read what it is told is cut off at so many bytes. */
const MOST_UNREAD = 1024 * 1024

export interface Counter {
  nonce: string
  postings: ReadonlyMap<string, Posting>
  program: Program
  limits: LineLimits
}

/** Serves one connection from another process: first the nonce, then what it asks. The first line that is none ends it. */
export function serve(socket: Socket, { nonce, postings, program, limits }: Counter): void {
  let known = false
  let attached: Posting | undefined
  let leave = () => {}
  const watcher: Watcher = { tell }

  function tell(report: Report): void {
    if (socket.writable) socket.write(`${lineOfReport(report)}\n`)
    if (socket.writableLength > MOST_UNREAD) socket.destroy()
  }

  /** False ends the connection. */
  function answer(request: Request): boolean {
    switch (request.type) {
      case 'hello':
        return false
      case 'list':
        for (const posting of postings.values()) tell({ type: 'waiting', waiting: summary(posting) })
        tell({ type: 'listed' })
        return true
      case 'attach':
        leave()
        attached = postings.get(request.id)
        leave = attached?.watch(watcher) ?? (() => {})
        tell(attached ? { type: 'view', view: attached.view } : { type: 'gone' })
        return true
      case 'choose':
        // What ended a moment ago has told so already.
        if (attached === undefined || !postings.has(attached.id)) return true
        return attached.choose(request.choice, watcher)
    }
  }

  function summary({ id, since, view }: Posting): Waiting {
    return { id, program, since, view }
  }

  socket.once('close', () => leave())
  readLines(socket, limits, line => {
    const request = requestOf(line)
    if (request === undefined) return void socket.destroy()
    if (known) {
      if (!answer(request)) socket.destroy()
    } else if (request.type === 'hello' && isSame(request.nonce, nonce)) known = true
    else socket.destroy()
  })
}

/** Compares in constant time, whatever the lengths. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map(text => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
