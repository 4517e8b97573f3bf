import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { openStore } from '../../src/auth/store/store.ts'
import { BROWSER, createEngine, requestFor, tokenOf } from '../support/engine.ts'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.ts'
import { temporaryFolder } from '../support/folder.ts'
import { CHILD } from '../support/store-process.ts'
import { testStore } from '../support/token-store.ts'

/**
 * Real processes that share one sign-in, against a real authorization server that rotates refresh tokens and ends the whole
 * family when one is used twice.
 */
const mcp = 'http://127.0.0.1:1/mcp'
let server: AuthorizationServer
let folder: string

beforeEach(async () => {
  folder = await temporaryFolder()
  server = await startAuthorizationServer({ resource: mcp, accessTokenTtl: 1 })
  onTestFinished(() => server.close())
  const { store, engine } = here()
  expect(tokenOf(await engine.ask(requestFor({ mcp, issuer: server.issuer })))).toBeDefined()
  await store.close()
  server.setAccessTokenTtl(3600)
  // From here on the token of that sign-in has ended for everybody.
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(signedInAt + 1000), { interval: 20 })
})

let signedInAt = 0

/** An engine in this process on the same store, whose person signs in by browser. */
function here() {
  const store = openStore({
    kind: 'file',
    folder,
    service: 'copilot-host-test',
    execPath: process.execPath,
    childPath: CHILD,
    env: {},
    warn: () => {},
    now: Date.now,
  })
  signedInAt = Date.now()
  return { store, engine: createEngine({ store: { ...testStore(), ...store }, first: BROWSER }) }
}

const start = (count: number): Promise<EngineProcess[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      startEngineProcess({ folder, mcp, issuer: server.issuer }, onTestFinished),
    ),
  )

const refreshes = () => server.count('token', 'refresh_token')
const reuses = () =>
  server.requests.filter(({ grant, error }) => grant === 'refresh_token' && error === 'invalid_grant').length

/** The owner of a lock is gone: its heartbeat is older than any that counts. */
async function ageLocks(): Promise<void> {
  const locks = join(folder, 'locks')
  const old = new Date(Date.now() - 60_000)
  for (const name of await readdir(locks)) await utimes(join(locks, name), old, old).catch(() => {})
}

it('ten processes that need the same token at the same moment make one refresh request', async () => {
  const engines = await start(10)
  const said = await Promise.all(engines.map(engine => engine.ask()))
  expect(new Set(said.map(({ token }) => token)).size).toBe(1)
  expect(said[0]?.token).toBeDefined()
  expect([refreshes(), reuses()]).toEqual([1, 0])
  expect(server.count('token', 'authorization_code')).toBe(1)

  // The family lives: the next renewal works.
  const [one] = engines
  await one?.ask('refresh')
  expect([refreshes(), reuses()]).toEqual([2, 0])
})

describe('C-04: one of them', () => {
  it('killed before the server has worked on its request: another one renews, and the family lives', async () => {
    const [victim, ...others] = await start(4)
    const held = server.holdToken('before')
    void victim?.ask().catch(() => {})
    await held.arrived
    await victim?.signal('SIGKILL')
    held.drop()
    await ageLocks()
    const said = await Promise.all(others.map(engine => engine.ask()))
    expect(new Set(said.map(({ token }) => token)).size).toBe(1)
    expect(said[0]?.token).toBeDefined()
    expect([refreshes(), reuses()]).toEqual([1, 0])
  })

  it('killed after the server has spent the token: the answer is lost for all, one tries and nobody goes on trying', async () => {
    const [victim, ...others] = await start(4)
    const held = server.holdToken('after')
    void victim?.ask().catch(() => {})
    await held.arrived
    await victim?.signal('SIGKILL')
    held.drop()
    await ageLocks()
    const said = await Promise.all(others.map(engine => engine.ask()))
    expect(said).toEqual(others.map(() => ({ refused: 'sign-in-needed' })))
    expect(reuses()).toBe(1)
    // One sign-in serves all of them again.
    const { store, engine } = here()
    await engine.ask(requestFor({ mcp, issuer: server.issuer }))
    await store.close()
    const again = await Promise.all(others.map(each => each.ask()))
    expect(new Set(again.map(({ token }) => token)).size).toBe(1)
  })

  it('stopped in the middle: another one renews, and the one that wakes up neither writes nor sends', async () => {
    const [sleeper, other] = await start(2)
    const held = server.holdToken('before')
    const late = sleeper?.ask()
    await held.arrived
    await sleeper?.signal('SIGSTOP')
    await ageLocks()
    const said = await other?.ask()
    expect(said?.token).toBeDefined()
    held.drop()
    await sleeper?.signal('SIGCONT')
    expect(await late).toEqual({ token: said?.token })
    expect([refreshes(), reuses()]).toEqual([1, 0])
    expect((await other?.ask())?.token).toBe(said?.token)
  })
})

it('the server does end the family when a refresh token is used twice', async () => {
  const { store } = here()
  onTestFinished(() => store.close())
  const key = { server: requestFor({ mcp, issuer: server.issuer }).server.url, issuer: server.issuer }
  const old = await store.read(key)
  const [one] = await start(1)
  await one?.ask()
  if (old === undefined) throw new Error('nothing is stored')
  await store.write(key, { ...old, receivedAt: 0 })
  expect(await one?.ask('refresh')).toEqual({ refused: 'sign-in-needed' })
  expect(reuses()).toBe(1)
  expect(await store.read(key)).toBeUndefined()
})
