import type { Grant, ServerKey, TokenStore } from '../../src/auth/types.ts'

export interface TestStore extends TokenStore {
  grants: Map<string, Grant>
  /** How often somebody was inside `exclusive`, and whether somebody is now. */
  entered: number
  inside: boolean
  /** From now on writing fails with this error. */
  failWrites?: Error
}

/** A store in memory with a lock that stands callers in line, for several engines at once. */
export function testStore(): TestStore {
  const grants = new Map<string, Grant>()
  const nameOf = ({ server, issuer }: ServerKey) => `${server} ${issuer}`
  let queue: Promise<unknown> = Promise.resolve()
  const store: TestStore = {
    kind: 'keychain',
    durable: true,
    grants,
    entered: 0,
    inside: false,
    read: async key => grants.get(nameOf(key)),
    async write(key, grant) {
      if (store.failWrites !== undefined) throw store.failWrites
      grants.set(nameOf(key), grant)
    },
    async forget(key, only) {
      const grant = grants.get(nameOf(key))
      if (only === undefined || grant?.access.equals(only.access)) grants.delete(nameOf(key))
    },
    exclusive(_key, work) {
      const run = queue.then(async () => {
        store.entered += 1
        store.inside = true
        try {
          return await work(new AbortController().signal)
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
