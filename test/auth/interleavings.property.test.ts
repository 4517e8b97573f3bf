// The refresh transaction of several programs that share a store, in any order of what they do: each step of each (a read, a
// write, an answer of the server) happens when the scheduler of fast-check says so. The server turns refresh tokens over and
// ends the whole family when a spent one comes back (RFC 9700, section 4.14.2).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHttp } from '../../src/auth/http.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { Reason } from '../../src/auth/types.ts'
import { fakeClock } from '../support/clock.ts'
import { createEngine, requestFor, storedGrant, tokenOf, whyOf } from '../support/engine.ts'
import { testStore } from '../support/token-store.ts'
import { LONGEST_TRIAL, TRIALS } from '../support/trials.ts'

const place = { mcp: 'https://mcp.example.com/mcp', issuer: 'https://auth.example.com' }

/** An authorization server with one family of tokens. */
function family() {
  let valid = 'refresh-0'
  let spent = 0
  let reused = 0
  return {
    renewals: () => spent,
    reused: () => reused,
    valid: () => valid,
    answer(request: Request, body: string): Response {
      const { pathname } = new URL(request.url)
      if (pathname.startsWith('/.well-known/')) {
        return Response.json({
          ...{ issuer: place.issuer, authorization_endpoint: `${place.issuer}/authorize` },
          ...{ token_endpoint: `${place.issuer}/token`, response_types_supported: ['code'] },
          code_challenge_methods_supported: ['S256'],
        })
      }
      if (pathname !== '/token') return new Response('', { status: 404 })
      if (new URLSearchParams(body).get('refresh_token') !== valid) {
        reused += 1
        valid = 'none'
        return Response.json({ error: 'invalid_grant' }, { status: 400 })
      }
      spent += 1
      valid = `refresh-${spent}`
      const tokens = { access_token: `access-${spent}`, refresh_token: valid, scope: 'notes.read' }
      return Response.json({ ...tokens, token_type: 'Bearer', expires_in: 3600 })
    },
  }
}

const program = fc.record({
  /** How many requests it makes at once. */
  requests: fc.integer({ min: 1, max: 2 }),
  /** The person withdraws them at some moment. */
  withdrawn: fc.boolean(),
})

test(
  'one renewal, one token for all of them, no refresh token twice, and the newest is in the store',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(program, { minLength: 2, maxLength: 6 }),
        async (s, programs) => {
          const clock = fakeClock()
          const store = testStore()
          const server = family()
          const { key } = storedGrant(store, place, clock.now(), {
            expiresAt: clock.now() - 1000,
            refresh: new Secret('refresh-0'),
          })
          const { read, write } = store
          const shared = {
            ...store,
            read: async (...args: Parameters<typeof read>) => {
              await s.schedule(Promise.resolve(), 'read')
              return read(...args)
            },
            write: async (...args: Parameters<typeof write>) => {
              await s.schedule(Promise.resolve(), 'write')
              await write(...args)
              await s.schedule(Promise.resolve(), 'written')
            },
          }
          const http = createHttp(async (input, init) => {
            const request = new Request(input, init)
            const body = await request.clone().text()
            await s.schedule(Promise.resolve(), 'sent')
            const answer = server.answer(request, body)
            await s.schedule(Promise.resolve(), 'answered')
            return answer
          })
          const engines = programs.map(each => ({
            ...each,
            engine: createEngine({ store: shared, clock, http, policy: { ask: false } }),
          }))
          let calls = 0
          /** What each program is told that is still interested. */
          const round = async (reason: Reason): Promise<(string | undefined)[]> => {
            const asked = engines.flatMap(({ engine, requests, withdrawn }) => {
              const leave = new AbortController()
              if (withdrawn) void s.schedule(Promise.resolve(), 'withdrawn').then(() => leave.abort())
              return Array.from({ length: requests }, async () => {
                calls += 1
                const request = requestFor(place, reason, { calls: [`call-${calls}`] })
                const answer = await engine.ask(request, leave.signal).catch(() => undefined)
                if (withdrawn || answer === undefined) return []
                return [whyOf(answer) ?? tokenOf(answer)]
              })
            })
            return (await s.waitFor(Promise.all(asked))).flat()
          }
          const first = await round('initial')
          expect(server.reused()).toBe(0)
          expect(server.renewals()).toBeLessThanOrEqual(1)
          expect(first).toEqual(first.map(() => 'access-1'))

          // The server refuses what they were given: one more, for all of them.
          const second = await round('refresh')
          expect(server.reused()).toBe(0)
          // Nobody is told what was refused. A program that had left before knows nothing of the one that is newer by now, and
          // renews once more: the answers of the others are as good as ever.
          for (const token of second) expect(token).toMatch(/^access-(?!1$)\d+$/)
          if (engines.every(({ withdrawn }) => !withdrawn)) {
            expect(server.renewals()).toBe(2)
            expect(second).toEqual(second.map(() => 'access-2'))
          }
          const kept = await read(key)
          expect([kept?.access.reveal(), kept?.refresh?.reveal()]).toEqual([
            server.renewals() === 0 ? 'stored access' : `access-${server.renewals()}`,
            server.valid(),
          ])
          expect(store.inside).toBe(false)
        },
      ),
      TRIALS,
    )
  },
  LONGEST_TRIAL,
)
