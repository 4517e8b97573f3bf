import { createStoreByServer } from '../auth/store/by-server.ts'
import type { TokenStore } from '../auth/types.ts'
import { SERVER_SETTINGS } from '../config/setting.ts'
import type { Host } from '../host.ts'
import { remoteServers } from './account-names.ts'
import { openTokenStore } from './engine.ts'
import type { ChatOptions } from './options.ts'
import type { Settings } from './settings.ts'

/**
 * The store of a run: for each server the one that its settings name, unless the command line names one, which is then for all. Opened at
 * once, as {@link openTokenStore} does.
 */
export function openStores(
  options: Pick<ChatOptions, 'tokenStore' | 'storeForAll'>,
  settings: Settings,
  warn: (line: string) => void,
  host: Host,
): TokenStore {
  const main = openTokenStore(options, settings, warn, host)
  const opened = new Map<ChatOptions['tokenStore'], TokenStore>([[options.tokenStore, main]])
  const own = new Map<string, TokenStore>()
  for (const server of options.storeForAll ? [] : remoteServers(settings)) {
    const kind = settings.configuration.find(SERVER_SETTINGS.tokenStore, server.name)?.value
    if (kind === undefined || isSame(kind, options.tokenStore)) continue
    const store = opened.get(kind) ?? openTokenStore({ tokenStore: kind }, settings, warn, host)
    opened.set(kind, store)
    own.set(server.url, store)
  }
  return own.size === 0 ? main : createStoreByServer(main, own)
}

/** Not named, it is the keychain. */
function isSame(one: ChatOptions['tokenStore'], other: ChatOptions['tokenStore']): boolean {
  return (one === 'auto' ? 'keychain' : one) === (other === 'auto' ? 'keychain' : other)
}
