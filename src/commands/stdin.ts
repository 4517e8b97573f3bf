import { createInterface } from 'node:readline/promises'
import { HostError } from '../errors.ts'

/** All of standard input as text. Throws HostError `usage` if it is longer than `max` bytes or not UTF-8. */
export async function readStdin(
  stdin: NodeJS.ReadableStream,
  max: number,
  signal: AbortSignal,
): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  const stop = () => {
    if ('destroy' in stdin && typeof stdin.destroy === 'function') stdin.destroy()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk)
      length += bytes.length
      if (length > max) throw new HostError('usage', `standard input is longer than ${max} bytes`)
      chunks.push(bytes)
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new HostError('usage', 'standard input is not valid UTF-8 text', { cause })
  }
}

/** One line that the person types. Rejects with the signal's reason, and as `cancelled` when there will be none. */
export async function readLine(stdin: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: stdin })
  const over = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new HostError('cancelled', 'standard input has ended')))
  })
  try {
    return await Promise.race([lines.question('', { signal }), over])
  } finally {
    lines.close()
  }
}
