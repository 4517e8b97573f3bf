import { expect, it, onTestFinished } from 'vitest'
import { startAuthorizationServer } from '../../demo/authorization-server.ts'
import { openStore } from '../../src/auth/store/store.ts'
import { fakeClock } from '../support/clock.ts'
import { BROWSER, createEngine, requestFor, tokenOf } from '../support/engine.ts'
import { temporaryFolder } from '../support/folder.ts'
import { closed } from '../support/shown.ts'
import { CHILD } from '../support/store-process.ts'
import { testStore } from '../support/token-store.ts'

const HOUR = 3_600_000

/**
 * The clock of the engine is moved, and with each hour the server (a real one, which rotates refresh tokens and ends the family
 * of one that is used twice) ends the access tokens given so far, as it would after their hour.
 */
it('thirty days of hourly use over restarts: nobody is asked after the first sign-in', async () => {
  const folder = await temporaryFolder()
  const mcp = 'http://127.0.0.1:1/mcp'
  const server = await startAuthorizationServer({ resource: mcp })
  onTestFinished(async () => {
    await server.close()
    const told = await closed([], { secrets: server.secrets, folders: [folder] })
    told.judge()
  })
  const clock = fakeClock()
  let panels = 0
  const tokens = new Set<string | undefined>()

  for (let day = 0; day < 30; day += 1) {
    const opened = openStore({
      ...{ kind: 'file', folder, service: 'copilot-host-test', execPath: process.execPath, childPath: CHILD },
      ...{ env: {}, warn: line => expect.fail(line), now: clock.now },
    })
    const engine = createEngine({ store: { ...testStore(), ...opened }, clock, first: BROWSER })
    // In the morning a session begins; in its course the server refuses the token of the hour before.
    for (let hour = 0; hour < 24; hour += 1) {
      const reason = hour === 0 ? 'initial' : 'refresh'
      const calls = hour === 0 ? [] : [`call-${hour}`]
      tokens.add(tokenOf(await engine.ask(requestFor({ mcp, issuer: server.issuer }, reason, { calls }))))
      clock.advance(HOUR)
      server.expireAccessTokens()
    }
    panels += engine.prompt.panels.length
    expect(engine.prompt.lines).toEqual([])
    await opened.close()
  }

  expect(panels).toBe(1)
  expect(tokens.has(undefined)).toBe(false)
  expect(tokens.size).toBe(30 * 24)
  expect(server.count('token', 'authorization_code')).toBe(1)
  expect(server.count('token', 'refresh_token')).toBe(30 * 24 - 1)
  expect(server.requests.filter(({ error }) => error !== undefined)).toEqual([])
})
