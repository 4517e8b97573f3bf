import { openKeychain } from '../../auth/store/keychain.ts'
import type { Host } from '../../host.ts'
import { keychainOptions } from '../keychain-ahead.ts'
import type { ChatOptions } from '../options.ts'
import type { Settings } from '../settings.ts'
import type { Finding } from './finding.ts'
import { failed } from './machine.ts'

/** The keychain: writes, reads and removes an entry for this test. */
export async function checkKeychain(
  { tokenStore }: Pick<ChatOptions, 'tokenStore'>,
  { service }: Settings,
  host: Host,
): Promise<Finding> {
  const check = 'keychain'
  const keychain = openKeychain({
    ...keychainOptions(host),
    service: `${service} (doctor)`,
  })
  const began = performance.now()
  try {
    await keychain.probe()
    return {
      check,
      state: 'ok',
      text: 'writes, reads and forgets',
      took: Math.round(performance.now() - began),
    }
  } catch (thrown) {
    const state = tokenStore === 'keychain' ? 'fail' : tokenStore === 'auto' ? 'warning' : undefined
    if (state === undefined) return { ...failed(check, thrown, 'warning'), state: 'note' }
    return failed(check, thrown, state, '--token-store file keeps sign-ins in a file of your own (0600)')
  } finally {
    await keychain.close()
  }
}
