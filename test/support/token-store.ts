import type { Client, Grant, KnownIssuer, ServerKey, TokenStore } from '../../src/auth/types.ts'

export interface TestStore extends TokenStore {
  /** By server and issuer, with a blank between. */
  grants: Map<string, Grant>
  clients: Map<string, Client>
  /** By server. */
  issuers: Map<string, KnownIssuer>
  /** How often somebody was inside `exclusive`, and whether somebody is now. */
  entered: number
  inside: boolean
  /** From now on writing fails with this error. */
  failWrites?: Error
}

/** A store in memory with a lock that stands callers in line, for several engines at once. */
export function testStore(): TestStore {
  const grants = new Map<string, Grant>()
  const clients = new Map<string, Client>()
  const issuers = new Map<string, KnownIssuer>()
  const nameOf = ({ server, issuer }: ServerKey) => `${server} ${issuer}`
  let queue: Promise<unknown> = Promise.resolve()
  const store: TestStore = {
    kind: 'keychain',
    durable: true,
    grants,
    clients,
    issuers,
    entered: 0,
    inside: false,
    read: async key => grants.get(nameOf(key)),
    async write(key, grant) {
      if (store.failWrites !== undefined) throw store.failWrites
      grants.set(nameOf(key), grant)
      const since = grant.receivedAt
      issuers.set(key.server, { issuer: key.issuer, clientId: grant.client.id, since })
    },
    async forget(key, only) {
      const grant = grants.get(nameOf(key))
      if (only === undefined || grant?.access.equals(only.access)) grants.delete(nameOf(key))
    },
    readClient: async key => clients.get(nameOf(key)),
    async writeClient(key, client) {
      clients.set(nameOf(key), client)
    },
    async forgetClient(key, only) {
      if (only === undefined || clients.get(nameOf(key))?.id === only.id) clients.delete(nameOf(key))
    },
    knownIssuer: async server => issuers.get(server),
    trouble: async () => undefined,
    list: async () =>
      [...grants].map(([name, { issuer, receivedAt }]) => ({
        server: name.slice(0, -issuer.length - 1),
        issuer,
        store: 'keychain',
        since: receivedAt,
      })),
    exclusive(_key, work) {
      const run = queue.then(async () => {
        store.entered += 1
        store.inside = true
        try {
          return await work(new AbortController().signal, async () => {})
        } finally {
          store.inside = false
        }
      })
      queue = run.catch(() => {})
      return run
    },
    close: async () => {},
  }
  return store
}
