import { type KeychainProcess, startKeychainProcess } from '../auth/store/keychain-process.ts'
import type { Host } from '../host.ts'
import type { ChatOptions } from './options.ts'
import type { Settings } from './settings.ts'

/**
 * Starts the keychain's child before anything else of the token store is loaded: it takes as long to come up as the runtime. None where
 * no server can ask for a sign-in, where sign-ins are switched off, or kept elsewhere.
 */
export function keychainAhead(
  { tokenStore }: Pick<ChatOptions, 'tokenStore'>,
  settings: Settings,
  host: Host,
): KeychainProcess | undefined {
  const kept = tokenStore === 'auto' || tokenStore === 'keychain'
  const wanted = kept && settings.session.signIn && hasRemote(settings)
  return wanted ? startKeychainProcess(keychainOptions(host)) : undefined
}

/** How the child is started. */
export function keychainOptions({ execPath, packageFile, env }: Host) {
  return { execPath, childPath: packageFile('dist/keychain-child.js'), env }
}

/** Whether there is a server that could ask for a sign-in. */
export function hasRemote({ servers }: Pick<Settings, 'servers'>): boolean {
  return Object.values(servers.servers).some(server => 'url' in server)
}
