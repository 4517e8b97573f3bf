import { join } from 'node:path'
import { openIndex } from '../src/auth/store/index.ts'
import { openKeychain } from '../src/auth/store/keychain.ts'
import type { KeychainProcessOptions } from '../src/auth/store/keychain-process.ts'
import { createLock } from '../src/auth/store/lock.ts'
import { serviceName } from '../src/auth/store/service.ts'
import { openStore } from '../src/auth/store/store.ts'
import { webUrl } from '../src/auth/url.ts'
import { HostError } from '../src/errors.ts'

/** Undefined if the system keychain works, else why not, in a few words. `state` is a folder of the demo's own. */
export async function keychainTrouble(
  ports: KeychainProcessOptions,
  state: string,
): Promise<string | undefined> {
  const keychain = openKeychain({ ...ports, service: serviceName(state, false) })
  try {
    await keychain.probe()
    return undefined
  } catch (error) {
    return error instanceof HostError ? error.detail : 'the system keychain cannot be used'
  } finally {
    await keychain.close()
  }
}

/** Takes what the program has put into the system keychain for a state folder out again. */
export async function emptyKeychain(ports: KeychainProcessOptions, state: string): Promise<void> {
  const now = Date.now
  const warn = () => {}
  const lock = createLock({ folder: join(state, 'locks'), warn })
  const store = openStore({
    ...ports,
    kind: 'keychain',
    folder: state,
    service: serviceName(state, false),
    warn,
    now,
  })
  try {
    const index = openIndex({ folder: state, lock, now })
    const forget = { grants: store.forget, clients: store.forgetClient }
    for (const list of ['grants', 'clients'] as const) {
      for (const { server, issuer, store: kept } of await index.list(list)) {
        if (kept === 'keychain') await forget[list]({ server: webUrl(server, 'the practice server'), issuer })
      }
    }
  } finally {
    lock.close()
    await store.close()
  }
}
