import { createHttp } from '../auth/http.ts'
import { signOut } from '../auth/sign-out.ts'
import type { StoredEntry, TokenStore } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { type Clean, clean, hostOf } from '../text.ts'
import { openTokenStore } from './engine.ts'
import { findServer } from './find-server.ts'
import type { ChatOptions } from './options.ts'
import { readSettings, type Settings } from './settings.ts'

export type AuthLogoutOptions = Pick<ChatOptions, 'mcp' | 'mcpConfig' | 'tokenStore'> & { all?: boolean }

/**
 * Ends sign-ins: of the servers named, or of all. One line each on stdout. Gives 0, also when the sign-in server could not
 * be told; 1 when a copy may still be in a keychain that cannot be reached.
 */
export async function authLogout(
  names: readonly string[],
  options: AuthLogoutOptions,
  host: Host,
): Promise<number> {
  if (names.length === 0 && !options.all) {
    throw new HostError('usage', 'name the servers to sign out of, or say --all')
  }
  const settings = await readSettings({ ...options, signIn: 'never' }, false, host)
  const say = (line: string) => void host.stdout.write(`${line}\n`)
  const warn = (line: string) => void host.stderr.write(`${line}\n`)
  const stores = new Map<TokenStore['kind'], TokenStore>()
  /** A sign-in is ended where it is kept, whichever store is used now. */
  const storeOf = (kind: 'keychain' | 'file') => {
    const store = stores.get(kind) ?? openTokenStore({ tokenStore: kind }, settings, () => {}, host)
    stores.set(kind, store)
    return store
  }
  try {
    const all = await storeOf(options.tokenStore === 'file' ? 'file' : 'keychain').list()
    const kept = options.tokenStore === 'auto' ? all : all.filter(({ store }) => store === options.tokenStore)
    const meant = names.length === 0 ? kept : chosen(names, kept, settings, warn)
    if (meant.length === 0 && names.length === 0) say('nobody is signed in to any server')
    let code = 0
    for (const entry of meant) code = Math.max(code, await end(entry, storeOf(entry.store)))
    return code
  } finally {
    for (const store of stores.values()) await store.close()
    settings.log.close()
  }

  async function end(entry: StoredEntry, store: TokenStore): Promise<number> {
    const key = { server: webUrl(entry.server, 'the server'), issuer: entry.issuer }
    const name = nameOf(entry.server, settings)
    const { notRevoked, notForgotten } = await signOut(
      key,
      { store, http: createHttp(host.fetch) },
      host.signal,
    )
    const issuer = hostOf(entry.issuer)
    if (notForgotten !== undefined) {
      warn(`${name}: ${notForgotten.message}`)
      warn(`signed out of ${name} here; the copy in the keychain is deleted when it can be reached again`)
      return 1
    }
    say(`signed out of ${name}`)
    if (notRevoked !== undefined) {
      warn(
        `${issuer} was not told (${notRevoked.message}): end the access of copilot-host in your account there`,
      )
    }
    return 0
  }
}

/** The sign-ins that are meant; one line for each server that has none. */
function chosen(
  names: readonly string[],
  kept: readonly StoredEntry[],
  settings: Settings,
  warn: (line: string) => void,
): StoredEntry[] {
  const found: StoredEntry[] = []
  for (const given of new Set(names)) {
    const [name, config] = findServer(given, settings.servers.servers)
    if (!('url' in config))
      throw new HostError('usage', `${name} runs on this machine: nobody signs in to it`)
    const url = webUrl(config.url, name)
    const entries = kept.filter(entry => entry.server === url)
    if (entries.length === 0) warn(`nobody is signed in to ${name}`)
    found.push(...entries)
  }
  return found
}

/** The configured name of a server, else its address. */
function nameOf(url: string, { servers }: Settings): Clean {
  const known = Object.entries(servers.servers).find(([, config]) => 'url' in config && config.url === url)
  return clean(known?.[0] ?? url, 200)
}
