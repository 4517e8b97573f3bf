import type { Host } from '../src/host.ts'
import { browserCommand, environment } from './environment.ts'
import { emptyKeychain, keychainTrouble } from './keychain.ts'
import { ordinaryProgram } from './program.ts'
import { startWorld } from './world.ts'

/** Programs that renew the same sign-in at once. */
const RUNNERS = 6
/** Life of the access token that they all find ended, in seconds. */
const BRIEF = 2

export interface Raced {
  runners: number
  /** How many of them got an answer that names the person. */
  answered: number
  /** Renewals that the sign-in server saw; one is right. */
  renewals: number
  /** Sign-ins of a person after the first one; none is right. */
  signIns: number
  store: 'keychain' | 'file'
}

/**
 * Six programs find the same token ended and renew it, on a practice world whose sign-in server ends the whole sign-in when a
 * refresh token is used twice. The store is the one of this machine.
 */
export async function race(host: Host): Promise<Raced> {
  const keychain = {
    execPath: host.execPath,
    childPath: host.packageFile('dist/keychain-child.js'),
    env: host.env,
  }
  const world = await startWorld()
  const { authorizationServer: issuer, mcp } = world
  const { state, env: place } = world.place('race')
  try {
    const store = (await keychainTrouble(keychain, world.folder)) === undefined ? 'keychain' : 'file'
    const program = ordinaryProgram({
      execPath: host.execPath,
      file: host.packageFile('bin/copilot-host.js'),
      folder: world.work,
      env: environment(host.env),
      signal: host.signal,
    })
    const browser = await browserCommand(world.folder, host)
    const env = { ...place, BROWSER: `${browser} --as ada@example.com %s` }
    const servers = ['--mcp', `notes=${mcp.url}`, '--token-store', store]
    const ask = (...more: string[]) =>
      program.start(['chat', '-p', 'who am i?', '--allow-tool', 'notes', ...servers, ...more], env).ended
    issuer.setAccessTokenTtl(BRIEF)
    const first = await ask('--sign-in', 'browser')
    if (first.code !== 0) throw new Error(first.stderr.trim().split('\n').at(-1))
    const before = issuer.count('token', 'refresh_token')
    await host.clock.sleep(BRIEF * 1000, host.signal)
    issuer.setAccessTokenTtl(3600)
    const runs = await Promise.all(Array.from({ length: RUNNERS }, () => ask()))
    return {
      runners: RUNNERS,
      answered: runs.filter(({ code, stdout }) => code === 0 && stdout.includes('Ada')).length,
      renewals: issuer.count('token', 'refresh_token') - before,
      signIns: issuer.count('authorization') - 1,
      store,
    }
  } finally {
    await emptyKeychain(keychain, state).catch(() => {})
    await world.close()
  }
}
