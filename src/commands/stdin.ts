import { fstatSync } from 'node:fs'
import * as readline from 'node:readline'
import { Writable } from 'node:stream'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'

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

/**
 * How long standard input may take to say something beside a prompt, in milliseconds. A socket is what Node.js gives to the
 * programs that it starts, open and empty: nobody has asked for that, so it costs little and nothing is said of it.
 */
const PATIENCE = { file: 3000, pipe: 3000, socket: 500 }

/**
 * What stands on standard input beside a prompt: all of a file or a pipe; empty for anything else. Undefined for a pipe that says
 * nothing and is left open: it may be one that was only inherited, and would never end. Throws as {@link readStdin} does.
 */
export async function readBeside(
  { stdin, clock, signal }: Pick<Host, 'stdin' | 'clock' | 'signal'>,
  max: number,
): Promise<string | undefined> {
  const kind = kindOf(stdin)
  if (kind === undefined) return ''
  const began = Promise.withResolvers<true>()
  const here = () => began.resolve(true)
  stdin.once('readable', here).once('end', here).once('error', here)
  const waited = new AbortController()
  const late = clock.sleep(PATIENCE[kind], AbortSignal.any([signal, waited.signal])).then(() => false)
  try {
    if (!(await Promise.race([began.promise, late]))) return kind === 'socket' ? '' : undefined
  } finally {
    waited.abort()
    stdin.off('readable', here).off('end', here).off('error', here)
  }
  return readStdin(stdin, max, signal)
}

/** What may hold a text; undefined for a terminal, a device, and what cannot be looked at. */
function kindOf(stdin: Host['stdin']): keyof typeof PATIENCE | undefined {
  try {
    const stats = 'fd' in stdin && typeof stdin.fd === 'number' ? fstatSync(stdin.fd) : undefined
    if (stats?.isFile()) return 'file'
    if (stats?.isFIFO()) return 'pipe'
    return stats?.isSocket() ? 'socket' : undefined
  } catch {
    return undefined
  }
}

/**
 * A token from standard input, for `command --with-token`; never from the command line, which others see. Throws HostError
 * `usage` for what is none. `longest` in bytes, with the line end behind it.
 */
export async function readToken(
  command: string,
  { longest, isToken }: { longest: number; isToken: (text: string) => boolean },
  host: Host,
): Promise<string> {
  if (host.stdin.isTTY) {
    throw new HostError(
      'usage',
      `--with-token reads a token from standard input, where no screen shows it: ${command} < token.txt`,
    )
  }
  const token = (await readStdin(host.stdin, longest, host.signal)).trim()
  if (token === '')
    throw new HostError('usage', 'standard input is empty: --with-token reads a token from it')
  if (!isToken(token)) {
    throw new HostError(
      'usage',
      'standard input is not a token: it holds white space or other characters that no token has',
    )
  }
  return token
}

export interface HiddenInput {
  stdin: NodeJS.ReadStream
  /** Is called when nothing is echoed any more, and at the end. */
  ask: () => void
  end: () => void
  isLast: (line: string) => boolean
}

/**
 * Lines that the person types or pastes and that no screen shows, up to the last one. The terminal is as before when this
 * ends. Rejects with the signal's reason, and as `cancelled` for Ctrl+C and Ctrl+D.
 */
export async function readHidden(input: HiddenInput, signal: AbortSignal): Promise<string> {
  const { stdin, ask, end, isLast } = input
  signal.throwIfAborted()
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  // As a terminal of its own readline takes key by key, so the real one does not echo, and writes the echo to nowhere.
  const lines = readline.createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const cancel = () => reject(new HostError('cancelled', 'cancelled, nothing was changed'))
  const stop = () => reject(signal.reason)
  const read: string[] = []
  lines.on('line', line => {
    read.push(line)
    if (isLast(line)) resolve(read.join('\n'))
  })
  lines.once('SIGINT', cancel).once('close', cancel)
  signal.addEventListener('abort', stop, { once: true })
  try {
    ask()
    return await promise
  } finally {
    signal.removeEventListener('abort', stop)
    lines.close()
    end()
  }
}
