import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { endOf, isDue, lapses } from '../../src/auth/forecast.ts'
import { createHttp } from '../../src/auth/http.ts'
import { renewAhead } from '../../src/auth/renew-ahead.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { JournalEntry } from '../../src/auth/store/journal.ts'
import type { Grant } from '../../src/auth/types.ts'
import { clean } from '../../src/text.ts'
import { fakeClock, hurried } from '../support/clock.ts'
import { storedGrant } from '../support/engine.ts'
import { type FaultyServer, json, reset, startFaultyServer } from '../support/faulty-server.ts'
import { testStore } from '../support/token-store.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const refresh = new Secret('stored refresh')

describe('what is to be expected of a sign-in', () => {
  it.each<[string, Partial<Grant>, number | undefined]>([
    ['no refresh token: the end of the access token', { expiresAt: HOUR }, HOUR],
    ['no refresh token, no known end', {}, undefined],
    ['renewed silently: no end', { refresh, expiresAt: HOUR }, undefined],
    [
      'renewed until the refresh token ends',
      { refresh, expiresAt: HOUR, refreshExpiresAt: 3 * HOUR },
      3 * HOUR,
    ],
    ['a refresh token that ends first', { refresh, expiresAt: HOUR, refreshExpiresAt: MINUTE }, HOUR],
  ])('%s', (_what, grant, end) => {
    expect(endOf({ receivedAt: 0, ...grant })).toBe(end)
    expect(lapses({ receivedAt: 0, ...grant }, 0, (end ?? HOUR) - 1)).toBe(false)
    expect(lapses({ receivedAt: 0, ...grant }, 0, end ?? Number.MAX_SAFE_INTEGER)).toBe(end !== undefined)
  })

  it.each<[string, Partial<Grant>, number, number, boolean]>([
    ['just received, however long the run', { refresh, expiresAt: HOUR }, 0, 8 * HOUR, false],
    ['half of its life is over', { refresh, expiresAt: HOUR }, HOUR / 2, 8 * HOUR, true],
    ['ends after the run', { refresh, expiresAt: HOUR }, HOUR / 2, HOUR / 2 - 1, false],
    ['ends within the run', { refresh, expiresAt: 10 * HOUR }, 9 * HOUR, HOUR, true],
    ['ended already', { refresh, expiresAt: HOUR }, 2 * HOUR, MINUTE, true],
    ['cannot be renewed', { expiresAt: HOUR }, HOUR, HOUR, false],
    ['no known end', { refresh }, HOUR, HOUR, false],
    [
      'its refresh token ends',
      { refresh, expiresAt: 99 * HOUR, refreshExpiresAt: 4 * HOUR },
      3 * HOUR,
      HOUR,
      true,
    ],
    ['its refresh token is old', { refresh, refreshExpiresAt: -HOUR }, 0, HOUR, true],
  ])('due: %s', (_what, grant, now, within, due) => {
    expect(isDue({ receivedAt: 0, ...grant }, now, within)).toBe(due)
  })
})

describe('renewal ahead', () => {
  let server: FaultyServer
  const renewed = { access_token: 'renewed', token_type: 'Bearer', expires_in: 3600 }
  beforeEach(async () => {
    server = await startFaultyServer({ '/token': json(renewed) })
  })
  afterEach(() => server.close())

  /** A sign-in that was received 50 minutes ago and ends in ten, renewed ahead of a run of an hour. */
  async function ahead(more: Partial<Grant> = {}, signal = new AbortController().signal) {
    const [store, clock] = [testStore(), fakeClock()]
    const names = { mcp: server.mcp, issuer: server.origin }
    const { key } = storedGrant(store, names, clock.now(), { refresh, ...more })
    const journal: JournalEntry[] = []
    const told: string[] = []
    const ports = {
      ...{
        store,
        clock,
        http: createHttp(fetch),
        journal: async (entry: JournalEntry) => void journal.push(entry),
      },
      tell: (line: { text: string }) => void told.push(line.text),
    }
    const result = await hurried(clock, () => renewAhead({ name: clean('notes'), key }, HOUR, ports, signal))
    return { result, store, journal, told, kept: [...store.grants.values()][0], clock }
  }

  it('renews under the lock what ends within the time, keeps it and notes it', async () => {
    const { result, kept, journal, store } = await ahead()
    expect(result).toMatchObject({ renewed: true, error: undefined })
    expect(kept?.access.reveal()).toBe('renewed')
    expect(kept).toBe(result.grant)
    expect(store.entered).toBe(1)
    expect(journal).toEqual([expect.objectContaining({ outcome: 'renewed', server: 'notes' })])
  })

  it.each<[string, Partial<Grant>]>([
    ['nothing is due', { receivedAt: Date.now(), expiresAt: Date.now() + HOUR }],
    ['nothing can be renewed', { refresh: undefined }],
  ])('no request, no lock and no note where %s', async (_what, more) => {
    const { result, store, journal } = await ahead(more)
    expect(result).toMatchObject({ renewed: false, error: undefined, grant: {} })
    expect(server.requests).toEqual([])
    expect(store.entered).toBe(0)
    expect(journal).toEqual([])
  })

  it('a server that is away: the token that still lasts is kept, and why is said', async () => {
    server.break('/token', reset)
    const { result, kept } = await ahead()
    expect(result).toMatchObject({ renewed: false, error: { kind: 'http-network' } })
    expect(kept?.refresh?.reveal()).toBe('stored refresh')
    expect(result.grant).toBe(kept)
  })

  it('a refresh token that is over: the access token still serves until its end, without a second try', async () => {
    server.break('/token', json({ error: 'invalid_grant' }, 400))
    const { result, kept, journal } = await ahead({ refreshExpiresAt: Date.now() + HOUR })
    expect(result).toMatchObject({ renewed: false, error: { kind: 'invalid-grant' } })
    expect(kept?.access.reveal()).toBe('stored access')
    expect(kept).toMatchObject({ refresh: undefined, refreshExpiresAt: undefined })
    expect(journal).toEqual([expect.objectContaining({ outcome: 'invalid-grant' })])
  })

  it('nothing is left of a sign-in whose both tokens are over', async () => {
    server.break('/token', json({ error: 'invalid_grant' }, 400))
    const { result, store } = await ahead({ expiresAt: Date.now() - MINUTE })
    expect(result).toMatchObject({ renewed: false, grant: undefined, error: { kind: 'invalid-grant' } })
    expect(store.grants.size).toBe(0)
  })

  it('keeps when the refresh token ends, where the server says so: GitHub and Keycloak call it differently', async () => {
    for (const [more, life] of [
      [{ refresh_token_expires_in: 7200 }, 7200],
      [{ refresh_expires_in: '1800' }, 1800],
      [{ refresh_expires_in: 0 }, undefined],
      [{}, undefined],
    ] as const) {
      server.break('/token', json({ ...renewed, refresh_token: 'next', ...more }))
      const { kept, clock } = await ahead({ refreshExpiresAt: Date.now() + HOUR })
      expect(kept?.refreshExpiresAt).toBe(
        life === undefined ? undefined : (kept?.receivedAt ?? 0) + life * 1000,
      )
      expect(kept?.receivedAt).toBeLessThanOrEqual(clock.now())
    }
    server.break('/token', json(renewed))
    const end = Date.now() + HOUR
    expect((await ahead({ refreshExpiresAt: end })).kept?.refreshExpiresAt).toBe(end)
  })

  it('stops with its signal', async () => {
    const reason = new Error('over')
    server.break('/.well-known/oauth-authorization-server', () => {})
    const controller = new AbortController()
    const waiting = ahead({}, controller.signal)
    await expect.poll(() => server.requests.length).toBeGreaterThan(0)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})
