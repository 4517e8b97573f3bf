import { pathToFileURL } from 'node:url'
import type { SessionConfig } from '@github/copilot-sdk'
import { expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { createHandler } from '../../src/library/handler.ts'
import { type Machine, thisMachine } from '../../src/library/machine.ts'
import { createSessions } from '../../src/library/sessions.ts'
import type { FollowedSession, McpAuthOptions, McpAuthRequest } from '../../src/library/types.ts'
import { createMcpAuthHandler, Secret } from '../../src/library.ts'
import { scriptedBrowser } from '../support/browser.ts'
import { fakeClock } from '../support/clock.ts'
import { BROWSER, CANCEL } from '../support/engine.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startPracticeServer } from '../support/practice-server.ts'
import { scriptedPrompt } from '../support/prompt.ts'
import { CHILD } from '../support/store-process.ts'
import { testStore } from '../support/token-store.ts'
import { waitFor } from '../support/wait-for.ts'

const IN_A = { sessionId: 'session a' }
const IN_B = { sessionId: 'session b' }

/** A handler whose ports are the test's, on a machine where nobody is at the terminal, and what it is asked about. */
async function openHandler(
  options: McpAuthOptions & { first?: typeof BROWSER } = {},
  place: Partial<Machine> = {},
) {
  const server = await startPracticeServer()
  onTestFinished(() => server.close())
  const prompt = scriptedPrompt(options.first)
  const [store, clock, browser] = [testStore(), fakeClock(), scriptedBrowser()]
  const written: string[] = []
  const machine = {
    ...thisMachine(),
    attended: false,
    write: (line: string) => void written.push(line),
    ...place,
  }
  const all = { prompt, store, clock, browser, ...options }
  const handler = createHandler(createSessions(all, pathToFileURL(CHILD), machine), options.signal)
  onTestFinished(() => handler.close())
  let count = 0
  const request = (reason: McpAuthRequest['reason'] = 'initial', more: object = {}): McpAuthRequest => {
    count += 1
    return {
      requestId: `request ${count}`,
      serverName: 'notes',
      serverUrl: server.mcp.url,
      reason,
      wwwAuthenticateParams: { scope: 'notes.read' },
      resourceMetadata: JSON.stringify({
        resource: server.mcp.url,
        authorization_servers: [server.issuer],
        scopes_supported: ['notes.read', 'notes.write'],
      }),
      ...more,
    }
  }
  return { handler, request, server, prompt, store, clock, browser, written }
}

test('fits the official SDK as it is', () => {
  expectTypeOf(createMcpAuthHandler).returns.toExtend<NonNullable<SessionConfig['onMcpAuthRequest']>>()
})

test('a sign-in gives the access token and its seconds, and nothing else of it', async () => {
  const { handler, request, store } = await openHandler({ first: BROWSER })
  const answer = await handler(request(), IN_A)
  expect(answer).toEqual({
    kind: 'token',
    accessToken: expect.stringMatching(/^ey/),
    expiresIn: expect.any(Number),
  })
  const [grant] = store.grants.values()
  expect(grant?.refresh).toBeInstanceOf(Secret)
  expect(JSON.stringify(answer)).not.toContain(grant?.refresh?.reveal())
})

test('refresh renews without a question; upscope asks for the right; reauth signs in anew', async () => {
  const { handler, request, prompt, server, clock } = await openHandler({ first: BROWSER })
  const first = await handler(request(), IN_A)
  const renewed = await handler(request('refresh'), IN_A)
  expect(renewed).toMatchObject({ kind: 'token' })
  expect(renewed).not.toEqual(first)
  expect(prompt.panels).toHaveLength(1)

  await handler(request('upscope', { wwwAuthenticateParams: { scope: 'notes.read notes.write' } }), IN_A)
  expect(prompt.panels[1]?.view).toMatchObject({ reason: 'upscope', newScopes: ['notes.write'] })

  server.authorizationServer.revokeAll()
  clock.advance(60_000)
  expect(await handler(request('reauth'), IN_A)).toMatchObject({ kind: 'token' })
  expect(prompt.panels[2]?.view.reason).toBe('reauth')
})

test('who says no is not asked again about the same call, nor at start-up, until askAgain', async () => {
  const { handler, request, prompt, clock } = await openHandler({ first: CANCEL })
  expect(await handler(request('refresh'), IN_A)).toEqual({ kind: 'cancelled' })
  expect(await handler(request('reauth'), IN_A)).toEqual({ kind: 'cancelled' })
  expect(prompt.panels).toHaveLength(1)
  clock.advance(60_000)
  expect(await handler(request('reauth'), IN_A)).toEqual({ kind: 'cancelled' })
  expect(prompt.panels).toHaveLength(2)
  expect(await handler(request(), IN_A)).toEqual({ kind: 'cancelled' })
  expect(prompt.panels).toHaveLength(2)
  handler.askAgain('notes')
  await handler(request(), IN_A)
  expect(prompt.panels).toHaveLength(3)
})

test('another session has the sign-in too, and a refusal of its own', async () => {
  const { handler, request, prompt } = await openHandler()
  const no = handler(request(), IN_A)
  ;(await prompt.panel()).choose(CANCEL)
  expect(await no).toEqual({ kind: 'cancelled' })
  const yes = handler(request(), IN_B)
  ;(await prompt.panel(2)).choose(BROWSER)
  const token = await yes
  expect(token).toMatchObject({ kind: 'token' })
  expect(await handler(request(), IN_A)).toEqual(token)
})

test('sessions in a store in memory learn from each other', async () => {
  const { handler, request, prompt, clock } = await openHandler({ store: 'memory' })
  const both = [handler(request(), IN_A), handler(request(), IN_B)]
  ;(await prompt.panel(2)).choose(BROWSER)
  await waitFor(() => expect(prompt.panels.some(({ result }) => result?.kind === 'signed-in')).toBe(true))
  await waitFor(() => {
    clock.advance(2_000)
    expect(prompt.panels.map(({ result }) => result?.kind).sort()).toEqual(['elsewhere', 'signed-in'])
  })
  const [one, other] = await Promise.all(both)
  expect(one).toMatchObject({ kind: 'token' })
  expect(other).toMatchObject({ kind: 'token' })
})

test.each([
  ['an address that is none', { serverUrl: 'file:///etc/passwd' }, /^notes: unsafe address/],
  ['a client that is none', { staticClientConfig: { clientId: '' } }, /^notes: .*not readable/],
  ['a name that is none', { serverName: 7, serverUrl: 'http://evil.example/' }, /^7: unsafe address/],
])('%s: cancelled, one line, and nothing thrown', async (_what, more, line) => {
  const { handler, request, prompt } = await openHandler()
  expect(await handler(request('initial', more), IN_A)).toEqual({ kind: 'cancelled' })
  expect(prompt.lines).toEqual([expect.stringMatching(line)])
  expect(prompt.panels).toEqual([])
})

test.each([
  ['a prompt that throws', { serverUrl: 'file:///etc/passwd' }, IN_A, 'the prompt'],
  ['a log that throws', { serverUrl: 'file:///etc/passwd' }, IN_A, 'the log'],
  ['nobody to ask and a prompt that throws', {}, IN_A, 'the prompt'],
  ['no session', { serverUrl: 'file:///etc/passwd' }, undefined, undefined],
] as const)('%s: cancelled, and nothing thrown', async (_what, more, context, throws) => {
  const thrower = () => {
    throw new Error('of the program')
  }
  const { handler, request } = await openHandler({
    ...(throws === 'the prompt' && { prompt: { ...scriptedPrompt(), tell: thrower, signIn: thrower } }),
    ...(throws === 'the log' && { log: thrower }),
  })
  // A program in JavaScript leaves out what it does not use.
  const asked: (request: McpAuthRequest, context?: typeof IN_A) => Promise<unknown> = handler as never
  expect(await asked(request('initial', more), context)).toEqual({ kind: 'cancelled' })
})

test.each([Number.NaN, -1])('a person cannot have %s ms', timeoutMs => {
  expect(() => createMcpAuthHandler({ timeoutMs })).toThrow(/^timeoutMs must be/)
})

test.each([30 * 24 * 3600_000, Number.POSITIVE_INFINITY])('but they can have %s ms', async timeoutMs => {
  const warned = vi.fn()
  process.once('warning', warned)
  onTestFinished(() => void process.off('warning', warned))
  const { handler, request, prompt } = await openHandler({ timeoutMs, clock: thisMachine().clock })
  const answer = handler(request(), IN_A)
  const panel = await prompt.panel()
  // Node says that it has made a timer a short one in the turn in which it does.
  await new Promise(setImmediate)
  expect(warned).not.toHaveBeenCalled()
  panel.choose(BROWSER)
  expect(await answer).toMatchObject({ kind: 'token' })
})

test('a withdrawn request closes its question; another one of the same server goes on', async () => {
  const { handler, request, prompt } = await openHandler()
  const [first, second] = [request(), request('upscope')]
  const answers = [handler(first, IN_A), handler(second, IN_A)]
  const panel = await prompt.panel()
  handler.withdraw(first.requestId)
  expect(await answers[0]).toEqual({ kind: 'cancelled' })
  expect(panel.result).toEqual({ kind: 'withdrawn' })
  ;(await prompt.panel(2)).choose(BROWSER)
  expect(await answers[1]).toMatchObject({ kind: 'token' })
})

test.each(['close', 'signal'] as const)('%s: what is open is cancelled, and what comes later', async way => {
  const ending = new AbortController()
  const { handler, request, prompt, browser } = await openHandler({ signal: ending.signal })
  const answer = handler(request(), IN_A)
  const panel = await prompt.panel()
  if (way === 'signal') ending.abort()
  await handler.close()
  expect(await answer).toEqual({ kind: 'cancelled' })
  expect(panel.result).toEqual({ kind: 'withdrawn' })
  expect(await handler(request(), IN_A)).toEqual({ kind: 'cancelled' })
  expect([prompt.panels.length, browser.opened]).toEqual([1, []])
})

test('closed it listens to nothing any more: neither to its signal nor to a session', async () => {
  const { signal } = new AbortController()
  const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')]
  const { handler } = await openHandler({ signal })
  await handler.close()
  for (const [type, listener] of added.mock.calls) expect(removed).toHaveBeenCalledWith(type, listener)
  expect(added).toHaveBeenCalledOnce()
  const { session, told } = fakeSession([list('pending', ['notes'])])
  const { ready, stop } = handler.follow(session)
  await ready
  expect(told).toEqual([])
  stop()
})

test.each([undefined, 'paste'] as const)(
  'without a terminal nobody is asked (route %s): one line on stderr with the next step',
  async route => {
    const { handler, request, written, server } = await openHandler({ prompt: undefined, route })
    expect(await handler(request(), IN_A)).toEqual({ kind: 'cancelled' })
    expect(written).toEqual([expect.stringMatching(/^notes needs a sign-in \(first use\): /)])
    expect(server.authorizationServer.requests).toEqual([])
  },
)

test.each([
  ['/plain', '/plain'],
  ['/a;id&b', '"/a;id&b"'],
  ['/$(id)', '<name>'],
])('and its command has the address as one word: %s', async (path, word) => {
  const place = { home: await temporaryFolder(), env: {} }
  const { handler, request, written, server } = await openHandler({ prompt: undefined, store: 'file' }, place)
  const { url } = server.mcp
  await handler(request('initial', { serverUrl: `${url}${path}` }), IN_A)
  const shown = word.replace(path, `${url}${path}`)
  expect(written).toEqual([`notes needs a sign-in (first use): npx copilot-host auth login ${shown}`])
})

test('the default prompt writes lines, and a named route is the consent', async () => {
  const { handler, request, written } = await openHandler({ prompt: undefined, route: 'browser' })
  expect(await handler(request(), IN_A)).toMatchObject({ kind: 'token' })
  expect(written.join('\n')).toMatch(/Sign in to notes .*\n.*notes\.read.*\n[\s\S]*signed in to notes/)
})

test('a state folder must be absolute; a user without a home keeps sign-ins in memory, and is told', async () => {
  expect(() => createMcpAuthHandler({ stateFolder: 'here' })).toThrow(/"here": stateFolder .*absolute/)
  expect(() => createMcpAuthHandler({ stateFolder: '' })).toThrow(/"": stateFolder .*absolute/)
  const { handler, request, prompt } = await openHandler(
    { first: BROWSER, store: 'auto' },
    { home: '', env: {} },
  )
  expect(await handler(request(), IN_A)).toMatchObject({ kind: 'token' })
  expect(prompt.panels[0]?.view.keptIn).toBe('memory')
  expect(prompt.lines).toEqual([expect.stringContaining('no home folder')])
})

test.each(['stateFolder', 'COPILOT_HOST_HOME'])(
  'and no home is needed where %s names the folder',
  async by => {
    const folder = await temporaryFolder()
    const named = by === 'stateFolder' ? { stateFolder: folder } : {}
    const { handler, request, prompt } = await openHandler(
      { first: BROWSER, store: 'file', ...named },
      { home: '', env: { COPILOT_HOST_HOME: by === 'stateFolder' ? '' : folder } },
    )
    expect(await handler(request(), IN_A)).toMatchObject({ kind: 'token' })
    expect(prompt.panels[0]?.view.keptIn).toBe('file')
    expect(prompt.lines).toEqual([])
  },
)

test('nothing is written before the first request', async () => {
  const stateFolder = `${await temporaryFolder()}/state`
  const handler = createMcpAuthHandler({ stateFolder, store: 'file' })
  await handler.close()
  const { existsSync } = await import('node:fs')
  expect(existsSync(stateFolder)).toBe(false)
})

/** A session of the SDK as far as it is followed. */
function fakeSession(lists: unknown[]) {
  const told: ((event: { type: string; data: unknown }) => void)[] = []
  const reloads = { count: 0 }
  const session: FollowedSession = {
    ...IN_A,
    on(handler) {
      told.push(handler)
      return () => void told.splice(told.indexOf(handler), 1)
    },
    rpc: {
      mcp: {
        list: async () => (lists.length > 1 ? lists.shift() : lists[0]),
        reload: async () => {
          reloads.count += 1
        },
      },
    },
  }
  const tell = (type: string, data: unknown = {}) => {
    for (const handler of told) handler({ type, data })
  }
  return { session, tell, reloads, told }
}
const list = (status: string, pendingConnections: string[] = []) => ({
  servers: [{ name: 'notes', status }],
  host: { pendingConnections },
})

test('follow: the end of a turn or of a request closes its question', async () => {
  const { handler, request, prompt } = await openHandler()
  const { session, tell } = fakeSession([list('connected')])
  await handler.follow(session).ready
  const midCall = handler(request('refresh'), IN_A)
  await prompt.panel()
  tell('session.idle', { aborted: false })
  expect(prompt.panels[0]?.result).toBeUndefined()
  tell('abort', { reason: 'user' })
  expect(await midCall).toEqual({ kind: 'cancelled' })

  const first = request()
  const atStart = handler(first, IN_A)
  await prompt.panel(2)
  tell('session.idle', { aborted: true })
  tell('mcp.oauth_completed', { requestId: 7 })
  expect(prompt.panels[1]?.result).toBeUndefined()
  tell('mcp.oauth_completed', { requestId: first.requestId, outcome: 'cancelled' })
  expect(await atStart).toEqual({ kind: 'cancelled' })
})

test('follow: a session ends no request of another one, whatever id they share', async () => {
  const { handler, request, prompt } = await openHandler()
  const { session, tell } = fakeSession([list('connected')])
  await handler.follow(session).ready
  const asked = request()
  const answer = handler(asked, IN_B)
  const panel = await prompt.panel()
  tell('mcp.oauth_completed', { requestId: asked.requestId, outcome: 'cancelled' })
  panel.choose(BROWSER)
  expect(await answer).toMatchObject({ kind: 'token' })
})

test('follow: ready waits for what connects; a refused token is renewed after one reload', async () => {
  const { handler, request } = await openHandler({ first: BROWSER })
  const { session, tell, reloads } = fakeSession([
    list('pending', ['notes']),
    list('needs-auth'),
    list('connected'),
  ])
  const before = await handler(request(), IN_A)
  const { ready } = handler.follow(session)
  let isReady = false
  void ready.then(() => {
    isReady = true
  })
  await waitFor(() => expect(reloads.count).toBe(0))
  expect(isReady).toBe(false)
  tell('session.mcp_server_status_changed')
  await ready
  expect(reloads.count).toBe(1)
  const after = await handler(request(), IN_A)
  expect(after).toMatchObject({ kind: 'token' })
  expect(after).not.toEqual(before)
  tell('session.mcp_servers_loaded', list('needs-auth'))
  expect(reloads.count).toBe(1)
})

test('follow: a session whose calls throw is ready, and its events throw nothing', async () => {
  const { handler, request } = await openHandler({ first: BROWSER })
  const { session, tell } = fakeSession([])
  session.rpc.mcp.list = session.rpc.mcp.reload = () => {
    throw new Error('the connection is closed')
  }
  await handler(request(), IN_A)
  await handler.follow(session).ready
  tell('session.mcp_servers_loaded', list('needs-auth'))
})

test('follow: no reload during a turn, for a stranger, or after the end', async () => {
  const { handler, request } = await openHandler({ first: BROWSER })
  const { session, tell, reloads, told } = fakeSession([list('needs-auth')])
  const { ready, stop } = handler.follow(session)
  await ready
  expect(reloads.count).toBe(0)
  await handler(request(), IN_A)
  tell('user.message')
  tell('session.mcp_servers_loaded', list('needs-auth'))
  expect(reloads.count).toBe(0)
  tell('session.idle')
  expect(reloads.count).toBe(1)
  stop()
  expect(told).toEqual([])
})
