import { hostError } from '../errors.ts'
import type { KnownIssuer } from './store/index.ts'
import type { AuthRequest, Check, Client, Grant, Prompt, ServerKey, TokenStore, WebUrl } from './types.ts'

/** The store, with a memory for what it could not take: a grant in use is never lost because of a fault behind it. */
export interface Grants {
  read(key: ServerKey): Promise<Grant | undefined>
  /**
   * Keeps the grant under the lock, and says where: `memory` when the store could not take it. Undefined where `may` does
   * not let it take the place of the one that is kept.
   */
  keep(
    key: ServerKey,
    grant: Grant,
    may: (held: Grant | undefined) => boolean,
  ): Promise<TokenStore['kind'] | undefined>
  /** For a caller that is inside `exclusive`. Rejects where the lock was lost: see `replace`. */
  write(key: ServerKey, grant: Grant): Promise<void>
  /**
   * Keeps a grant under a new lock, and only in place of the one that it came from: a renewed one whose lock was lost before
   * it was written. Gives what is kept now, which may be another program's, or nothing after a sign-out.
   */
  replace(key: ServerKey, before: Grant, grant: Grant): Promise<Grant | undefined>
  /** Forgets exactly this grant. */
  forget(key: ServerKey, grant: Grant): Promise<void>
  exclusive<T>(
    key: ServerKey,
    work: (signal: AbortSignal, check: Check, abandoned?: boolean) => Promise<T>,
  ): Promise<T>
  /** Rejects where a client that the person has set cannot be read. */
  readClient(key: ServerKey): Promise<Client | undefined>
  /** A registration never takes the place of a client that the person has set. */
  keepClient(key: ServerKey, client: Client): Promise<void>
  /** Forgets a client that the server no longer knows. */
  forgetClient(key: ServerKey, client: Client): Promise<void>
  knownIssuer(server: WebUrl): Promise<KnownIssuer | undefined>
}

/** Says once in a session that a sign-in could not be kept. */
export function createGrants(store: TokenStore, prompt: Pick<Prompt, 'tell'>): Grants {
  const unkept = new Map<string, Grant>()
  const nameOf = ({ server, issuer, slot }: ServerKey) => JSON.stringify([server, issuer, slot])
  let warned = false

  function warn(thrown: unknown): void {
    if (warned) return
    warned = true
    const reason = hostError(thrown, 'the token store failed').message
    prompt.tell({ level: 'warning', text: `${reason}; sign-ins last until you leave` })
  }

  async function orWarn<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch (error) {
      warn(error)
      return undefined
    }
  }

  async function settle(
    key: ServerKey,
    grant: Grant,
    write: () => Promise<void>,
  ): Promise<TokenStore['kind']> {
    try {
      await write()
      unkept.delete(nameOf(key))
      return store.kindFor?.(key.server) ?? store.kind
    } catch (error) {
      unkept.set(nameOf(key), grant)
      warn(error)
      return 'memory'
    }
  }

  async function read(key: ServerKey): Promise<Grant | undefined> {
    const mine = unkept.get(nameOf(key))
    const kept = await orWarn(store.read(key))
    // What another program has kept since is the better one.
    if (mine === undefined || (kept !== undefined && kept.receivedAt > mine.receivedAt)) return kept
    return mine
  }

  return {
    read,
    async keep(key, grant, may) {
      // Should the lock not be to be had, what is known of the place has to do.
      let allowed = may(unkept.get(nameOf(key)))
      if (!allowed) return undefined
      const kept = await settle(key, grant, () =>
        store.exclusive(key, async () => {
          allowed = may(await read(key))
          if (allowed) await store.write(key, grant)
        }),
      )
      return allowed ? kept : undefined
    },
    async write(key, grant) {
      await store.write(key, grant)
      unkept.delete(nameOf(key))
    },
    async replace(key, before, grant) {
      let kept: Grant | undefined = grant
      await settle(key, grant, () =>
        store.exclusive(key, async () => {
          const found = await read(key)
          if (found?.access.equals(before.access)) await store.write(key, grant)
          else kept = found
        }),
      )
      return kept
    },
    async forget(key, grant) {
      if (unkept.get(nameOf(key))?.access.equals(grant.access)) unkept.delete(nameOf(key))
      else await store.forget(key, grant)
    },
    exclusive: (key, work) => store.exclusive(key, work),
    readClient: key => store.readClient(key),
    async keepClient(key, client) {
      const work = async () => {
        const kept = client.source === 'registered' ? await store.readClient(key) : undefined
        if (kept?.source !== 'configured') await store.writeClient(key, client)
      }
      await orWarn(store.exclusive(key, work))
    },
    async forgetClient(key, client) {
      await orWarn(store.exclusive(key, () => store.forgetClient(key, client)))
    },
    knownIssuer: server => orWarn(store.knownIssuer(server)),
  }
}

/**
 * The grant with the client as it is set by now, with its secret, which is not kept in the grant: by the person, else in the
 * configuration of the server. Rejects where the person's cannot be read: without its secret the server would refuse the client.
 */
export async function withSecret(
  grant: Grant,
  key: ServerKey,
  store: Pick<TokenStore, 'readClient'>,
  configured?: AuthRequest['client'],
): Promise<Grant> {
  const { client } = grant
  if (client.source !== 'configured') return grant
  const kept = await store.readClient(key)
  if (kept?.source === 'configured' && kept.id === client.id) return { ...grant, client: kept }
  const secret = configured?.id === client.id ? configured.secret : undefined
  return secret === undefined ? grant : { ...grant, client: { ...client, secret } }
}
