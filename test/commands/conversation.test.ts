import { describe, expect, onTestFinished, test } from 'vitest'
import { converse } from '../../src/commands/conversation.ts'
import type { HostEvent, ServerStatus } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'
import { BROWSER, CANCEL, createEngine, requestFor } from '../support/engine.ts'
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.ts'
import { scriptedSession } from '../support/session.ts'
import { waitFor } from '../support/wait-for.ts'

/** A conversation whose runtime and person are the test, and the sign-ins in other terminals too. */
function begin(script: Parameters<typeof scriptedSession>[0] = {}) {
  const session = scriptedSession(script)
  const signedInElsewhere: (() => void)[] = []
  const engine = createEngine({
    async *elsewhere(_server, _since, signal) {
      for (;;) {
        yield await new Promise<void>((resolve, reject) => {
          signedInElsewhere.push(resolve)
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      }
    },
  })
  const lines: string[] = []
  const shown: string[] = []
  const refused: string[] = []
  const unsigned: string[] = []
  const conversation = converse({
    session,
    authenticator: engine,
    asks: true,
    show(event) {
      if (event.type === 'server') shown.push(`${event.name} ${event.status}`)
      if (event.type === 'unsigned') unsigned.splice(0, unsigned.length, ...event.servers)
    },
    permit: async () => ({ kind: 'no' }),
    tell: line => lines.push(line.text),
    log: () => {},
    refused: error => refused.push(error.kind),
  })
  onTestFinished(() => conversation.end())
  return {
    ...{ session, engine, conversation, shown, refused, unsigned },
    /** All lines that a person reads. */
    lines: () => [...engine.prompt.lines, ...lines],
    /** The journal tells of a sign-in in another terminal, whoever listens. */
    elsewhere: () => signedInElsewhere.splice(0).map(tell => tell()),
  }
}

async function serve(): Promise<FaultyServer> {
  const server = await startFaultyServer()
  onTestFinished(() => server.close())
  return server
}

/** Everything that waits for nothing outside has happened. */
const settled = () => new Promise(resolve => setImmediate(resolve))

let requests = 0
function auth(serverUrl: string, more: object = {}): Extract<HostEvent, { type: 'auth' }> {
  requests += 1
  const data = { serverName: 'notes', serverUrl, reason: 'initial', ...more }
  return { type: 'auth', id: `request ${requests}`, data, calls: [] }
}

function status(name: string, state: ServerStatus): HostEvent {
  return { type: 'server', name: clean(name), status: state }
}

describe('a sign-in of one’s own', () => {
  test('is not taken for one from another terminal, although two requests had been refused together', async () => {
    const server = await serve()
    const { session, engine, lines, unsigned, elsewhere } = begin()
    session.tell(auth(server.mcp))
    session.tell(auth(server.mcp))
    ;(await engine.prompt.panel(1)).choose(CANCEL)
    await waitFor(() => expect(session.answers).toHaveLength(2))
    expect(unsigned).toEqual(['notes'])
    engine.forgetRefusals('notes')
    session.tell(auth(server.mcp))
    ;(await engine.prompt.panel(2)).choose(BROWSER)
    await waitFor(() => expect(session.answers).toHaveLength(3))
    elsewhere()
    await settled()
    expect([lines(), unsigned, session.reloads]).toEqual([[], [], 0])
  })

  test('brings back the server also where it has another name, without a word about terminals', async () => {
    const server = await serve()
    const { session, engine, lines, unsigned, elsewhere } = begin()
    session.tell(auth(server.mcp, { serverName: 'one' }))
    ;(await engine.prompt.panel(1)).choose(CANCEL)
    await waitFor(() => expect(session.answers).toHaveLength(1))
    session.tell({ ...auth(server.mcp, { serverName: 'two', reason: 'reauth' }), calls: ['call'] })
    ;(await engine.prompt.panel(2)).choose(BROWSER)
    await waitFor(() => expect(session.reloads).toBe(1))
    elsewhere()
    session.tell(auth(server.mcp, { serverName: 'one' }))
    await waitFor(() =>
      expect(session.answers.map(({ kind }) => kind)).toEqual(['cancelled', 'token', 'token']),
    )
    expect([lines(), unsigned, session.reloads]).toEqual([[], [], 1])
  })

  test('of another terminal, while the servers come up, brings the server back when they are there', async () => {
    const server = await serve()
    const starting = Promise.withResolvers<void>()
    const { session, engine, conversation, lines, elsewhere } = begin({ ready: () => starting.promise })
    session.tell(auth(server.mcp))
    const panel = await engine.prompt.panel(1)
    panel.choose(CANCEL)
    await waitFor(() => expect(session.answers).toHaveLength(1))
    const other = createEngine({ store: engine.store, first: BROWSER })
    await other.ask(requestFor({ mcp: server.mcp, issuer: server.origin }))
    elsewhere()
    await waitFor(() => expect(lines()).toEqual(['notes: signed in from another terminal']))
    conversation.say('hello')
    expect(session.reloads).toBe(0)
    starting.resolve()
    await waitFor(() => expect(session.sent).toEqual(['hello']))
    expect(session.reloads).toBe(1)
  })
})

test('an address that cannot be used is told once, and asked for no second time', async () => {
  const starting = Promise.withResolvers<void>()
  const { session, lines, refused } = begin({ ready: () => starting.promise })
  session.tell(auth('http://mcp.internal.example/mcp'))
  session.tell(status('notes', 'needs-auth'))
  await waitFor(() => expect(session.answers).toMatchObject([{ kind: 'cancelled' }]))
  starting.resolve()
  await settled()
  expect(lines()).toEqual([expect.stringContaining('is not https')])
  expect([refused, session.reloads]).toEqual([['unsafe-address'], 0])
})

test('metadata that cannot be read are told once, and each request is answered once', async () => {
  const { session, lines } = begin()
  for (const count of [1, 2]) {
    session.tell(auth('https://mcp.example/mcp', { resourceMetadata: '<html>captive</html>' }))
    await waitFor(() => expect(session.answers).toHaveLength(count))
  }
  expect(lines()).toHaveLength(1)
})

test('a challenge that leads to no web address is told once, with what can be done', async () => {
  const { session, lines } = begin()
  const wwwAuthenticateParams = { resourceMetadataUrl: 'file:///etc/passwd' }
  for (const count of [1, 2]) {
    session.tell(auth('https://mcp.example/mcp', { wwwAuthenticateParams }))
    await waitFor(() => expect(session.answers).toHaveLength(count))
  }
  expect(lines()).toEqual([
    'notes: unsafe address: the address of the resource metadata has the scheme file:; whoever runs it has to mend that',
  ])
})

test('after a reload that failed, the servers are shown as before', async () => {
  const { session, shown, lines, conversation } = begin({
    reload(session) {
      session.tell(status('notes', 'disabled'))
      throw new Error('no answer')
    },
  })
  session.tell(status('notes', 'connected'))
  await waitFor(() => expect(shown).toEqual(['notes connected']))
  conversation.reload()
  await waitFor(() => expect(lines()).toHaveLength(1))
  session.tell(status('notes', 'stopped'))
  expect(shown).toEqual(['notes connected', 'notes disabled', 'notes stopped'])
  expect(session.reloads).toBe(1)
})
