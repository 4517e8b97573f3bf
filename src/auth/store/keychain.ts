import { platform } from 'node:os'
import { HostError } from '../../errors.ts'
import { type KeychainProcessOptions, startKeychainProcess } from './keychain-process.ts'
import type { Answer } from './keychain-protocol.ts'
import type { Vault } from './vault.ts'

/** The account that {@link Vault.probe} writes and removes; no server address looks like it. */
const PROBE = 'probe'

/** The operating system's keychain; our entries in it have the name `service`. The child behind it starts at once. */
export function openKeychain(options: KeychainProcessOptions & { service: string }): Vault {
  const { service } = options
  const keychain = startKeychainProcess(options)

  /** Throws what an answer with a fault means, `otherwise` where the keychain gives no reason of its own. */
  function judge(answer: Answer, otherwise: string): Answer {
    if (answer.fault === 'module') keychain.end(absent())
    if (answer.fault === 'module') throw new HostError('store-unavailable', absent())
    if (answer.fault === 'locked') throw new HostError('store-unavailable', 'the system keychain is locked')
    if (answer.fault === 'failed') throw new HostError('store-unavailable', otherwise)
    return answer
  }

  // Windows refuses texts over 1280 characters (issue 3): splitting them over several entries belongs into these three.
  async function get(account: string) {
    return judge(await keychain.ask({ do: 'get', service, account }), absent()).text
  }
  async function set(account: string, text: string) {
    judge(await keychain.ask({ do: 'set', service, account, text }), 'the system keychain refuses to save')
  }
  async function remove(account: string) {
    const answer = await keychain.ask({ do: 'delete', service, account })
    return judge(answer, 'the system keychain refuses to forget').deleted === true
  }

  /** A locked Secret Service finds nothing and deletes nothing without a word; only writing tells (measured). */
  async function probe() {
    await set(PROBE, PROBE)
    await remove(PROBE)
  }

  return {
    get,
    set,
    async delete(account) {
      if (!(await remove(account))) await probe()
    },
    probe,
    close: keychain.close,
  }
}

function absent(): string {
  return platform() === 'linux'
    ? 'no system keychain was found (it needs libsecret and a Secret Service such as gnome-keyring)'
    : 'the system keychain cannot be used'
}
