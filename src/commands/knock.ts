import { createHttp, LARGEST_DOCUMENT } from '../auth/http.ts'
import { PROBE_LIMIT, type Probed, probe } from '../auth/probe.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { RemoteServer } from './find-server.ts'
import { literalHeaders, saysNothing } from './literal-headers.ts'

/**
 * What a server says to a stranger; whether that counts, `saysNothing` tells. Throws HostError `failure` where it cannot be asked, and
 * `sign-in-failed` where it refuses in a way that no sign-in helps.
 */
export async function knock(
  { name, url, config }: RemoteServer,
  { fetch, version, signal }: Pick<Host, 'fetch' | 'version' | 'signal'>,
): Promise<Probed> {
  const http = createHttp(fetch, { deadlineMs: PROBE_LIMIT, bytes: LARGEST_DOCUMENT })
  const headers = literalHeaders(config)
  const found = await probe({ server: url, transport: config.type, headers, version }, http, signal)
  const why = found.why ?? 'no reason given'
  if (found.state === 'unreachable') throw new HostError('failure', why)
  if (saysNothing(found, config)) return found
  if (found.status === 403 && found.challenge === undefined) {
    throw new HostError('sign-in-failed', `${name} refuses without asking for a sign-in (${why})`)
  }
  return found
}
