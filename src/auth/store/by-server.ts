import type { ServerKey, StoredEntry, TokenStore } from '../types.ts'

/**
 * One store made of several: `own` has the servers that keep their sign-ins elsewhere than in `main`, by address. What is not about one
 * server (accounts) is asked of `main`; its list has the entries of each server in the store that is its own.
 */
export function createStoreByServer(main: TokenStore, own: ReadonlyMap<string, TokenStore>): TokenStore {
  const at = (server: string) => own.get(server) ?? main
  const of = ({ server }: ServerKey) => at(server)
  const all = [...new Set([main, ...own.values()])]
  return {
    kind: main.kind,
    get durable() {
      return all.every(({ durable }) => durable)
    },
    kindFor: server => at(server).kind,
    read: key => of(key).read(key),
    readAhead: async key => of(key).readAhead?.(key),
    write: (key, grant) => of(key).write(key, grant),
    forget: (key, only) => of(key).forget(key, only),
    readClient: key => of(key).readClient(key),
    writeClient: (key, client) => of(key).writeClient(key, client),
    forgetClient: (key, only) => of(key).forgetClient(key, only),
    clientIssuers: server => at(server).clientIssuers(server),
    knownIssuer: server => at(server).knownIssuer(server),
    forgetServer: server => at(server).forgetServer(server),
    async trouble() {
      const found = await Promise.all(all.map(store => store.trouble()))
      return found.find(each => each !== undefined)
    },
    async list() {
      const lists = await Promise.all(all.map(async store => [store, await store.list()] as const))
      const isAt = (store: TokenStore, { server, store: kind }: StoredEntry) =>
        at(server) === store && (!own.has(server) || kind === store.kind)
      return lists.flatMap(([store, entries]) => entries.filter(entry => isAt(store, entry)))
    },
    readAccounts: () => main.readAccounts(),
    changeAccounts: edit => main.changeAccounts(edit),
    exclusive: (key, work) => of(key).exclusive(key, work),
    async close() {
      await Promise.all(all.map(store => store.close()))
    },
  }
}
