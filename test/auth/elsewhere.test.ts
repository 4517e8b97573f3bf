import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { createElsewhere } from '../../src/auth/elsewhere.ts'
import { Secret } from '../../src/auth/secret.ts'
import { openJournal } from '../../src/auth/store/journal.ts'
import { fakeClock } from '../support/clock.ts'
import {
  BROWSER,
  CANCEL,
  createEngine,
  PASTE,
  requestFor,
  storedGrant,
  tokenOf,
  whyOf,
} from '../support/engine.ts'
import { temporaryFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait-for.ts'

const mcp = 'http://127.0.0.1:1/mcp'
let server: AuthorizationServer
beforeEach(async () => {
  server = await startAuthorizationServer({ resource: mcp })
})
afterEach(() => server.close())

const request = (
  ...more: [reason?: Parameters<typeof requestFor>[1], more?: Parameters<typeof requestFor>[2]]
) => requestFor({ mcp, issuer: server.issuer }, ...more)

/** An engine that shares store, clock and journal with another program, which the test plays. */
async function neighbours(first?: typeof BROWSER) {
  const clock = fakeClock()
  const journal = openJournal(await temporaryFolder())
  const engine = createEngine({ clock, first, elsewhere: createElsewhere(journal, clock) })
  const entry = { server: 'their name for it', reason: 'initial', outcome: 'signed-in', ms: 10 } as const
  return {
    engine,
    journal,
    note: (more: object = {}) =>
      journal.write({ ...entry, time: new Date(clock.now() - entry.ms).toISOString(), url: mcp, ...more }),
    keep: (more: object = {}) => storedGrant(engine.store, { mcp, issuer: server.issuer }, clock.now(), more),
    /** The journal is looked at once more. */
    async look() {
      await waitFor(() => expect(clock.sleepers).toContain(2000))
      clock.advance(2000)
    },
  }
}

describe('an open panel', () => {
  it('closes when somebody signs in from another program, and the sign-in serves here too', async () => {
    const { engine, note, keep, look } = await neighbours()
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    // The page is there, and nobody is so fast as to sign in on it first.
    panel.choose(PASTE)
    const { url } = await panel.step('paste')
    keep()
    await note()
    await look()
    expect(tokenOf(await answer)).toBe('stored access')
    expect(panel.result).toEqual({ kind: 'elsewhere' })
    const redirect = new URL(url).searchParams.get('redirect_uri') ?? ''
    await expect(fetch(redirect)).rejects.toThrow()
    expect(engine.clock.sleepers).toEqual([])
  })

  it.each([
    ['another server', { url: 'http://127.0.0.1:2/mcp' }],
    ['a sign-in that failed', { outcome: 'sign-in-denied' }],
    ['an entry of an older version', { url: undefined }],
    ['a sign-in that was not kept where it can be found', {}],
  ])('stays open for %s', async (_, more) => {
    const { engine, note, look } = await neighbours()
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await note(more)
    await look()
    await look()
    expect(panel.result).toBeUndefined()
    panel.choose(CANCEL)
    expect(whyOf(await answer)).toBe('cancelled')
    expect(panel.result).toEqual({ kind: 'cancelled' })
  })

  it('for more rights closes only for a sign-in that has them', async () => {
    const { engine, note, keep, look } = await neighbours()
    keep()
    await engine.ask(request())
    const answer = engine.ask(request('upscope', { challenge: { scope: 'notes.write' } }))
    const panel = await engine.prompt.panel()
    keep({ access: new Secret('as before') })
    await note()
    await look()
    await waitFor(() => expect(engine.clock.sleepers).toContain(2000))
    expect(panel.result).toBeUndefined()
    keep({ access: new Secret('with more'), scope: 'notes.read notes.write' })
    await note()
    await look()
    expect(tokenOf(await answer)).toBe('with more')
  })
})

it('a sign-in that is noted while the store is read is seen the next time', async () => {
  const { engine, note, keep, look } = await neighbours()
  const answer = engine.ask(request())
  const panel = await engine.prompt.panel()
  await waitFor(() => expect(engine.clock.sleepers).toContain(2000))
  const { readAccounts } = engine.store
  engine.store.readAccounts = async () => {
    engine.store.readAccounts = readAccounts
    const book = await readAccounts()
    await note({ ms: 20 })
    return book
  }
  await note()
  await look()
  await waitFor(() => expect(engine.clock.sleepers).toContain(2000))
  expect(panel.result).toBeUndefined()
  keep()
  await look()
  expect(tokenOf(await answer)).toBe('stored access')
})

it.each([
  ['cannot be read for a moment', 'initial', 'throws'],
  ['is not there for a moment', 'initial', 'nothing'],
  ['is for a request that counts as another one', 'reauth', 'there'],
] as const)('what was signed in to elsewhere and %s is found', async (_what, reason, at) => {
  const { engine, note, keep, look } = await neighbours(CANCEL)
  const told = engine.signedInElsewhere(request(reason), new AbortController().signal)
  await waitFor(() => expect(engine.clock.sleepers).toEqual([2000]))
  const { readAccounts } = engine.store
  if (at === 'throws') engine.store.readAccounts = () => Promise.reject(new Error('busy'))
  else if (at === 'there') keep()
  await note()
  await look()
  if (at !== 'there') {
    await waitFor(() => expect(engine.clock.sleepers).toEqual([2000]))
    engine.store.readAccounts = readAccounts
    keep()
    await look()
  }
  await told
})

describe('a clock that was set', () => {
  const hour = 3_600_000

  it('back: a sign-in of before that seems to come is none, and the journal is looked at every two seconds', async () => {
    const { engine, note, journal, look } = await neighbours(CANCEL)
    await note({ ms: hour })
    const read = vi.spyOn(journal, 'read')
    const leaving = new AbortController()
    const told = engine.signedInElsewhere(request(), leaving.signal)
    for (const _ of [1, 2, 3]) await look()
    await waitFor(() => expect(engine.clock.sleepers).toEqual([2000]))
    expect(read).toHaveBeenCalledOnce()
    leaving.abort(new Error('leaving'))
    await expect(told).rejects.toThrow('leaving')
  })

  it('back: a sign-in that gives nothing is no reason to look again at once', async () => {
    const { engine, note, journal, look } = await neighbours(CANCEL)
    const asked = request()
    const read = vi.spyOn(journal, 'read')
    const leaving = new AbortController()
    const told = engine.signedInElsewhere(asked, leaving.signal)
    await waitFor(() => expect(engine.clock.sleepers).toEqual([2000]))
    await note({ ms: hour })
    for (const _ of [1, 2, 3]) await look()
    await waitFor(() => expect(engine.clock.sleepers).toEqual([2000]))
    expect(read).toHaveBeenCalledOnce()
    leaving.abort(new Error('leaving'))
    await expect(told).rejects.toThrow('leaving')
  })

  it('back, while a panel is open: a sign-in of then closes it', async () => {
    const { engine, note, keep, look } = await neighbours()
    const answer = engine.ask(request())
    const panel = await engine.prompt.panel()
    await waitFor(() => expect(engine.clock.sleepers).toContain(2000))
    keep()
    await note({ time: new Date(engine.clock.now() - hour).toISOString() })
    await look()
    expect(tokenOf(await answer)).toBe('stored access')
    expect(panel.result).toEqual({ kind: 'elsewhere' })
  })
})

describe('after a refusal', () => {
  it('a sign-in elsewhere is told, and the next request is answered by it without a question', async () => {
    const { engine, note, keep, look } = await neighbours(CANCEL)
    const asked = request()
    expect(whyOf(await engine.ask(asked))).toBe('cancelled')
    const told = engine.signedInElsewhere(asked, new AbortController().signal)
    keep()
    await note()
    await look()
    await told
    expect(tokenOf(await engine.ask(request()))).toBe('stored access')
    expect(engine.prompt.panels).toHaveLength(1)
  })

  it('stops looking when nobody waits for it any more', async () => {
    const { engine } = await neighbours(CANCEL)
    const asked = request()
    await engine.ask(asked)
    const leaving = new AbortController()
    const told = engine.signedInElsewhere(asked, leaving.signal)
    await waitFor(() => expect(engine.clock.sleepers).toEqual([2000]))
    leaving.abort(new Error('leaving'))
    await expect(told).rejects.toThrow('leaving')
    expect(engine.clock.sleepers).toEqual([])
  })
})

describe('more rights that were declined', () => {
  const upscope = () =>
    request('upscope', { challenge: { scope: 'notes.write' }, tool: request().server.name })

  it('are asked for at once when the person wants to be asked again', async () => {
    const engine = createEngine()
    storedGrant(engine.store, { mcp, issuer: server.issuer }, engine.clock.now())
    const declined = engine.ask(upscope())
    ;(await engine.prompt.panel()).choose(CANCEL)
    expect(whyOf(await declined)).toBe('cancelled')
    engine.forgetRefusals('notes')
    const again = engine.ask(request())
    const panel = await engine.prompt.panel(2)
    expect(panel.view).toMatchObject({
      reason: 'upscope',
      newScopes: expect.arrayContaining(['notes.write']),
    })
    panel.choose(BROWSER)
    const answer = await again
    expect(answer.kind).toBe('token')
    expect(answer).not.toHaveProperty('declined')
    expect([...engine.store.grants.values()].at(-1)?.scope).toContain('notes.write')
  })

  it('and declined once more leave what was granted, and are not asked for a third time', async () => {
    const engine = createEngine({ first: CANCEL })
    storedGrant(engine.store, { mcp, issuer: server.issuer }, engine.clock.now())
    await engine.ask(upscope())
    engine.forgetRefusals('notes')
    const answer = await engine.ask(request())
    expect(tokenOf(answer)).toBe('stored access')
    expect(answer).toMatchObject({ declined: { kind: 'cancelled' } })
    expect(tokenOf(await engine.ask(request()))).toBe('stored access')
    expect(engine.prompt.panels).toHaveLength(2)
  })

  it('and asked for once more while what was granted is being looked up, are', async () => {
    const engine = createEngine({ first: CANCEL })
    storedGrant(engine.store, { mcp, issuer: server.issuer }, engine.clock.now())
    await engine.ask(upscope())
    engine.forgetRefusals('notes')
    const read = engine.store.read
    engine.store.read = async key => {
      if (engine.prompt.panels.length === 2) engine.forgetRefusals('notes')
      return read(key)
    }
    expect(tokenOf(await engine.ask(request()))).toBe('stored access')
    expect(engine.prompt.panels).toHaveLength(2)
    await engine.ask(request())
    expect(engine.prompt.panels.map(({ view }) => view.reason)).toEqual(['upscope', 'upscope', 'upscope'])
  })
})
