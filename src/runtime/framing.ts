import { Transform, type TransformCallback } from 'node:stream'
import { HostError } from '../errors.ts'

/** Sizes in bytes. */
export interface FrameLimits {
  header: number
  /** Longest notification that is passed on. */
  notification: number
  /** Longest message of any kind that is passed on. */
  message: number
  /** A longer announcement is taken for damage, not for a length. */
  credible: number
}

const MIB = 1024 * 1024

export const FRAME_LIMITS: FrameLimits = {
  header: 4 * 1024,
  notification: 8 * MIB,
  message: 32 * MIB,
  credible: 1024 * MIB,
}

/** So many frames may wait for the reader, which works on one at a time: then no more are passed on. */
const MOST_WAITING = 1000

/** How much of a large message is looked at to see what it is. */
const PEEK = 512

const HEADER_END = '\r\n\r\n'
const HEADER_START = 'Content-Length:'
const NONE = Buffer.alloc(0)

/**
 * Stands in front of the JSON-RPC reader and passes on only frames that it can take: with a plain length, and not too
 * large. Others are thrown away while they are read, without being gathered; an answer among them is replaced by an
 * error, so that its call does not wait, and an event of a session by a warning there. After a broken header it looks for the next one, which is safe because JSON
 * never holds a bare line end. Fails with HostError `runtime-start` if the first bytes are no header at all.
 */
export class BoundedFrames extends Transform {
  readonly #log: (line: string) => void
  readonly #limits: FrameLimits
  /** What is gathered: a header, or the beginning of a large message. */
  #held: Buffer = NONE
  #state: 'header' | 'peek' | 'pass' | 'drop' = 'header'
  /** Bytes of the message still to come, those in `#held` included. */
  #left = 0
  #started = false
  #lost = false
  /** Frames that were passed on and not read yet, and what goes on when they are. */
  #waiting = 0
  #goOn: (() => void) | undefined

  constructor(log: (line: string) => void, limits: FrameLimits = FRAME_LIMITS) {
    super()
    this.#log = log
    this.#limits = limits
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let rest = chunk
      while (rest.length > 0) rest = this.#take(rest)
      if (this.#waiting > MOST_WAITING) this.#goOn = done
      else done()
    } catch (error) {
      done(error instanceof Error ? error : new Error('unreadable'))
    }
  }

  /** The reader has read a frame, or given it up. */
  wasRead(): void {
    this.#waiting -= 1
    if (this.#waiting > MOST_WAITING / 2) return
    const goOn = this.#goOn
    this.#goOn = undefined
    goOn?.()
  }

  /** Takes what it can use now and gives back the rest. */
  #take(bytes: Buffer): Buffer {
    // A chunk holds hundreds of frames: what is left of it must not be copied for each.
    if (this.#state === 'header')
      return this.#header(this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]))
    if (this.#state === 'peek') {
      const wanted = Math.min(PEEK, this.#left) - this.#held.length
      this.#held = Buffer.concat([this.#held, bytes.subarray(0, wanted)])
      if (bytes.length >= wanted) this.#decide()
      return bytes.subarray(wanted)
    }
    const part = bytes.subarray(0, this.#left)
    if (this.#state === 'pass') this.push(part)
    this.#left -= part.length
    if (this.#left === 0) this.#state = 'header'
    return bytes.subarray(part.length)
  }

  #header(bytes: Buffer): Buffer {
    this.#held = NONE
    if (!this.#started && !mayBeHeader(bytes)) {
      throw new HostError('runtime-start', 'what answered is not a Copilot runtime')
    }
    let rest = bytes
    for (;;) {
      const end = rest.subarray(0, this.#limits.header + HEADER_END.length).indexOf(HEADER_END)
      if (end === -1 && rest.length <= this.#limits.header) {
        this.#held = rest
        return NONE
      }
      const length = end === -1 ? undefined : lengthOf(rest.toString('latin1', 0, end))
      if (length !== undefined && length <= this.#limits.credible) {
        this.#started = true
        this.#lost = false
        this.#begin(length)
        return rest.subarray(end + HEADER_END.length)
      }
      if (!this.#lost) this.#log('runtime: a message with a broken header was skipped')
      this.#lost = true
      const next = rest.indexOf(HEADER_START, 1)
      if (next === -1) {
        this.#held = headerBeginning(rest)
        return NONE
      }
      rest = rest.subarray(next)
    }
  }

  #begin(length: number): void {
    this.#left = length
    if (length === 0) return
    if (length > this.#limits.notification) this.#state = 'peek'
    else this.#pass(length)
  }

  #replace(frame: Buffer): void {
    this.#waiting += 1
    this.push(frame)
  }

  #pass(length: number): void {
    this.#waiting += 1
    this.push(`${HEADER_START} ${length}${HEADER_END}`)
    this.#state = 'pass'
  }

  #decide(): void {
    const length = this.#left
    const start = this.#held
    this.#held = NONE
    this.#left -= start.length
    const { id, notification, session } = kindOf(start.toString('latin1'))
    if (length <= this.#limits.message && !notification) {
      this.#pass(length)
      this.push(start)
    } else {
      this.#log(`runtime: a ${notification ? 'notification' : 'message'} of ${length} bytes was thrown away`)
      if (id !== undefined) this.#replace(refusal(id))
      if (session !== undefined) this.#replace(warning(session, length))
      this.#state = 'drop'
    }
    if (this.#left === 0) this.#state = 'header'
  }
}

function mayBeHeader(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, HEADER_START.length).toLowerCase()
  return HEADER_START.toLowerCase().startsWith(start) || start.startsWith('content-')
}

/** The end of the bytes, as far as it could be the beginning of a header. */
function headerBeginning(bytes: Buffer): Buffer {
  for (let size = Math.min(HEADER_START.length - 1, bytes.length); size > 0; size -= 1) {
    const end = bytes.subarray(-size)
    if (HEADER_START.startsWith(end.toString('latin1'))) return end
  }
  return NONE
}

/** The length that a header announces (the last one); undefined if it has none that is a plain number. */
function lengthOf(header: string): number | undefined {
  let value: string | undefined
  for (const line of header.split('\r\n')) {
    const field = /^([\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (!field) return undefined
    if (field[1]?.toLowerCase() === 'content-length') value = field[2]
  }
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

interface Kind {
  id: number | undefined
  notification: boolean
  /** Whose event it is. */
  session: string | undefined
}

/** What a message is, by its first members: the runtime writes id and method before params and result. */
function kindOf(start: string): Kind {
  const envelope = start.slice(0, /"(?:params|result|error)"\s*:/.exec(start)?.index ?? start.length)
  const id = /"id"\s*:\s*(\d{1,15})\b/.exec(envelope)?.[1]
  const method = /"method"\s*:\s*"([^"]*)"/.exec(envelope)?.[1]
  const notification = method !== undefined && !/"id"\s*:/.test(envelope)
  const session = /"params"\s*:\s*\{\s*"sessionId"\s*:\s*"([\w.-]{1,128})"/.exec(start)?.[1]
  return {
    id: id === undefined || method !== undefined ? undefined : Number(id),
    notification,
    session: notification && method === 'session.event' ? session : undefined,
  }
}

function refusal(id: number): Buffer {
  return frame({ jsonrpc: '2.0', id, error: { code: -32603, message: 'the answer is too large' } })
}

function warning(sessionId: string, length: number): Buffer {
  const message = `something of ${Math.round(length / MIB)} MiB that the runtime sent was left out: it is too large`
  const event = { type: 'session.warning', data: { message } }
  return frame({ jsonrpc: '2.0', method: 'session.event', params: { sessionId, event } })
}

function frame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from(`${HEADER_START} ${body.length}${HEADER_END}`), body])
}
