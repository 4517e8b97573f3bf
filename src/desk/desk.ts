import type { Choice, Dialog, SignInView } from '../auth/types.ts'
import { hostError } from '../errors.ts'
import { type Door, openDoor } from './door.ts'
import type { DeskPlace } from './folder.ts'
import { newId } from './id.ts'
import { LINE_LIMITS, type LineLimits } from './lines.ts'
import { createPosting, type Posting } from './posting.ts'
import { serve } from './serve.ts'
import type { Program } from './wire.ts'

/** Whoever is at the other end may be gone for good, and the files of a desk lie on a disk that may hang. */
const OPEN_LIMIT = 3_000
const CONNECTIONS = 16

export interface DeskOptions {
  place: DeskPlace
  program: Program
  /** Milliseconds since the epoch. */
  now: () => number
  limits?: Partial<LineLimits>
}

/** A sign-in as another terminal sees it. */
export interface DeskDialog extends Dialog {
  /** What a person types there to answer it. */
  readonly id: string
  /** Resolves when it can be answered there. Rejects with a HostError when that is not possible. */
  readonly opened: Promise<void>
  /** The next thing that somebody does in another terminal. */
  choice(signal: AbortSignal): Promise<Choice>
}

/** Where the sign-ins of this process wait for an answer from another terminal of this user. */
export interface Desk {
  signIn(view: SignInView): DeskDialog
}

/** The socket is open only while a sign-in waits, and never keeps the process alive. */
export function createDesk({ place, program, now, limits }: DeskOptions): Desk {
  const postings = new Map<string, Posting>()
  let door: Promise<Door> | undefined

  function open(): Promise<Door> {
    const opening = openDoor({ place, pid: program.pid, connections: CONNECTIONS }, (socket, nonce) =>
      serve(socket, { nonce, postings, program, limits: { ...LINE_LIMITS, ...limits } }),
    )
    return opening.catch(thrown => {
      throw hostError(thrown, 'no socket can be opened')
    })
  }

  return {
    signIn(view) {
      const posting = createPosting({ id: newId(), since: now(), view })
      postings.set(posting.id, posting)
      door ??= open()
      const mine = door
      const opened = within(mine.then(() => {}))
      opened.catch(() => {})
      return {
        id: posting.id,
        opened,
        choice: posting.choice,
        show: step => posting.tell({ type: 'step', step }),
        update: posting.update,
        close(result) {
          if (!postings.delete(posting.id)) return
          posting.end(result)
          if (postings.size > 0) return
          door = undefined
          mine.then(
            opened => opened.close(),
            () => {},
          )
        },
      }
    },
  }
}

async function within(opening: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(hostError(undefined, 'the socket was not opened in time')),
    OPEN_LIMIT,
  )
  try {
    await Promise.race([opening, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
