import { discoverIssuer } from '../../src/auth/discovery.ts'
import { createHttp } from '../../src/auth/http.ts'
import type { Asker } from '../../src/auth/token.ts'
import type { Client } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import type { FaultyServer } from './faulty-server.ts'

/** What a flow has in hand when it asks this server: its target, a client and a network that waits this long for an answer. */
export async function askerFor(
  server: Pick<FaultyServer, 'origin' | 'mcp'>,
  client: Client = { id: 'app', source: 'registered', authMethod: 'none' },
  deadlineMs = 10_000,
): Promise<Asker> {
  const http = createHttp(fetch, { deadlineMs, bytes: 1024 * 1024 })
  const signal = AbortSignal.timeout(10_000)
  const target = await discoverIssuer(server.origin, webUrl(server.mcp, 'the test'), http, signal)
  return { target, client, http }
}
