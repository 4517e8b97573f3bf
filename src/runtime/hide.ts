import { HostError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { methods } from './protocol.ts'

/**
 * In characters. The runtime (1.0.85) stands still while it takes a token in and each time it meets one: 0.1 s for 20,000 at
 * random, but 17 s where they repeat themselves, which is up to the server that made the token. 4,096 of those cost 0.3 s.
 */
const LONGEST = 4_096
/** Of a longer one so much is hidden: without its end the rest is worth nothing. */
const END = 256

/**
 * Has the runtime hide an access token: what a tool prints of it reaches neither the model nor a file. A runtime that cannot
 * do that is none the worse for it; rejects with HostError `runtime-died` only.
 */
export async function hide(
  connection: Connection,
  secret: string,
  log: (line: string) => void,
): Promise<void> {
  const value = secret.length > LONGEST ? secret.slice(-END) : secret
  await connection.call(methods.hide, { values: [value] }).catch(error => {
    if (!(error instanceof HostError) || error.kind === 'runtime-died') throw error
    log('runtime: a token could not be registered to be hidden')
  })
}
