import { readPrivateKey } from '../auth/client-assertion.ts'
import { Secret } from '../auth/secret.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { readHidden, readStdin } from './stdin.ts'

/** The longest secret and the longest key in PEM, in bytes. */
const LONGEST_SECRET = 4096
const LONGEST_KEY = 16_384

/**
 * A client secret: all of standard input where something is piped, else one line that the person types after `question` and
 * that no screen shows. Throws HostError `usage` for what is no secret, never with a word of it.
 */
export async function readClientSecret(question: string, host: Host): Promise<Secret> {
  const text = (await read(question, () => true, LONGEST_SECRET, host)).trim()
  if (text === '') throw unusable('it is empty; --public is for a client without one')
  if (text.startsWith('-----BEGIN')) throw unusable('it is a key in PEM; --private-key is for one')
  if (Buffer.byteLength(text) > LONGEST_SECRET) throw unusable(`it is longer than ${LONGEST_SECRET} bytes`)
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) throw unusable('it holds line ends or control characters')
  return new Secret(text)
}

/** The same for a private key in PEM, up to the line that ends it. */
export async function readClientKey(question: string, host: Host): Promise<Secret> {
  const text = await read(question, line => line === '' || line.startsWith('-----END'), LONGEST_KEY, host)
  if (text.trim() === '') throw new HostError('usage', 'the private key is empty')
  return readPrivateKey(text)
}

function read(
  question: string,
  isLast: (line: string) => boolean,
  longest: number,
  host: Host,
): Promise<string> {
  if (!host.stdin.isTTY) return readStdin(host.stdin, longest, host.signal)
  return readHidden(
    { stdin: host.stdin, ask: () => host.stderr.write(question), isLast, end: () => host.stderr.write('\n') },
    host.signal,
  )
}

function unusable(why: string): HostError {
  return new HostError('usage', `that client secret cannot be used: ${why}`)
}
