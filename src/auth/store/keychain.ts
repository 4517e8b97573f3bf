import { platform } from 'node:os'
import { HostError } from '../../errors.ts'
import {
  type KeychainProcess,
  type KeychainProcessOptions,
  startKeychainProcess,
} from './keychain-process.ts'
import type { Answer } from './keychain-protocol.ts'
import type { Vault } from './vault.ts'

/** The account that {@link Vault.probe} writes and removes; no server address looks like it. */
const PROBE = 'probe'

const LOCKED = 'the system keychain is locked (it is used again as soon as you unlock it)'
const NOT_INSTALLED =
  'the package keytar, by which the system keychain is reached, is not installed (--omit=optional leaves it out)'
/** How long a keychain that failed is left alone, in milliseconds: a call into one that hangs takes 3 s. */
const PAUSE = 60_000

export interface KeychainOptions extends KeychainProcessOptions {
  service: string
  /** Instead of 60 s. */
  pause?: number
  /** The child is started with the first call: for who may never ask. */
  later?: boolean
  /** The child, where it was started before. */
  started?: KeychainProcess
}

/**
 * The operating system's keychain; our entries in it have the name `service`. The child behind it starts at once, or `later`. One that
 * hung or died is replaced by a later call: the person may have unlocked the keychain meanwhile.
 */
export function openKeychain(options: KeychainOptions): Vault {
  const { service, pause = PAUSE } = options
  let keychain = options.started ?? (options.later ? undefined : startKeychainProcess(options))
  let closed = false

  const ask: KeychainProcess['ask'] = async request => {
    const failedAt = keychain?.failedAt
    const again = !closed && failedAt !== undefined && performance.now() >= failedAt + pause
    if (closed && keychain === undefined) throw new HostError('store-unavailable', 'the program is ending')
    if (again || keychain === undefined) keychain = startKeychainProcess(options)
    return keychain.ask(request)
  }

  /** Throws what an answer with a fault means, `otherwise` where the keychain gives no reason of its own. */
  function judge(answer: Answer, otherwise: string): Answer {
    if (answer.fault === 'absent' || answer.fault === 'module') {
      const detail = answer.fault === 'absent' ? NOT_INSTALLED : absent()
      keychain?.end(detail)
      throw new HostError('store-unavailable', detail)
    }
    if (answer.fault === 'locked') throw new HostError('store-unavailable', LOCKED)
    if (answer.fault === 'failed') throw new HostError('store-unavailable', otherwise)
    return answer
  }

  async function get(account: string) {
    return judge(await ask({ do: 'get', service, account }), absent()).text
  }
  async function set(account: string, text: string) {
    judge(await ask({ do: 'set', service, account, text }), 'the system keychain refuses to save')
  }
  async function remove(account: string) {
    const answer = await ask({ do: 'delete', service, account })
    return judge(answer, 'the system keychain refuses to forget').deleted === true
  }

  /**
   * A locked Secret Service finds nothing and deletes nothing without a word; only writing tells (measured). One that is not
   * there says so to a reader.
   */
  async function probe() {
    await get(PROBE)
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
    async close() {
      closed = true
      await keychain?.close()
    },
  }
}

function absent(): string {
  return platform() === 'linux'
    ? 'no system keychain was found (it needs libsecret and a Secret Service such as gnome-keyring)'
    : 'the system keychain cannot be used'
}
