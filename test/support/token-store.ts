import type { AccountBook } from '../../src/auth/store/accounts.ts'
import type { KnownIssuer } from '../../src/auth/store/index.ts'
import type { Client, Grant, ServerKey, TokenStore } from '../../src/auth/types.ts'
import { clean } from '../../src/text.ts'

export interface TestStore extends TokenStore {
  /** By server, issuer and account, with a blank between. */
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
  const placeOf = ({ server, issuer }: ServerKey) => `${server} ${issuer}`
  const nameOf = ({ slot, ...key }: ServerKey) => placeOf(key) + (slot === undefined ? '' : ` ${slot}`)
  let book: AccountBook = { accounts: [], bindings: [], defaults: [] }
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
    readClient: async key => clients.get(placeOf(key)),
    async writeClient(key, client) {
      clients.set(placeOf(key), client)
    },
    async forgetClient(key, only) {
      if (only === undefined || clients.get(placeOf(key))?.id === only.id) clients.delete(placeOf(key))
    },
    clientIssuers: async server =>
      [...clients.keys()].flatMap(name => {
        const [of, issuer = ''] = name.split(' ')
        return of === server ? [issuer] : []
      }),
    async forgetServer(server) {
      const forgotten = await store.clientIssuers(server)
      for (const issuer of forgotten) clients.delete(placeOf({ server, issuer }))
      const issuer = issuers.get(server)?.issuer
      issuers.delete(server)
      return { clients: forgotten, issuer }
    },
    knownIssuer: async server => issuers.get(server),
    trouble: async () => undefined,
    list: async () =>
      [...grants].map(([name, { issuer, receivedAt }]) => {
        const [server = '', , ...slot] = name.split(' ')
        const account = slot.length === 0 ? undefined : clean(slot.join(' '))
        return { server, issuer, slot: account, store: 'keychain', since: receivedAt }
      }),
    readAccounts: async () => book,
    async changeAccounts(edit) {
      book = edit(book)
    },
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
