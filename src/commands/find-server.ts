import type { WebUrl } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import type { ServerConfig } from '../runtime/types.ts'
import { type Clean, clean } from '../text.ts'

/**
 * The server that a person means: a configured name, or an address; then its host is the name. Throws HostError `usage`
 * with what there is to name (`known`), and `unsafe-address` for an address where nobody may sign in.
 */
export function findServer(
  server: string,
  servers: Readonly<Record<string, ServerConfig>>,
  known: readonly string[] = Object.keys(servers),
): [name: string, config: ServerConfig] {
  const config = Object.hasOwn(servers, server) ? servers[server] : undefined
  if (config) return [server, config]
  if (URL.canParse(server) && /^https?:/u.test(server)) {
    const configured = serverAt(server, servers)
    if (configured) return configured
    const url = webUrl(server, 'the server')
    return [freeName(new URL(url).hostname.replaceAll(/[^a-z0-9-]+/giu, '-'), servers), { type: 'http', url }]
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(server)) {
    throw new HostError('usage', `${clean(server, 200)}: the address of a server must be https`)
  }
  const names = known.join(', ') || 'none'
  throw new HostError(
    'usage',
    `there is no server "${clean(server)}" (servers: ${names}); an address works too`,
  )
}

/** A name that no configured server has: settings and accounts go by it. */
function freeName(name: string, servers: Readonly<Record<string, ServerConfig>>): string {
  for (let count = 1; ; count += 1) {
    const free = count === 1 ? name : `${name}-${count}`
    if (!Object.hasOwn(servers, free)) return free
  }
}

/** The server that is configured with this address, however it is spelled there. */
export function serverAt(
  address: string,
  servers: Readonly<Record<string, ServerConfig>>,
): [name: string, config: RemoteServer['config']] | undefined {
  const href = URL.parse(address)?.href
  for (const [name, config] of Object.entries(servers)) {
    if ('url' in config && URL.parse(config.url)?.href === href) return [name, config]
  }
  return undefined
}

/** A server that is reached over the network, so that somebody can sign in to it. */
export interface RemoteServer {
  name: Clean
  url: WebUrl
  config: Extract<ServerConfig, { url: string }>
}

/** The same for a command about sign-ins. Throws `usage` too for a server that runs on this machine. */
export function findRemoteServer(
  server: string,
  servers: Readonly<Record<string, ServerConfig>>,
): RemoteServer {
  const [name, config] = findServer(server, servers)
  if (!('url' in config)) throw new HostError('usage', `${name} runs on this machine: nobody signs in to it`)
  return { name: clean(name), url: webUrl(config.url, name), config }
}
