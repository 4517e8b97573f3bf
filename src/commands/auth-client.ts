import type { Client, TokenStore } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean, hostOf } from '../text.ts'
import { openTokenStore } from './engine.ts'
import { findServer } from './find-server.ts'
import type { ChatOptions } from './options.ts'
import { type IssuerSearch, issuersOf } from './server-issuer.ts'
import { type NewClient, setClient } from './set-client.ts'
import { readSettings } from './settings.ts'

export type AuthClientOptions = Pick<ChatOptions, 'mcp' | 'mcpConfig' | 'tokenStore'> &
  NewClient & { issuer?: string }

/** Which client is meant, and the store that keeps it. */
export interface ClientPlace extends IssuerSearch {
  store: TokenStore
  /** The client id in the configuration of the server. */
  clientId: string | undefined
}

/** `auth client set`, `show` and `remove`: the client that signs in to a server. Gives the exit code. */
export async function authClient(
  action: 'set' | 'show' | 'remove',
  server: string,
  options: AuthClientOptions,
  host: Host,
): Promise<number> {
  const settings = await readSettings({ ...options, signIn: 'never' }, false, host)
  const warn = (line: string) => void host.stderr.write(`${line}\n`)
  for (const problem of settings.servers.problems) warn(problem)
  const [name, config] = findServer(server, settings.servers.servers)
  if (!('url' in config)) throw new HostError('usage', `${name} runs on this machine: nobody signs in to it`)
  const url = webUrl(config.url, name)
  const store = openTokenStore(options, settings, warn, host)
  const place: ClientPlace = {
    server: { name: clean(name), url },
    named: options.issuer,
    clientId: config.oauthClientId,
    store,
    warn,
  }
  try {
    const lines = action === 'set' ? [await setClient(options, place, host)] : await kept(action, place, host)
    for (const line of lines) host.stdout.write(`${line}\n`)
    return 0
  } finally {
    await store.close()
    settings.log.close()
  }
}

/** What is kept, one line each, and forgotten if that is wanted. */
async function kept(action: 'show' | 'remove', place: ClientPlace, host: Host): Promise<string[]> {
  const { server, store } = place
  const lines: string[] = []
  for (const issuer of await issuersOf(place, host)) {
    const key = { server: server.url, issuer }
    const client = await store.readClient(key)
    if (client === undefined) continue
    if (action === 'remove') await store.exclusive(key, () => store.forgetClient(key))
    const verb = action === 'remove' ? 'forgot client' : 'client'
    lines.push(`${server.name} at ${hostOf(issuer)}: ${verb} ${clean(client.id, 200)}, ${described(client)}`)
  }
  if (lines.length > 0) return lines
  throw new HostError('failure', `no client is kept for ${server.name}`)
}

function described({ source, authMethod, secret }: Client): string {
  const by = source === 'registered' ? 'registered by copilot-host' : 'set by you'
  return `${by}, ${secret === undefined ? 'public' : (authMethod ?? 'with a secret')}`
}
