import type { Client, TokenStore } from '../auth/types.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean, hostOf } from '../text.ts'
import { findRemoteServer } from './find-server.ts'
import type { ChatOptions } from './options.ts'
import { createOutput } from './output.ts'
import { type IssuerSearch, keptIssuers } from './server-issuer.ts'
import { type NewClient, setClient } from './set-client.ts'
import { readServerSettings } from './settings.ts'
import { openStores } from './stores.ts'

export type AuthClientOptions = Pick<ChatOptions, 'mcp' | 'mcpConfig' | 'tokenStore' | 'storeForAll'> &
  NewClient & { issuer?: string; json?: boolean }

/** What `auth client ... --json` prints of each client: kept now, kept still, or forgotten. */
export interface KeptClient {
  server: string
  url: string
  issuer: string
  clientId: string
  /** `configured`: set by a person. */
  source: Client['source']
  authMethod?: Client['authMethod']
  /** Whether a secret or key is kept with it. */
  secret: boolean
}

/** Which client is meant, and the store that keeps it. */
export interface ClientPlace extends IssuerSearch {
  store: TokenStore
  /** The client id in the configuration of the server. */
  clientId: string | undefined
}

/** A client, where it is for, and the line about it. */
export interface ClientAt {
  issuer: string
  client: Client
  text: string
}

/** `auth client set`, `show` and `remove`: the client that signs in to a server. Gives the exit code. */
export async function authClient(
  action: 'set' | 'show' | 'remove',
  server: string,
  options: AuthClientOptions,
  host: Host,
): Promise<number> {
  const settings = await readServerSettings(options, host)
  const { line, value, warn } = createOutput(options, host)
  for (const problem of settings.servers.problems) warn(problem)
  const { name, url, config } = findRemoteServer(server, settings.servers.servers)
  const store = openStores(options, settings, warn, host)
  const place: ClientPlace = {
    server: { name, url },
    named: options.issuer,
    machine: config.oauthGrantType === 'client_credentials',
    clientId: config.oauthClientId,
    store,
    warn,
  }
  try {
    const clients = action === 'set' ? [await setClient(options, place, host)] : await kept(action, place)
    value(clients.map(({ issuer, client }) => asJson(client, issuer, place)))
    for (const { text } of clients) line(text)
    return 0
  } finally {
    await store.close()
    settings.log.close()
  }
}

/** What is kept, and forgotten if that is wanted. */
async function kept(action: 'show' | 'remove', place: ClientPlace): Promise<ClientAt[]> {
  const { server, store } = place
  const clients: ClientAt[] = []
  for (const issuer of await keptIssuers(place)) {
    const key = { server: server.url, issuer }
    const client = await store.readClient(key)
    if (client === undefined) continue
    if (action === 'remove') await store.exclusive(key, () => store.forgetClient(key))
    const verb = action === 'remove' ? 'forgot client' : 'client'
    const text = `${server.name} at ${hostOf(issuer)}: ${verb} ${clean(client.id, 200)}, ${described(client)}`
    clients.push({ issuer, client, text })
  }
  if (clients.length > 0) return clients
  throw new HostError('failure', `no client is kept for ${server.name}`)
}

function asJson(
  { id, source, authMethod, secret }: Client,
  issuer: string,
  { server }: ClientPlace,
): KeptClient {
  const { name, url } = server
  return { server: name, url, issuer, clientId: id, source, authMethod, secret: secret !== undefined }
}

function described({ source, authMethod, secret }: Client): string {
  const by = source === 'registered' ? 'registered by copilot-host' : 'set by you'
  return `${by}, ${secret === undefined ? 'public' : (authMethod ?? 'with a secret')}`
}
