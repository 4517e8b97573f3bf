import type { Socket } from 'node:net'

export interface LineLimits {
  /** Longest line, in bytes. */
  bytes: number
  /** How long one line may take from its first byte, the first one from now, in milliseconds. */
  ms: number
}

export const LINE_LIMITS: LineLimits = { bytes: 64 * 1024, ms: 5_000 }

/** Calls `take` with each line of UTF-8. Whoever sends too much, too slowly or something else is cut off. */
export function readLines(socket: Socket, limits: LineLimits, take: (line: string) => void): void {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let parts: Buffer[] = []
  let length = 0
  let timer: NodeJS.Timeout | undefined = start()

  function start(): NodeJS.Timeout {
    return setTimeout(() => socket.destroy(), limits.ms).unref()
  }

  function finish(): string | undefined {
    clearTimeout(timer)
    timer = undefined
    const line = Buffer.concat(parts)
    parts = []
    length = 0
    try {
      return decoder.decode(line)
    } catch {
      return undefined
    }
  }

  socket.once('close', () => clearTimeout(timer))
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk
    while (rest.length > 0 && !socket.destroyed) {
      const end = rest.indexOf('\n')
      const part = end === -1 ? rest : rest.subarray(0, end)
      length += part.length
      if (length > limits.bytes) return void socket.destroy()
      parts.push(part)
      if (end === -1) {
        timer ??= start()
        return
      }
      const line = finish()
      if (line === undefined) return void socket.destroy()
      take(line)
      rest = rest.subarray(end + 1)
    }
  })
}
