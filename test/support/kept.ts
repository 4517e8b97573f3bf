import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openStore } from '../../src/auth/store/store.ts'
import type { Grant, ServerKey, TokenStore } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import type { Stage } from './chat.ts'
import { storeOptions } from './open-store.ts'

/** Where programs of this stage keep their sign-ins with `--token-store file`, for the time of the work. */
export async function inTokenFile<T>(stage: Stage, work: (store: TokenStore) => Promise<T>): Promise<T> {
  const options = { ...storeOptions(stage.place.state), kind: 'file' as const }
  const store = openStore({ ...options, warn: line => expect.fail(line), now: () => Date.now() })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** Changes the sign-in to the practice server that is kept in the file. */
export async function changeKept(stage: Stage, change: (grant: Grant) => Grant): Promise<void> {
  const { authorizationServer, mcp } = stage.world
  const key: ServerKey = { server: webUrl(mcp.url, 'the test'), issuer: authorizationServer.issuer }
  await inTokenFile(stage, async store => {
    const grant = await store.read(key)
    if (grant === undefined) throw new Error('nobody is signed in')
    await store.write(key, change(grant))
  })
}

/** The same sign-in, as if so many milliseconds had gone by since. */
export function aged(ms: number): (grant: Grant) => Grant {
  const earlier = (time: number | undefined) => time && time - ms
  return grant => ({
    ...grant,
    receivedAt: grant.receivedAt - ms,
    expiresAt: earlier(grant.expiresAt),
    refreshExpiresAt: earlier(grant.refreshExpiresAt),
  })
}

/** Every file below the state folder of this stage, with what is in it. */
export async function filesOf({ place }: Stage): Promise<Record<string, string>> {
  const found = await readdir(place.state, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = found.filter(each => each.isFile()).map(each => join(each.parentPath, each.name))
  return Object.fromEntries(await Promise.all(paths.map(async path => [path, await readFile(path, 'utf8')])))
}
