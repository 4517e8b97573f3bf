import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyKeychain, keychainTrouble } from '../../demo/keychain.ts'
import { Secret } from '../../src/auth/secret.ts'
import { openKeychain } from '../../src/auth/store/keychain.ts'
import { serviceName } from '../../src/auth/store/service.ts'
import { openStore } from '../../src/auth/store/store.ts'
import { webUrl } from '../../src/auth/url.ts'
import { describeWithKeychain, type Keychain, startKeychain } from '../support/keychain.ts'

const childPath = new URL('../../src/auth/store/keychain-child.ts', import.meta.url)
const ports = (env: Record<string, string>) => ({ execPath: process.execPath, childPath, env })
let state: string

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'demo-keychain-'))
})

afterEach(() => rm(state, { recursive: true, force: true }))

describe('without a keychain', () => {
  it('says why', async () => {
    const nowhere = { HOME: state, DBUS_SESSION_BUS_ADDRESS: `unix:path=${state}/none`, PATH: '' }
    expect(await keychainTrouble(ports(nowhere), state)).toMatch(/keychain/)
  })

  it('has nothing to tidy up', async () => {
    await emptyKeychain(ports({ HOME: state }), state)
  })
})

describeWithKeychain('with a keychain', () => {
  let keychain: Keychain

  beforeEach(async () => {
    keychain = await startKeychain()
  })

  afterEach(() => keychain.close())

  it('finds that it works, and leaves nothing of a place behind', async () => {
    const service = serviceName(state, false)
    expect(await keychainTrouble(ports(keychain.env), state)).toBeUndefined()
    const store = openStore({
      ...ports(keychain.env),
      kind: 'keychain',
      folder: state,
      service,
      warn: line => expect.fail(line),
      now: Date.now,
    })
    const key = { server: webUrl('http://127.0.0.1:1/mcp', 'the server'), issuer: 'http://127.0.0.1:2' }
    const client = { id: 'client', source: 'registered' as const, authMethod: 'none' as const }
    const access = new Secret('practice')
    await store.write(key, {
      issuer: key.issuer,
      resource: key.server,
      client,
      access,
      receivedAt: Date.now(),
    })
    await store.close()
    const vault = openKeychain({ ...ports(keychain.env), service })
    const account = `${key.server} ${key.issuer}`
    expect(await vault.get(account)).toContain('practice')
    await emptyKeychain(ports(keychain.env), state)
    expect(await vault.get(account)).toBeUndefined()
    await vault.close()
  })
})
