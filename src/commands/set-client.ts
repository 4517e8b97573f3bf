import type { Client, ClientAuthMethod, ServerKey } from '../auth/types.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean, hostOf } from '../text.ts'
import { keptInText } from '../ui/sign-in-words.ts'
import type { ClientAt, ClientPlace } from './auth-client.ts'
import { readClientKey, readClientSecret } from './client-secret.ts'
import { issuerOf } from './server-issuer.ts'

/** What `auth client set` is given about the client. */
export interface NewClient {
  clientId?: string
  authMethod?: ClientAuthMethod
  privateKey?: boolean
  public?: boolean
}

/**
 * Keeps the client of the person for one server and one issuer: its secret is read from the terminal or from standard input,
 * and goes into the store and nowhere else. Gives it with the line that says so. Throws HostError `usage`, and `failure` where
 * nothing that lasts can keep it.
 */
export async function setClient(given: NewClient, place: ClientPlace, host: Host): Promise<ClientAt> {
  const { server, store } = place
  const id = clientId(given.clientId ?? place.clientId, server.name)
  const authMethod = methodOf(given)
  if (!store.durable) throw unkept(server.name)
  const issuer = await issuerOf(place, host)
  const at = hostOf(issuer)
  const client = await completed({ id, source: 'configured', authMethod }, at, host)
  const key: ServerKey = { server: server.url, issuer }
  await store.exclusive(key, () => store.writeClient(key, client))
  if (!store.durable) throw unkept(server.name)
  const where = keptInText({ keptIn: store.kindFor?.(server.url) ?? store.kind })
  const text = `client ${clean(id)} of ${server.name} is kept for ${at} in ${where}; the next sign-in uses it`
  return { issuer, client, text }
}

function clientId(id: string | undefined, server: string): string {
  if (id === undefined) {
    throw new HostError(
      'usage',
      `${server} has no oauthClientId in its configuration: --client-id <id> names it`,
    )
  }
  // RFC 6749 A.1.
  if (/^[\x20-\x7e]{1,1024}$/.test(id)) return id
  throw new HostError('usage', '--client-id is not a client id (1 to 1024 printable ASCII characters)')
}

/** Undefined: with a secret, shown as the authorization server wants it. */
function methodOf(given: NewClient): ClientAuthMethod | undefined {
  const said = new Set<ClientAuthMethod>()
  if (given.authMethod !== undefined) said.add(given.authMethod)
  if (given.privateKey) said.add('private_key_jwt')
  if (given.public) said.add('none')
  const [method, other] = said
  if (other === undefined) return method
  throw new HostError('usage', '--public, --private-key and --auth-method say different things: name one')
}

async function completed(client: Client, at: string, host: Host): Promise<Client> {
  const { id, authMethod } = client
  if (authMethod === 'none') return client
  if (authMethod === 'private_key_jwt') {
    const question = `Private key (PEM) of ${clean(id)} at ${at}, not shown: `
    return { ...client, secret: await readClientKey(question, host) }
  }
  const question = `Client secret of ${clean(id)} at ${at}, not shown: `
  return { ...client, secret: await readClientSecret(question, host) }
}

function unkept(server: string): HostError {
  return new HostError('failure', `the client of ${server} was not kept: nothing here outlives this command`)
}
