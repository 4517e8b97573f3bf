import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { createHttp } from '../../src/auth/http.ts'
import { signOut } from '../../src/auth/sign-out.ts'
import { openStore } from '../../src/auth/store/store.ts'
import type { Choice } from '../../src/auth/types.ts'
import { BROWSER, createEngine, requestFor, tokenOf } from '../support/engine.ts'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.ts'
import { temporaryFolder } from '../support/folder.ts'
import { closed } from '../support/shown.ts'
import { CHILD } from '../support/store-process.ts'
import { testStore } from '../support/token-store.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * Real processes that share one sign-in, against a real authorization server that rotates refresh tokens and ends the whole
 * family when one is used twice.
 */
const mcp = 'http://127.0.0.1:1/mcp'
let server: AuthorizationServer
let folder: string

beforeEach(async () => {
  folder = await temporaryFolder()
  server = await startAuthorizationServer({ resource: mcp })
  onTestFinished(async () => {
    await server.close()
    const told = await closed([], { secrets: server.secrets, folders: [folder] })
    told.judge()
  })
  await signInHere()
  // From here on the token of that sign-in has ended for everybody.
  const { store } = here()
  const grant = await store.read(key())
  if (grant === undefined) throw new Error('nothing is stored')
  await store.write(key(), { ...grant, expiresAt: Date.now() - 1000 })
  await store.close()
})

/** An engine in this process on the same store, whose person signs in by browser, at once or when told to. */
function here(first?: Choice) {
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
  return { store, engine: createEngine({ store: { ...testStore(), ...store }, first }) }
}

const request = () => requestFor({ mcp, issuer: server.issuer })
const key = () => ({ server: request().server.url, issuer: server.issuer })

const start = (count: number, person = false): Promise<EngineProcess[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      startEngineProcess({ folder, mcp, issuer: server.issuer, person }, onTestFinished),
    ),
  )

/** All of them answer one and the same token. */
async function oneToken(engines: readonly EngineProcess[]): Promise<string> {
  const said = await Promise.all(engines.map(engine => engine.ask()))
  const [{ token = '' } = {}] = said
  expect(token).not.toBe('')
  expect(said).toEqual(engines.map(() => ({ token })))
  return token
}

/** A sign-in by the person of this process. */
async function signInHere(): Promise<void> {
  const { store, engine } = here(BROWSER)
  expect(tokenOf(await engine.ask(request()))).toBeDefined()
  await store.close()
}

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
  await oneToken(engines)
  expect([refreshes(), reuses()]).toEqual([1, 0])
  expect(server.count('token', 'authorization_code')).toBe(1)

  // The family lives: the next renewal works.
  const [one] = engines
  expect((await one?.ask('refresh'))?.token).toBeDefined()
  expect([refreshes(), reuses()]).toEqual([2, 0])
})

describe('C-04: one of them', () => {
  it('killed before the server has worked on its request: another one renews, and the family lives', async () => {
    const [victim, ...others] = await start(11)
    const held = server.holdToken('before')
    void victim?.ask().catch(() => {})
    await held.arrived
    await victim?.signal('SIGKILL')
    held.drop()
    await ageLocks()
    await oneToken(others)
    expect([refreshes(), reuses()]).toEqual([1, 0])
    expect((await others[0]?.ask('refresh'))?.token).toBeDefined()
    expect([refreshes(), reuses()]).toEqual([2, 0])
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
    await signInHere()
    await oneToken(await start(3))
  })

  it('stopped in the middle: another one renews, and the one that wakes up neither writes nor sends', async () => {
    const [sleeper, ...others] = await start(10)
    const held = server.holdToken('before')
    const late = sleeper?.ask()
    await held.arrived
    await sleeper?.signal('SIGSTOP')
    await ageLocks()
    const token = await oneToken(others)
    held.drop()
    await sleeper?.signal('SIGCONT')
    expect(await late).toEqual({ token })
    expect([refreshes(), reuses()]).toEqual([1, 0])
    expect(await oneToken(others)).toBe(token)
  })

  it('stopped while the answer came, its lock lost to nobody: what it got is kept as it wakes up', async () => {
    const [sleeper, ...others] = await start(3)
    const held = server.holdToken('after')
    const late = sleeper?.ask()
    await held.arrived
    await sleeper?.signal('SIGSTOP')
    await ageLocks()
    held.release()
    await sleeper?.signal('SIGCONT')
    expect(await late).toEqual({ token: await oneToken(others) })
    expect([refreshes(), reuses()]).toEqual([1, 0])
    expect((await others[0]?.ask('refresh'))?.token).toBeDefined()
    expect([refreshes(), reuses()]).toEqual([2, 0])
  })

  it('stopped while the answer came, and another one tried: one sign-in, which the sleeper takes over', async () => {
    const [sleeper, other, another] = await start(3)
    const held = server.holdToken('after')
    const late = sleeper?.ask()
    await held.arrived
    await sleeper?.signal('SIGSTOP')
    await ageLocks()
    expect(await other?.ask()).toEqual({ refused: 'sign-in-needed' })
    await signInHere()
    held.release()
    await sleeper?.signal('SIGCONT')
    expect((await late)?.token).toBeDefined()
    expect(await another?.ask()).toEqual(await late)
    expect(reuses()).toBe(1)
  })

  it('stopped, and its request reaches the server after all: what was sent cannot be called back, one sign-in mends it', async () => {
    const [sleeper, other] = await start(2)
    const held = server.holdToken('before')
    const late = sleeper?.ask()
    await held.arrived
    await sleeper?.signal('SIGSTOP')
    await ageLocks()
    const said = await other?.ask()
    expect(said?.token).toBeDefined()
    held.release()
    await waitFor(() => expect(reuses()).toBe(1), { interval: 10 })
    await sleeper?.signal('SIGCONT')
    expect(await late).toEqual(said)
    expect(await other?.ask('refresh')).toEqual({ refused: 'sign-in-needed' })
    await signInHere()
    await oneToken(await start(1))
  })
})

it('C-02: a process that signs in while another one waits for its person is not held up; the later sign-in wins', async () => {
  const { store, engine } = here()
  onTestFinished(() => store.close())
  await store.forget(key())
  const answer = engine.ask(request())
  const panel = await engine.prompt.panel()
  const [other] = await start(1, true)
  const said = await other?.ask()
  expect(said?.token).toBeDefined()
  panel.choose(BROWSER)
  const mine = tokenOf(await answer)
  expect((await store.read(key()))?.access.reveal()).toBe(mine)
  const { token } = (await (await start(1))[0]?.ask()) ?? {}
  expect(token).not.toBe(said?.token)
})

describe('C-05: a sign-out while another process renews', () => {
  it('waits for it, ends what that has got at the server, and is not undone', async () => {
    const [other] = await start(1)
    const held = server.holdToken('before')
    const renewed = other?.ask()
    await held.arrived
    const { store } = here()
    onTestFinished(() => store.close())
    const old = await store.read(key())
    const ports = { store, http: createHttp(fetch) }
    const signedOut = signOut(key(), ports, new AbortController().signal)
    held.release()
    expect((await renewed)?.token).toBeDefined()
    expect(await signedOut).toEqual({ found: true })
    expect(await store.read(key())).toBeUndefined()
    expect(await other?.ask('refresh')).toEqual({ refused: 'sign-in-needed' })
    expect([refreshes(), reuses()]).toEqual([1, 0])
    const ended = server.requests.filter(({ endpoint }) => endpoint === 'revocation')
    expect(ended.map(({ parameters }) => parameters.token_type_hint)).toEqual([
      'refresh_token',
      'access_token',
    ])
    expect(ended[0]?.parameters.token).not.toBe(old?.refresh?.reveal())
  })

  it('is not undone by one that was stopped as the answer came', async () => {
    const [sleeper] = await start(1)
    const held = server.holdToken('after')
    const late = sleeper?.ask()
    await held.arrived
    await sleeper?.signal('SIGSTOP')
    await ageLocks()
    const { store } = here()
    onTestFinished(() => store.close())
    await signOut(key(), { store, http: createHttp(fetch) }, new AbortController().signal)
    held.release()
    await sleeper?.signal('SIGCONT')
    expect((await late)?.token).toBeUndefined()
    expect(await store.read(key())).toBeUndefined()
    expect(await (await start(1))[0]?.ask()).toEqual({ refused: 'sign-in-needed' })
  })
})

it('the server does end the family when a refresh token is used twice', async () => {
  const { store } = here()
  onTestFinished(() => store.close())
  const old = await store.read(key())
  const [one] = await start(1)
  await one?.ask()
  if (old === undefined) throw new Error('nothing is stored')
  await store.write(key(), { ...old, receivedAt: 0 })
  expect(await one?.ask('refresh')).toEqual({ refused: 'sign-in-needed' })
  expect(reuses()).toBe(1)
  expect(await store.read(key())).toBeUndefined()
})
