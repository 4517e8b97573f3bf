// Whatever a session of somebody's SDK says, following it throws nothing, withdraws only what has a name, and reloads each server
// that refused its token once at most, never in a turn and never after the end.
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { followSession } from '../../src/library/follow.ts'
import { hostileText, hostileValue, mostly } from '../support/hostile.ts'
import { TRIALS } from '../support/trials.ts'

const server = mostly({ name: 'notes', status: 'needs-auth' })
const servers = mostly({
  servers: [{ name: 'notes', status: 'needs-auth' }],
  host: { pendingConnections: ['other'] },
})
const listed = fc.oneof(servers, fc.record({ servers: fc.array(server, { maxLength: 3 }) }), hostileValue)
const event = fc.record({
  type: fc.oneof(
    fc.constantFrom(
      'user.message',
      'abort',
      'session.mcp_servers_loaded',
      'mcp.oauth_completed',
      'session.idle',
    ),
    hostileText,
  ),
  data: fc.oneof(listed, mostly({ requestId: 'r', aborted: true }), hostileValue),
})

test('any events and any list of servers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 20 }),
      fc.array(listed, { minLength: 1 }),
      async (events, lists) => {
        let hear: (event: { type: string; data: unknown }) => void = () => {}
        let running = false
        let over = false
        let asked = 0
        let reloads = 0
        const refused = new Set<string>()
        const following = followSession(
          {
            sessionId: 's',
            on(handler) {
              hear = handler
              return () => {}
            },
            rpc: {
              mcp: {
                async list() {
                  asked += 1
                  return lists[asked % lists.length]
                },
                async reload() {
                  expect({ running, over }).toEqual({ running: false, over: false })
                  reloads += 1
                },
              },
            },
          },
          {
            withdraw: id => expect(typeof id).toBe('string'),
            interrupted() {},
            asking: () => true,
            acceptedToken() {},
            refusedToken: name => Boolean(refused.add(name)),
          },
        )
        for (const each of events) {
          if (each.type === 'user.message') running = true
          if (each.type === 'session.idle') running = false
          hear(each)
          await turn()
        }
        following.stop()
        over = true
        await following.ready
        expect(reloads).toBeLessThanOrEqual(refused.size)
      },
    ),
    TRIALS,
  )
})
