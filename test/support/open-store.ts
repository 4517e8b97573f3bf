import { onTestFinished } from 'vitest'
import { openKeychain } from '../../src/auth/store/keychain.ts'
import { openStore, type StoreOptions } from '../../src/auth/store/store.ts'
import type { TokenStore } from '../../src/auth/types.ts'
import { temporaryFolder } from './folder.ts'
import { CHILD } from './store-process.ts'

const SERVICE = 'copilot-host-test'

/** What a store is opened with, here or in a process of its own; without an environment there is no keychain. */
export function storeOptions(folder: string, env: Record<string, string> = {}) {
  return {
    kind: 'keychain' as const,
    folder,
    service: SERVICE,
    execPath: process.execPath,
    childPath: CHILD,
    env: { PATH: process.env.PATH ?? '', ...env },
  }
}

/** A store in a new state folder (or a given one), the lines it warned with, and a clock that stands at 1. */
export async function openIn(
  options: Partial<StoreOptions> = {},
): Promise<{ store: TokenStore; folder: string; warnings: string[] }> {
  const folder = options.folder ?? (await temporaryFolder())
  const warnings: string[] = []
  const store = openStore({
    ...storeOptions(folder),
    warn: line => warnings.push(line),
    now: () => 1,
    ...options,
  })
  onTestFinished(() => store.close())
  return { store, folder, warnings }
}

/** The keychain as another program sees it. */
export function vaultIn(env: Record<string, string>) {
  const vault = openKeychain({ service: SERVICE, execPath: process.execPath, childPath: CHILD, env })
  onTestFinished(() => vault.close())
  return vault
}
